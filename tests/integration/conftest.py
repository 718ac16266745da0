"""What the tests of processes share: an index to change, and commands in this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.services import BODY_LIMIT, Finished, Service, defects, log_lines, read, run, start

__all__ = ["BODY_LIMIT", "Finished", "Service", "defects", "log_lines", "read", "run", "start"]


@pytest.fixture
def seed_copy(seed_index: tuple[Path, Finished], tmp_path: Path) -> Path:
    """An index of the seeds that may be changed."""
    return Path(shutil.copytree(seed_index[0], tmp_path / "index"))


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Finished]:
    """A command in this process, where the process itself isn't the point."""
    from service.cli import main

    def call(*arguments: str | Path) -> Finished:
        capsys.readouterr()
        status = main([str(a) for a in arguments])
        printed = capsys.readouterr()
        return Finished(status, printed.out, printed.err)

    return call


def assert_answered(http: httpx.Client, seeds: Path) -> None:
    """A question about the seeds is answered, by a quote that stands where it says."""
    given = http.post("/v1/questions", json={"question": "Who is excluded from the talks?"})
    assert given.status_code == 200, given.text
    source = given.json()["citations"][0]["source"]
    text = read(seeds / source["article_id"])
    assert text[source["start"] : source["end"]] == source["quote"]
