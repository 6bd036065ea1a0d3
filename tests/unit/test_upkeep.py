"""The exchange is started, watched, and started again after longer and longer pauses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hotline.errors import ConfigurationError
from telephony.asterisk.upkeep import (
    ABSENT_PAUSE,
    LONGEST_PAUSE,
    SETTLE_SECONDS,
    WATCH_SECONDS,
    Running,
    Upkeep,
)


class PaperExchange:
    """One that can be killed, stopped, and refuse to start."""

    def __init__(self) -> None:
        self.pid: int | None = None
        self.has_crashed = False
        self.starts = 0
        self.refusal: Exception | None = None

    def start(self, say: Callable[[str], None]) -> None:
        self.starts += 1
        if self.refusal is not None:
            raise self.refusal
        self.pid, self.has_crashed = self.starts, False

    def die(self) -> None:
        self.pid, self.has_crashed = None, True

    def stop(self) -> None:
        self.pid, self.has_crashed = None, False


class House:
    """Upkeep whose pauses take no time; `after_pause` is what happens in the next ones."""

    def __init__(self) -> None:
        self.exchange = PaperExchange()
        self.deaths = 0
        self.pauses: list[float] = []
        self.upkeep = Upkeep(self.exchange, self._died, pause=self._pause)

    def _died(self) -> None:
        self.deaths += 1

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    @property
    def running(self) -> Running:
        return self.upkeep.condition.running


@pytest.fixture
async def house() -> House:
    """An exchange that was wanted and runs."""
    house = House()
    wanted = asyncio.create_task(house.upkeep.wanted())
    await asyncio.sleep(0)
    await house.upkeep.look()
    await wanted
    return house


async def test_nothing_is_started_before_it_is_wanted() -> None:
    house = House()
    worker = asyncio.create_task(house.upkeep.run())
    for _ in range(5):
        await asyncio.sleep(0)
    assert house.exchange.starts == 0
    worker.cancel()


async def test_the_first_death_is_followed_by_a_start_at_once(house: House) -> None:
    house.exchange.die()
    assert await house.upkeep.look() == WATCH_SECONDS
    assert (house.exchange.starts, house.deaths, house.running) == (2, 1, Running.UP)
    assert house.pauses == [SETTLE_SECONDS]


async def test_one_that_dies_again_and_again_is_started_after_longer_and_longer_pauses(house: House) -> None:
    for _ in range(8):
        house.exchange.die()
        await house.upkeep.look()
    assert [pause for pause in house.pauses if pause != SETTLE_SECONDS] == [2, 4, 8, 16, *[LONGEST_PAUSE] * 3]
    assert house.deaths == 8


async def test_one_that_cannot_be_started_again_is_tried_after_longer_and_longer_pauses(house: House) -> None:
    house.exchange.refusal = ConfigurationError("asterisk_not_started", reason="?", log="?")
    house.exchange.die()
    assert [await house.upkeep.look() for _ in range(4)] == [2, 4, 8, 16]
    assert (house.running, house.upkeep.condition.trouble) == (Running.DOWN, house.exchange.refusal)
    assert house.deaths == 1
    house.exchange.refusal = None
    assert await house.upkeep.look() == WATCH_SECONDS
    assert house.running is Running.UP


async def test_one_that_a_person_stopped_stays_stopped_and_is_seen_when_it_is_back(house: House) -> None:
    house.exchange.stop()
    await house.upkeep.look()
    await house.upkeep.look()
    assert (house.running, house.exchange.starts, house.deaths) == (Running.STOPPED, 1, 1)
    house.exchange.start(print)
    await house.upkeep.look()
    assert house.running is Running.UP


async def test_where_there_is_none_it_says_so_and_tries_seldom() -> None:
    house = House()
    house.exchange.refusal = ConfigurationError("asterisk_other_system", system="Windows AMD64")
    assert [await house.upkeep.look() for _ in range(2)] == [ABSENT_PAUSE] * 2
    assert house.running is Running.ABSENT
    assert house.upkeep.condition.trouble is house.exchange.refusal
