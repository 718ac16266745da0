"""Files as a power loss may leave them: the index opens, or says what to do; it never crashes.

The files are harmed by hand. What a real power loss leaves depends on disk and file
system, and is not tried here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.conftest import Undisturbed, copied
from tests.crash.processes import Aim, Processes
from tests.crash.state import State

pytestmark = pytest.mark.model

Harm = Callable[[Path], None]


@pytest.fixture(scope="module")
def crashed(
    small: Undisturbed, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An index whose writer was killed in its third batch, with everything since in the log."""
    index = small.copy(tmp_path_factory.mktemp("crashed") / "index")
    command = ("index", small.corpus.folder, "--index", index, "--prune")
    assert processes.run(*command, aim=Aim("commit", "before", number=3)).status == -9
    return index


def _cut(pattern: str, to: Callable[[int], int]) -> Harm:
    def harm(index: Path) -> None:
        found = [path for path in index.glob(pattern) if path.is_file()]
        assert found, pattern
        for path in found:
            os.truncate(path, to(_used(path)))

    return harm


def _used(path: Path) -> int:
    """The bytes before the zeros that Edge reserves."""
    return len(path.read_bytes().rstrip(b"\0"))


def _nothing(_: int) -> int:
    return 0


def _half(used: int) -> int:
    return used // 2


_SEGMENT = "default/1/shard/segments/*"
_OPENS: dict[str, Harm] = {
    "the-log-cut-in-half": _cut("default/1/shard/wal/open-*", lambda used: max(used // 2, 4096)),
    "no-owner": _cut("owner.json", _nothing),
    "half-an-owner": _cut("owner.json", _half),
}
_TELLS: dict[str, Harm] = {
    "an-empty-log": _cut("default/1/shard/wal/open-*", _nothing),
    "no-current": _cut("default/current", _nothing),
    "half-a-recipe": _cut("default/1/recipe.json", _half),
    "an-empty-recipe": _cut("default/1/recipe.json", _nothing),
    "an-empty-segment": _cut(f"{_SEGMENT}/segment.json", _nothing),
    "no-payloads": _cut(f"{_SEGMENT}/payload_storage/page_0.dat", _nothing),
    "what-makes-edge-panic": _cut(f"{_SEGMENT}/vector_storage-dense/deleted/status.dat", _nothing),
}


@pytest.mark.long
@pytest.mark.parametrize("harm", _OPENS.values(), ids=_OPENS.keys())
def test_it_opens_and_the_next_run_finishes(
    harm: Harm, crashed: Path, small: Undisturbed, processes: Processes, tmp_path: Path
) -> None:
    index = copied(crashed, tmp_path / "index")
    harm(index)
    done = processes.run("status", "--index", index)
    assert (done.status, done.err) == (0, "")
    done = processes.run("index", small.corpus.folder, "--index", index, "--prune")
    assert done.status == 0, done.err
    state = State.read(index).without_vectors()
    assert state == small.after.without_vectors()


@pytest.mark.long
@pytest.mark.parametrize("harm", _TELLS.values(), ids=_TELLS.keys())
def test_it_tells_what_to_do(
    harm: Harm, crashed: Path, processes: Processes, tmp_path: Path
) -> None:
    index = copied(crashed, tmp_path / "index")
    harm(index)
    for command in (("status",), ("index", "seeds")):
        done = processes.run(*command, "--index", index)
        assert (done.status, done.out) == (1, ""), done
        assert "restore a backup" in done.err
        assert "index again" in done.err
        assert "Traceback" not in done.err
