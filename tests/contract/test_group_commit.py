"""SQLite: units in turn, one COMMIT for a group of them."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from hotline.errors import Unavailable
from hotline.kernel.db import Database
from hotline.kernel.db.sqlite import GROUP_UNITS, SqliteDatabase
from tests.support.notes import add_note_table, kept, write


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """What all connections that are opened from now on say to SQLite."""
    said: list[str] = []

    def listen(raw: Any, _record: Any) -> None:
        raw.set_trace_callback(said.append)

    sa.event.listen(sa.Pool, "connect", listen)
    yield said
    sa.event.remove(sa.Pool, "connect", listen)


@pytest.fixture(autouse=True)
async def _note_table(statements: list[str], sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotline.kernel.db.sqlite.GROUP_SECONDS", 3600)
    await add_note_table(sqlite)
    statements.clear()


async def write_one(database: Database, note_id: str) -> None:
    async with database.uow() as tx:
        await write(tx, note_id)


async def outcomes(database: Database, *units: Any) -> list[str]:
    """Of units that all wait for their turn together: "kept", or the code or type of the error."""
    tasks = [asyncio.ensure_future(unit) for unit in units]
    with contextlib.suppress(KeyError):
        async with database.uow():
            for _ in range(3):
                await asyncio.sleep(0)
            raise KeyError  # no part of the group
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    return ["kept" if e is None else getattr(e, "code", type(e).__name__) for e in ended]


async def test_units_that_wait_together_share_a_commit(sqlite: Database, statements: list[str]) -> None:
    await outcomes(sqlite, *(write_one(sqlite, str(n)) for n in range(GROUP_UNITS)))
    assert statements.count("COMMIT") == 1
    assert len(await kept(sqlite)) == GROUP_UNITS


async def test_a_group_has_its_measure(sqlite: Database, statements: list[str]) -> None:
    await outcomes(sqlite, *(write_one(sqlite, str(n)) for n in range(GROUP_UNITS + 1)))
    assert statements.count("COMMIT") == 2


async def test_an_old_group_is_committed_though_units_wait(
    sqlite: Database, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.kernel.db.sqlite.GROUP_LONGEST", 0)
    await outcomes(sqlite, *(write_one(sqlite, str(n)) for n in range(5)))
    assert statements.count("COMMIT") == 5


async def test_a_group_grows_older_where_a_commit_takes_long(
    sqlite: Database, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.kernel.db.sqlite.GROUP_SECONDS", 0)
    monkeypatch.setattr("hotline.kernel.db.sqlite.GROUP_LONGEST", 60)
    monkeypatch.setattr(sqlite, "_commit_took", 30.0)
    await outcomes(sqlite, *(write_one(sqlite, str(n)) for n in range(5)))
    assert statements.count("COMMIT") == 1


async def test_nobody_is_told_before_the_commit(sqlite: Database, statements: list[str]) -> None:
    told: list[int] = []
    sqlite.on_commit(lambda _recorded: told.append(statements.count("COMMIT")))
    await outcomes(sqlite, *(write_one(sqlite, str(n)) for n in range(8)))
    assert told == [1] * 8


@pytest.mark.parametrize("failing", [0, 1], ids=["first", "last"])
async def test_a_unit_that_fails_does_not_hurt_its_group(
    sqlite: Database, statements: list[str], failing: int
) -> None:
    async def unit(n: int) -> None:
        async with sqlite.uow() as tx:
            await write(tx, str(n))
            if n % 2 == failing:
                raise KeyError

    ended = await outcomes(sqlite, *(unit(n) for n in range(10)))
    assert ended == ["KeyError" if n % 2 == failing else "kept" for n in range(10)]
    assert statements.count("COMMIT") == 1
    assert len(await kept(sqlite)) == 5


async def test_a_commit_that_fails_fails_all_its_units(sqlite: Database) -> None:
    async def orphan() -> None:
        async with sqlite.uow() as tx:
            await write(tx, "orphan", parent="nobody")

    ended = await outcomes(sqlite, write_one(sqlite, "a"), orphan(), write_one(sqlite, "b"))
    assert ended == ["commit_failed"] * 3
    await write_one(sqlite, "next")
    assert await kept(sqlite) == {"next"}


async def test_on_a_full_disk_nothing_is_acknowledged_that_is_not_kept(sqlite: Database) -> None:
    async with sqlite.uow() as tx:
        pages = (await tx.execute(sa.text("PRAGMA page_count"))).scalar_one()
        await tx.execute(sa.text(f"PRAGMA max_page_count = {pages + 4}"))

    async def large(note_id: str) -> None:
        async with sqlite.uow() as tx:
            await write(tx, note_id, text="x" * 8000)

    names = [f"{n}" for n in range(8)]
    ended = await outcomes(sqlite, *(large(name) for name in names))
    assert set(ended) <= {"kept", "storage_full", "commit_failed"}
    assert "storage_full" in ended
    assert await kept(sqlite) == {n for n, e in zip(names, ended, strict=True) if e == "kept"}

    async with sqlite.uow() as tx:
        await tx.execute(sa.text("PRAGMA max_page_count = 100000"))
    await large("space again")
    assert "space again" in await kept(sqlite)


async def test_no_statement_runs_outside_of_a_transaction_that_sqlite_ended_by_itself(
    sqlite: Database,
) -> None:
    with pytest.raises(Unavailable):
        async with sqlite.uow() as tx:
            await write(tx, "before")
            await tx.execute(sa.text("ROLLBACK"))  # as a full disk may do
            await write(tx, "would be committed alone")
    assert await kept(sqlite) == set()


async def test_a_unit_is_of_no_use_when_it_is_over(sqlite: Database) -> None:
    async with sqlite.uow() as tx:
        await write(tx, "inside")
    with pytest.raises(RuntimeError, match="over"):
        await write(tx, "outside")
    assert await kept(sqlite) == {"inside"}


async def test_a_unit_whose_committer_is_cancelled_before_its_turn_is_committed(sqlite: Database) -> None:
    """The first leaves its COMMIT to the second, which never gets to it."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with sqlite.uow() as tx:
            await write(tx, "first")
            inside.set()
            await go_on.wait()

    one = asyncio.create_task(first())
    await inside.wait()
    two = asyncio.create_task(write_one(sqlite, "second"))
    await asyncio.sleep(0)
    go_on.set()
    while not one.done() and not two.cancelled():
        await asyncio.sleep(0)
        two.cancel()
    await asyncio.gather(one, two, return_exceptions=True)
    assert one.exception() is None
    assert "first" in await kept(sqlite)


