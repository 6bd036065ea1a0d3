"""Sessions: how long they last, and how often they are written."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hotline.errors import Unavailable
from hotline.kernel.db import Database, Tx
from hotline.web.auth import Kind
from hotline.web.sessions import ABSOLUTE, IDLE, Session, Sessions, web_session
from tests.support.clock import MovableClock


@pytest.fixture
def sessions(database: Database, clock: MovableClock) -> Sessions:
    return Sessions(database, clock)


async def begin(database: Database, sessions: Sessions, kind: Kind = "staff") -> str:
    async with database.uow() as tx:
        token, _ = await sessions.begin(tx, kind, "1")
    return token


async def find(database: Database, sessions: Sessions, token: str, kind: Kind = "staff") -> Session | None:
    async with database.read() as reader:
        return await sessions.find(reader, token, kind)


async def use(database: Database, sessions: Sessions, token: str) -> None:
    session = await find(database, sessions, token)
    assert session is not None
    await sessions.touch(session)


async def test_the_token_is_not_in_the_database(database: Database, sessions: Sessions) -> None:
    token = await begin(database, sessions)
    async with database.read() as reader:
        row = (await reader.execute(sa.select(web_session))).one()
    assert token not in str(row)
    assert await find(database, sessions, token) is not None
    assert await find(database, sessions, row.token_hash) is None
    assert await find(database, sessions, token, "citizen") is None


async def test_it_ends_when_it_is_not_used(
    database: Database, sessions: Sessions, clock: MovableClock
) -> None:
    token = await begin(database, sessions)
    for _ in range(3):
        clock.move(minutes=14)
        await use(database, sessions, token)
    clock.move(seconds=IDLE["staff"].total_seconds())
    assert await find(database, sessions, token) is None


async def test_it_ends_after_its_longest_time_however_much_it_is_used(
    database: Database, sessions: Sessions, clock: MovableClock
) -> None:
    token = await begin(database, sessions)
    for _ in range(int(ABSOLUTE["staff"] / timedelta(minutes=10)) - 1):
        clock.move(minutes=10)
        await use(database, sessions, token)
    clock.move(minutes=10)
    assert await find(database, sessions, token) is None


async def test_it_can_be_ended_alone_or_with_all_others_of_the_person(
    database: Database, sessions: Sessions
) -> None:
    tokens = [await begin(database, sessions) for _ in range(4)]
    kept = await find(database, sessions, tokens[0])
    ended = await find(database, sessions, tokens[1])
    assert kept is not None
    assert ended is not None
    async with database.uow() as tx:
        await sessions.end(tx, ended.key)
    alive = [await find(database, sessions, token) is not None for token in tokens]
    assert alive == [True, False, True, True]
    async with database.uow() as tx:
        await sessions.end_all(tx, "staff", "1", but=kept.key)
    alive = [await find(database, sessions, token) is not None for token in tokens]
    assert alive == [True, False, False, False]


class Counting:
    """Counts the units of a database, and can refuse them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.units = 0
        self.full = False

    def uow(self) -> AbstractAsyncContextManager[Tx]:
        self.units += 1
        if self.full:
            raise Unavailable("storage_full")
        return self.database.uow()


async def test_the_many_requests_of_a_page_write_once_a_minute(
    database: Database, clock: MovableClock
) -> None:
    counting = Counting(database)
    sessions = Sessions(counting, clock)  # type: ignore[arg-type]
    token = await begin(database, sessions)
    session = await find(database, sessions, token)
    assert session is not None
    for expected in (0, 1, 2):
        await asyncio.gather(*(sessions.touch(session) for _ in range(20)))
        assert counting.units == expected
        clock.move(seconds=61)


async def test_reading_goes_on_when_nothing_can_be_written(database: Database, clock: MovableClock) -> None:
    counting = Counting(database)
    sessions = Sessions(counting, clock)  # type: ignore[arg-type]
    token = await begin(database, sessions)
    clock.move(minutes=5)
    counting.full = True
    await use(database, sessions, token)
    counting.full = False
    await use(database, sessions, token)
    clock.move(minutes=14)
    assert await find(database, sessions, token) is not None


async def test_ended_ones_are_deleted(database: Database, sessions: Sessions, clock: MovableClock) -> None:
    await begin(database, sessions)
    clock.move(hours=1)
    await begin(database, sessions)
    clock.move(hours=11)
    async with database.uow() as tx:
        assert await sessions.purge(tx) == 1
