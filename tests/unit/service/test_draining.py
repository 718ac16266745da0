"""Draining: who is there may stay for a while, answers a little less long than the rest."""

from __future__ import annotations

import asyncio

import pytest

from service.draining import Draining
from service.errors import ServiceStopping


def test_nobody_new_is_admitted_and_who_is_there_is_let_finish() -> None:
    async def live() -> None:
        draining = Draining()
        async with draining.request():
            draining.begin(5)
            assert (draining.stopping, draining.under_way, draining.over) == (True, 1, False)
            with pytest.raises(ServiceStopping):
                async with draining.request():
                    pytest.fail("it came too late")
            async with draining.answer():
                await asyncio.sleep(0.01)
        assert draining.under_way == 0

    asyncio.run(live())


def test_an_answer_that_takes_too_long_ends_before_the_request_that_it_is_for() -> None:
    async def live() -> None:
        draining, ended = Draining(), []
        draining.at_the_end(lambda: ended.append("writing"))
        async with draining.request():
            draining.begin(0.02)
            with pytest.raises(ServiceStopping):
                async with draining.answer():
                    await asyncio.sleep(5)
            assert ended == ["writing"]
            assert not draining.over
            # The next part of the same answer is not even begun.
            with pytest.raises(ServiceStopping):
                async with draining.answer():
                    pytest.fail("the time is up")

    asyncio.run(live())


def test_a_second_beginning_only_shortens_the_time() -> None:
    async def live() -> None:
        draining = Draining()
        draining.begin(60)
        draining.begin(0)
        await asyncio.sleep(0.02)
        with pytest.raises(ServiceStopping):
            async with draining.answer():
                pytest.fail("the time is up")

    asyncio.run(live())


def test_a_time_limit_of_somebody_else_is_left_to_them() -> None:
    async def live() -> None:
        draining = Draining()
        with pytest.raises(TimeoutError):
            async with draining.answer(), asyncio.timeout(0.01):
                await asyncio.sleep(5)

    asyncio.run(live())
