"""Rate limits: so many in a window, also when all come at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from hotline.errors import TooMany
from hotline.kernel.db import Database
from hotline.web.throttle import Limit, Throttle
from tests.support.clock import MovableClock

FIVE = Limit("sign-in", 5, timedelta(minutes=15))


@pytest.fixture
def throttle(database: Database, clock: MovableClock) -> Throttle:
    return Throttle(database, clock)


async def passed(throttle: Throttle, times: int, *subject: str) -> int:
    """How many of so many at once get through."""
    ended = await asyncio.gather(
        *(throttle.spend(FIVE, *subject) for _ in range(times)), return_exceptions=True
    )
    assert all(error is None or isinstance(error, TooMany) for error in ended), ended
    return sum(error is None for error in ended)


async def test_of_many_that_come_at_once_so_many_get_through(throttle: Throttle) -> None:
    assert await passed(throttle, 40, "wang", "10.0.0.1") == 5


async def test_the_refusal_says_when_to_come_again(throttle: Throttle, clock: MovableClock) -> None:
    await passed(throttle, 5, "wang")
    clock.move(minutes=5)
    with pytest.raises(TooMany) as refused:
        await throttle.spend(FIVE, "wang")
    assert refused.value.params == {"retry_after": 600}
    clock.move(minutes=9, seconds=59.5)
    with pytest.raises(TooMany) as refused:
        await throttle.refuse_if_spent(FIVE, "wang")
    assert refused.value.params == {"retry_after": 1}


async def test_a_new_window_begins_when_the_old_one_is_over(throttle: Throttle, clock: MovableClock) -> None:
    assert await passed(throttle, 9, "wang") == 5
    clock.move(minutes=15)
    assert await passed(throttle, 9, "wang") == 5


async def test_subjects_and_limits_do_not_touch_each_other(throttle: Throttle) -> None:
    await passed(throttle, 9, "wang", "10.0.0.1")
    assert await passed(throttle, 1, "wang", "10.0.0.2") == 1
    assert await passed(throttle, 1, "wang10.0.0.1") == 1
    await throttle.spend(Limit("reveal", 1, timedelta(days=1)), "wang", "10.0.0.1")


async def test_asking_counts_nothing_and_forgetting_starts_over(throttle: Throttle) -> None:
    for _ in range(9):
        await throttle.refuse_if_spent(FIVE, "wang")
    assert await passed(throttle, 9, "wang") == 5
    await throttle.forget(FIVE, "wang")
    assert await passed(throttle, 9, "wang") == 5


async def test_windows_that_are_over_are_deleted(
    database: Database, throttle: Throttle, clock: MovableClock
) -> None:
    await passed(throttle, 1, "old")
    clock.move(minutes=10)
    await passed(throttle, 1, "new")
    clock.move(minutes=5)
    async with database.uow() as tx:
        assert await throttle.purge(tx) == 1
