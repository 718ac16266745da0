"""The file of ratings: whole lines, for its owner alone, or an error that says why not."""

from __future__ import annotations

import json
import os
import resource
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.errors import FeedbackError
from service.feedback_file import FeedbackFile


def test_without_a_path_nothing_is_kept() -> None:
    file = FeedbackFile(None)
    assert not file.enabled
    with pytest.raises(FeedbackError):
        file.add({})


def test_lines_are_added_whole_and_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    file = FeedbackFile(path)
    assert file.enabled
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(file.add, ({"n": n, "text": "Straßenbahn 🚋" * n} for n in range(100))))
    lines = path.read_text("utf-8").splitlines()
    assert {json.loads(line)["n"] for line in lines} == set(range(100))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_without_an_end_is_ended_first(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    path.write_text('{"by": "hand"}', "utf-8")
    FeedbackFile(path).add({"by": "us"})
    assert path.read_text("utf-8") == '{"by": "hand"}\n{"by":"us"}\n'


@pytest.mark.parametrize("name", ["missing/feedback.jsonl", "file/feedback.jsonl", "folder"])
def test_what_can_not_be_written_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FeedbackError, match="FUNDSTELLE_FEEDBACK has to name a file"):
        FeedbackFile(tmp_path / name).add({})


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    file = FeedbackFile(path)
    file.add({"n": 1})
    before = path.read_bytes()
    # The kernel ends a file at this size as it would on a full disk.
    child = os.fork()
    if child == 0:
        status = 1
        try:
            import signal

            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, len(before) + 10))
            file.add({"text": "x" * 100})
        except FeedbackError:
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert path.read_bytes() == before
