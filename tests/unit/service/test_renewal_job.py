"""A renewal in a thread of its own: whoever counts failures is told of what it fails with."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from indexer.errors import StoreError
from service.renewal_job import RenewalJob


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoreError("the disk is gone"), "the disk is gone"),
        (ValueError("a secret"), "it failed; the service's log says why"),
    ],
    ids=["ours", "defect"],
)
def test_what_a_renewal_fails_with_is_told(error: Exception, said: str) -> None:
    told: list[Exception] = []
    job = RenewalJob(told.append)

    def work(*_: Any) -> Any:
        raise error

    job.start(work)
    job.stop()
    assert (job.status.state, job.status.error) == ("failed", said)
    assert told == [error]


def test_a_renewal_that_ends_with_the_service_is_no_failure_to_count() -> None:
    told: list[Exception] = []
    job, begun = RenewalJob(told.append), threading.Event()

    def work(progress: Any, stopping: threading.Event) -> Any:
        begun.set()
        assert stopping.wait(10)
        progress(1, 2)

    job.start(work)
    assert begun.wait(10)
    job.stop()
    assert (job.status.state, told) == ("failed", [])
