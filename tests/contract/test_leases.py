"""Leases: one holder by the database's clock, and epochs against frozen owners."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hotline.errors import Conflict, Unavailable
from hotline.kernel.db import Database
from hotline.kernel.leases import DatabaseLeases, HeldLease, database_now, lease
from tests.support.waiting import until

TTL = 3600.0


@pytest.fixture
def leases(database: Database) -> DatabaseLeases:
    """Leases that do not run out during a test by themselves."""
    return DatabaseLeases(database, ttl=TTL, renew=0.005)


async def runs_out(database: Database) -> None:
    """As if nobody had renewed for longer than the lease lasts."""
    async with database.uow() as tx:
        past = await database_now(tx) - timedelta(seconds=1)
        await tx.execute(lease.update().values(expires_at=past))


async def check(database: Database, held: HeldLease) -> None:
    async with database.uow() as tx:
        await held.check(tx)


async def taken(leases: DatabaseLeases, name: str, holder: str) -> HeldLease:
    held = await leases.try_take(name, holder)
    assert held is not None
    return held


async def test_a_name_has_one_holder(database: Database, leases: DatabaseLeases) -> None:
    held = await taken(leases, "router", "one")
    assert await leases.try_take("router", "two") is None
    assert await leases.try_take("relay", "two") is not None
    await check(database, held)


async def test_of_many_that_ask_at_once_one_gets_it(leases: DatabaseLeases) -> None:
    for name in ("router", "relay", "jobs"):
        found = await asyncio.gather(*(leases.try_take(name, f"{n}") for n in range(12)))
        assert len([held for held in found if held]) == 1


async def test_renewing_keeps_the_epoch_and_taking_over_raises_it(
    database: Database, leases: DatabaseLeases
) -> None:
    assert (await taken(leases, "router", "one")).epoch == 1
    assert (await taken(leases, "router", "one")).epoch == 1
    await runs_out(database)
    assert (await taken(leases, "router", "two")).epoch == 2
    await runs_out(database)
    assert (await taken(leases, "router", "two")).epoch == 3, "it may have been someone else's meanwhile"


async def test_a_frozen_owner_cannot_write_any_more(database: Database, leases: DatabaseLeases) -> None:
    frozen = await taken(leases, "router", "one")
    await runs_out(database)
    with pytest.raises(Conflict) as stale:
        await check(database, frozen)
    assert stale.value.code == "stale_lease"
    heir = await taken(leases, "router", "two")
    with pytest.raises(Conflict):
        await check(database, frozen)
    await check(database, heir)


@pytest.mark.parametrize("hours", [-1, 1])
async def test_the_clock_of_the_process_decides_nothing(
    database: Database, leases: DatabaseLeases, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await taken(leases, "router", "one")

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Shifted:
            return super().now(tz) + timedelta(hours=hours)

    monkeypatch.setattr("hotline.kernel.leases.datetime", Shifted)
    assert await leases.try_take("router", "two") is None
    await check(database, held)


async def test_whoever_knows_to_be_alone_frees_every_lease(leases: DatabaseLeases) -> None:
    await taken(leases, "router", "dead")
    await taken(leases, "relay", "dead")
    await leases.expire_all()
    assert await leases.try_take("router", "alive") is not None
    assert await leases.try_take("relay", "alive") is not None


async def test_a_lease_is_held_during_the_block_and_given_back(leases: DatabaseLeases) -> None:
    async with leases.hold("router") as held:
        assert await leases.try_take("router", "other") is None
        assert held.epoch == 1
    assert await leases.try_take("router", "other") is not None


async def test_it_is_given_back_when_the_block_fails_or_is_stopped(leases: DatabaseLeases) -> None:
    with pytest.raises(KeyError):
        async with leases.hold("router"):
            raise KeyError
    inside = asyncio.Event()

    async def work() -> None:
        async with leases.hold("router"):
            inside.set()
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await inside.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert await leases.try_take("router", "other") is not None


async def test_one_that_waits_gets_it_next(leases: DatabaseLeases) -> None:
    order: list[str] = []

    async def work(name: str) -> None:
        async with leases.hold("router"):
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    await asyncio.gather(work("a"), work("b"), work("c"))
    assert [moment.split()[1] for moment in order] == ["in", "out"] * 3


async def test_the_block_ends_when_another_has_the_lease(database: Database, leases: DatabaseLeases) -> None:
    inside = asyncio.Event()

    async def work() -> None:
        async with leases.hold("router"):
            inside.set()
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await inside.wait()
    async with database.uow() as tx:
        await tx.execute(lease.update().values(holder="usurper", epoch=lease.c.epoch + 1))
    with pytest.raises(Conflict) as stale:
        await working
    assert stale.value.code == "stale_lease"
    assert working.cancelling() == 0, "nobody has cancelled the task: it may begin anew"
    async with database.read() as reader:
        row = (await reader.execute(sa.select(lease))).one()
    assert row.holder == "usurper"


class Failing:
    """A database whose units fail while `down`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.down = False
        self.refused = 0

    @asynccontextmanager
    async def uow(self) -> AsyncIterator[Any]:
        if self.down:
            self.refused += 1
            raise Unavailable("database_down")
        async with self.database.uow() as tx:
            yield tx


async def test_a_renewal_that_fails_is_tried_again_while_there_is_time(database: Database) -> None:
    failing = Failing(database)
    leases = DatabaseLeases(failing, ttl=TTL, renew=0.005)  # type: ignore[arg-type]
    async with leases.hold("router") as held:
        failing.down = True
        await until(lambda: failing.refused > 2, "renewing fails thrice")
        failing.down = False
        await check(database, held)


async def test_the_block_ends_when_the_time_is_over_without_a_renewal(database: Database) -> None:
    failing = Failing(database)
    leases = DatabaseLeases(failing, ttl=0.05, renew=0.005)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        async with leases.hold("router"):
            failing.down = True
            await asyncio.Event().wait()
