"""Units of work and snapshots, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from hotline.errors import Unavailable
from hotline.kernel.db import Database
from hotline.kernel.events import Recorded
from tests.support.notes import add_note_table, kept, note, notes, write


@pytest.fixture(autouse=True)
async def _note_table(database: Database) -> None:
    await add_note_table(database)


async def write_one(database: Database, note_id: str) -> None:
    async with database.uow() as tx:
        await write(tx, note_id)


async def test_a_unit_is_kept_whole(database: Database) -> None:
    async with database.uow() as tx:
        await write(tx, "a")
        await write(tx, "b")
    assert await kept(database) == {"a", "b"}


async def test_a_unit_that_raises_leaves_nothing(database: Database) -> None:
    told: list[Recorded] = []
    database.on_commit(told.extend)
    with pytest.raises(KeyError):
        async with database.uow() as tx:
            await write(tx, "a")
            raise KeyError
    assert await kept(database) == set()
    assert told == []


async def test_a_savepoint_undoes_its_own_statements_and_events_only(database: Database) -> None:
    async with database.uow() as tx:
        await write(tx, "before")
        with pytest.raises(sa.exc.IntegrityError):
            async with tx.savepoint():
                await write(tx, "inside")
                async with tx.savepoint():
                    await write(tx, "deeper")
                await write(tx, "before")
        await write(tx, "after")
    assert await kept(database) == {"before", "after"}


async def test_listeners_learn_of_a_unit_after_its_commit_in_order(database: Database) -> None:
    told: list[str] = []

    def listen(recorded: Sequence[Recorded]) -> None:
        told.extend(r.event.aggregate for r in recorded)

    database.on_commit(listen)
    async with database.uow() as tx:
        await write(tx, "a")
        await write(tx, "b")
        assert told == []
    assert told == ["note:a", "note:b"]


async def test_a_listener_that_fails_changes_nothing_for_the_unit_or_for_other_listeners(
    database: Database,
) -> None:
    told: list[Recorded] = []

    def fail(_recorded: Sequence[Recorded]) -> None:
        raise KeyError

    database.on_commit(fail)
    database.on_commit(told.extend)
    await asyncio.gather(*(write_one(database, str(n)) for n in range(5)))
    assert len(await kept(database)) == len(told) == 5


async def test_units_must_not_be_nested(database: Database) -> None:
    async with database.uow() as tx:
        with pytest.raises(RuntimeError, match="nested"):
            await write_one(database, "inner")
        await write(tx, "outer")
    assert await kept(database) == {"outer"}


async def test_a_task_that_was_started_in_a_unit_may_have_units_after_it(database: Database) -> None:
    over = asyncio.Event()

    async def later() -> None:
        await over.wait()
        await write_one(database, "later")

    async with database.uow() as tx:
        await write(tx, "first")
        task = asyncio.create_task(later())
    over.set()
    await task
    assert await kept(database) == {"first", "later"}


async def test_a_commit_that_fails_is_said_so_and_leaves_nothing(database: Database) -> None:
    with pytest.raises(Unavailable) as failed:
        async with database.uow() as tx:
            await write(tx, "orphan", parent="nobody")
    assert failed.value.code == "commit_failed"
    await write_one(database, "next")
    assert await kept(database) == {"next"}


async def test_a_wrong_statement_is_a_bug_and_not_a_condition_of_the_database(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError):
        async with database.uow() as tx:
            await tx.execute(sa.text("SELECT * FROM nowhere"))
    await write_one(database, "next")
    assert await kept(database) == {"next"}


async def test_an_error_of_the_block_itself_is_passed_on_as_it_is(database: Database) -> None:
    with pytest.raises(FileNotFoundError):
        async with database.uow():
            raise FileNotFoundError
    with pytest.raises(FileNotFoundError):
        async with database.read():
            raise FileNotFoundError


async def test_whoever_is_cancelled_whenever_what_was_acknowledged_is_kept(database: Database) -> None:
    """Cancelled while waiting for the turn, in the unit, in a COMMIT or waiting for one: nothing hangs."""
    chance = random.Random(20260302)
    acknowledged: set[str] = set()
    failed: set[str] = set()

    async def unit(note_id: str) -> None:
        fails = chance.random() < 0.2
        try:
            async with database.uow() as tx:
                await write(tx, note_id)
                await asyncio.sleep(0)
                if fails:
                    raise KeyError
            acknowledged.add(note_id)
        except KeyError:
            failed.add(note_id)

    for wave in range(12):
        tasks = [asyncio.create_task(unit(f"{wave}-{n}")) for n in range(24)]
        while not all(task.done() for task in tasks):
            if chance.random() < 0.3:
                chance.choice(tasks).cancel()
            await asyncio.sleep(0)
    await write_one(database, "last")
    found = await kept(database)
    assert acknowledged | {"last"} <= found
    assert failed.isdisjoint(found)
    assert acknowledged
    assert failed


async def test_a_reader_sees_one_moment(database: Database) -> None:
    await write_one(database, "before")
    async with database.read() as reader:
        assert await notes(reader) == {"before"}
        await write_one(database, "meanwhile")
        assert await notes(reader) == {"before"}
    assert await kept(database) == {"before", "meanwhile"}


async def test_readers_do_not_see_an_open_unit_nor_wait_for_it(database: Database) -> None:
    async with database.uow() as tx:
        await write(tx, "open")
        assert await asyncio.create_task(kept(database)) == set()
    assert await kept(database) == {"open"}


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError):
        async with database.read() as reader:
            await reader.execute(note.insert(), {"id": "sneaked"})
    await write_one(database, "unit")
    assert await kept(database) == {"unit"}


async def test_a_connection_that_read_can_write_afterwards(database: Database) -> None:
    """PostgreSQL hands the same connections to readers and to units."""
    for n in range(40):
        await asyncio.gather(kept(database), write_one(database, str(n)), kept(database))
    assert len(await kept(database)) == 40


async def test_more_readers_than_connections_take_turns(database: Database) -> None:
    async def look_thrice() -> None:
        async with database.read() as reader:
            for _ in range(3):
                await notes(reader)

    await asyncio.gather(*(look_thrice() for _ in range(120)))


async def test_cancelled_readers_give_their_connections_back(database: Database) -> None:
    chance = random.Random(7)
    for _ in range(20):
        tasks = [asyncio.create_task(kept(database)) for _ in range(10)]
        while not all(task.done() for task in tasks):
            chance.choice(tasks).cancel()
            await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(*(kept(database) for _ in range(40)))
