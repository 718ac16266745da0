"""A folder that can't be written: every command says so, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.conftest import Undisturbed, copied
from tests.crash.files import digests
from tests.crash.mounts import mounted
from tests.crash.processes import Processes

pytestmark = pytest.mark.model


@pytest.mark.parametrize(
    "part", ["the-whole-folder", pytest.param("its-shard", marks=pytest.mark.long)]
)
def test_a_read_only_index(
    part: str, small: Undisturbed, processes: Processes, tmp_path: Path
) -> None:
    index = copied(small.index, tmp_path / "index")
    before = digests(index / "default")
    at = index if part == "the-whole-folder" else index / "default" / "1"
    with mounted("--bind", "-o", "ro", at, at=at):
        for command in (
            ("status",),
            ("search", "Mühle"),
            ("ask", "Wer kauft die Mühle?"),
            ("index", small.corpus.folder),
            ("remove", "x"),
            ("serve", "--port", "0"),
        ):
            done = processes.run(*command, "--index", index)
            assert (done.status, done.out) == (1, ""), done
            assert "can't be written" in done.err
            assert "copy it to where it is" in done.err
            assert "Traceback" not in done.err
    assert digests(index / "default") == before
    assert processes.run("status", "--index", index).status == 0
