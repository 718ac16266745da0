"""An index of another recipe or of a newer format: every command refuses it and touches nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.crash.conftest import Undisturbed, copied
from tests.crash.files import digests
from tests.crash.processes import Processes
from tests.crash.served import free_port, served

pytestmark = pytest.mark.model

_COMMANDS: list[tuple[str, ...]] = [
    ("status",),
    ("search", "Mühle"),
    ("ask", "Wer kauft die Mühle?"),
    ("index", "seeds"),
    ("remove", "x"),
    ("serve", "--port", "0"),
]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"format": 99}, "upgrade Fundstelle", id="newer-format"),
        pytest.param(
            {"tokenizer": "another"},
            "was built with tokenizer 'another'",
            id="other-tokenizer",
            marks=pytest.mark.long,
        ),
        pytest.param(
            {"lexical": {"method": "bm25", "version": 99}},
            "was built with lexical",
            id="other-words",
            marks=pytest.mark.long,
        ),
    ],
)
def test_every_command_refuses_it(
    change: dict[str, Any],
    words: str,
    small: Undisturbed,
    processes: Processes,
    tmp_path: Path,
) -> None:
    index = copied(small.index, tmp_path / "index")
    recipe = index / "default" / "1" / "recipe.json"
    recipe.write_text(json.dumps(json.loads(recipe.read_text("utf-8")) | change), "utf-8")
    before = digests(index)
    for command in _COMMANDS:
        done = processes.run(*command, "--index", index)
        assert (done.status, done.out) == (3, ""), done
        assert words in done.err
        assert digests(index) == before, command


@pytest.mark.long
@pytest.mark.parametrize("option", [("--model", "another"), ("--passage-tokens", "128")])
@pytest.mark.parametrize("owned", [False, True], ids=["alone", "through-the-service"])
def test_another_recipe_is_asked_for(
    option: tuple[str, str],
    owned: bool,
    small: Undisturbed,
    processes: Processes,
    tmp_path: Path,
) -> None:
    index = copied(small.index, tmp_path / "index")
    command = ("index", small.corpus.folder, *option, "--index", index)
    if owned:
        with served(processes, index, free_port()):
            before = digests(index)
            done = processes.run(*command)
            assert digests(index) == before
    else:
        before = digests(index)
        done = processes.run(*command)
        assert digests(index) == before
    assert (done.status, done.out) == (3, ""), done
    assert "'fundstelle reindex'" in done.err