async def test_while_another_process_writes_a_unit_waits_and_the_loop_goes_on(sqlite: SqliteDatabase) -> None:
    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(write_one(sqlite, "waited"))
        for _ in range(1000):
            await asyncio.sleep(0)
        assert not waiting.done()
        other.execute("COMMIT")
        await waiting
    assert await kept(sqlite) == {"waited"}


async def test_cancelled_while_another_process_writes_it_does_not_keep_the_file_locked(
    sqlite: SqliteDatabase,
) -> None:
    with closing(sqlite3.connect(sqlite.path, isolation_level=None, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(write_one(sqlite, "cancelled"))
        for _ in range(100):
            await asyncio.sleep(0)
        waiting.cancel()
        for _ in range(100):
            await asyncio.sleep(0)
        other.execute("COMMIT")
        with pytest.raises(asyncio.CancelledError):
            await waiting
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    assert await kept(sqlite) == set()


async def test_a_file_that_stays_locked_is_said_so(
    sqlite: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.kernel.db.sqlite.BUSY_SECONDS", 0.001)
    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as busy:
            await write_one(sqlite, "a")
        assert busy.value.code == "database_busy"


async def test_closing_waits_for_units_and_refuses_later_ones(sqlite_url: str, sqlite: Database) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def unit() -> None:
        async with sqlite.uow() as tx:
            await write(tx, "open")
            inside.set()
            await go_on.wait()

    open_unit = asyncio.create_task(unit())
    await inside.wait()
    closing_it = asyncio.create_task(sqlite.close())
    go_on.set()
    await asyncio.gather(open_unit, closing_it)
    with pytest.raises(Unavailable):
        await write_one(sqlite, "late")
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as file:
        assert file.execute("SELECT id FROM note").fetchall() == [("open",)]
