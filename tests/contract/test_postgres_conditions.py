"""What PostgreSQL's own conditions become, and that the next unit is none the worse for them."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from hotline.errors import Unavailable
from hotline.kernel.db import Database, Tx
from hotline.kernel.db.open import open_database
from tests.support.notes import add_note_table, kept, note, write
from tests.support.postgres import postgres_server

END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture(autouse=True)
async def _note_table(postgresql: Database) -> None:
    await add_note_table(postgresql)


async def test_a_connection_that_dies_in_a_unit_is_said_so_and_replaced(
    postgresql: Database, migrated_postgres_url: str
) -> None:
    other = open_database(migrated_postgres_url)
    with pytest.raises(Unavailable) as down:
        async with postgresql.uow() as tx:
            await write(tx, "lost")
            async with other.uow() as killer:
                await killer.execute(sa.text(END_OTHERS))
            await write(tx, "lost too")
    assert down.value.code == "database_down"
    await other.close()
    async with postgresql.uow() as tx:
        await write(tx, "next")
    assert await kept(postgresql) == {"next"}


async def test_of_two_units_that_wait_for_each_other_one_is_told_to_try_again(postgresql: Database) -> None:
    async with postgresql.uow() as tx:
        await write(tx, "a")
        await write(tx, "b")
    both = asyncio.Barrier(2)

    async def touch(tx: Tx, note_id: str) -> None:
        await tx.execute(note.update().where(note.c.id == note_id).values(text="touched"))

    async def unit(first: str, second: str) -> None:
        async with postgresql.uow() as tx:
            await touch(tx, first)
            await both.wait()
            await touch(tx, second)

    ended = await asyncio.gather(unit("a", "b"), unit("b", "a"), return_exceptions=True)
    codes = [getattr(error, "code", error) for error in ended]
    assert sorted(codes, key=str) == [None, "database_busy"]


async def test_a_server_that_is_not_there_is_said_so_until_it_is_back() -> None:
    with postgres_server() as server:
        database = open_database(server.new_database())
        await database_answers(database)
        server.kill()
        with pytest.raises(Unavailable) as writing:
            async with database.uow():
                raise AssertionError("the unit began")
        with pytest.raises(Unavailable) as reading:
            await database_answers(database)
        assert (writing.value.code, reading.value.code) == ("database_down", "database_down")
        server.start()
        await database_answers(database)
        await database.close()


async def database_answers(database: Database) -> None:
    async with database.read() as reader:
        assert (await reader.execute(sa.text("SELECT 1"))).scalar_one() == 1
