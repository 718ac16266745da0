"""The folder of an index that becomes read-only, or is removed, under a service at work.

The service is a real process, the folder a real mount where this machine allows one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from tests.crash.mounts import mounted
from tests.integration.conftest import assert_answered, defects, start

pytestmark = pytest.mark.model


def test_a_service_whose_folder_fails_reads_on_and_takes_nothing(
    seed_copy: Path, tmp_path: Path, seeds: Path
) -> None:
    service = start(seed_copy, tmp_path / "log", ready=True)
    with httpx.Client(base_url=service.address, trust_env=False, timeout=60) as http:
        # Over the folder, as what is open for writing can't be made read-only from outside.
        with mounted("--bind", "-o", "ro", seed_copy, at=seed_copy):
            assert_refused(http, "can't be written")
            assert_answered(http, seeds)
        assert write(http, "there").json()["articles"]["added"] == 1

        shutil.rmtree(seed_copy)
        assert_refused(http, "is gone; stop what has it open")
        assert_answered(http, seeds)
    # It can't say on the disk what it has in memory.
    assert service.stop() == 1
    log = service.log.read_text("utf-8")
    assert defects(log) == []
    assert "restore a backup" in log.splitlines()[-1]


def write(http: httpx.Client, article_id: str) -> httpx.Response:
    article = {"id": article_id, "text": "Der Rat tagt am Montag in Bremen."}
    return http.post("/v1/articles", json=[article])


def assert_refused(http: httpx.Client, why: str) -> None:
    for refused in (write(http, "lost"), http.delete("/v1/articles/28-punkte-plan.txt")):
        assert refused.status_code == 503, refused.text
        assert why in refused.json()["detail"]
