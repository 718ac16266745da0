"""Threads that are few, and a queue before them that has an end."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack

import pytest

from service.errors import Busy
from service.workers import Workers


async def until_waiting(workers: Workers, count: int) -> None:
    while workers.waiting < count:
        await asyncio.sleep(0.001)


def test_nobody_is_let_in_beyond_the_queue_and_a_place_that_is_left_is_free() -> None:
    workers = Workers(1, queue=2)
    with ExitStack() as places:
        for _ in range(3):
            places.enter_context(workers.place())
        with pytest.raises(Busy, match=r"^3 requests are under way; try again in 1 s$"):
            workers.place().__enter__()
    with pytest.raises(ValueError, match="mine"), workers.place():
        raise ValueError("mine")
    with ExitStack() as places:
        for _ in range(3):
            places.enter_context(workers.place())


def test_who_has_a_place_is_never_turned_away() -> None:
    async def run() -> None:
        workers, go_on = Workers(1, queue=1), threading.Event()
        calls = [asyncio.create_task(workers.run(go_on.wait, 10)) for _ in range(4)]
        await until_waiting(workers, 3)
        assert workers.running == 1
        go_on.set()
        assert await asyncio.gather(*calls) == [True] * 4

    asyncio.run(run())


@pytest.mark.parametrize(
    ("usual", "waiting", "seconds"), [(0.0, 2, "1"), (3.0, 4, "6"), (300.0, 40, "60")]
)
def test_who_is_sent_away_is_told_when_to_come_back(
    usual: float, waiting: int, seconds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = Workers(2, queue=0)
    monkeypatch.setattr(Workers, "waiting", waiting)
    workers._usual_s = usual
    workers._under_way = 2
    with pytest.raises(Busy) as caught:
        workers.place().__enter__()
    assert caught.value.headers == {"Retry-After": seconds}


def test_what_calls_take_is_learned_from_those_that_ran() -> None:
    async def run() -> float:
        workers = Workers(1)
        for _ in range(30):
            await workers.run(threading.Event().wait, 0.01)
        return workers._usual_s

    assert 0.005 < asyncio.run(run()) < 1


def test_without_an_end_everybody_is_let_in() -> None:
    workers = Workers(1)
    with ExitStack() as places:
        for _ in range(1000):
            places.enter_context(workers.place())
