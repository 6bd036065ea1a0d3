"""The PostgreSQL of the tests is a real server that keeps what it acknowledged."""

from __future__ import annotations

import asyncpg
import pytest

from tests.support.postgres import PostgresServer, postgres_server


async def test_it_is_version_18_or_newer_and_keeps_chinese_in_utf8(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        assert connection.get_server_version().major >= 18
        assert await connection.fetchval("SELECT length($1::text)", "市民服务热线") == 6
    finally:
        await connection.close()


async def test_each_test_has_a_database_of_its_own(postgres: PostgresServer, postgres_url: str) -> None:
    other = postgres.new_database()
    one, two = await asyncpg.connect(postgres_url), await asyncpg.connect(other)
    await one.execute("CREATE TABLE only_here (id int)")
    with pytest.raises(asyncpg.UndefinedTableError):
        await two.execute("SELECT * FROM only_here")
    await one.close()
    postgres.drop_database(other)  # ends the connection that is still open
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError)):
        await two.execute("SELECT 1")


async def test_a_template_is_prepared_once_and_copied_each_time(postgres: PostgresServer) -> None:
    prepared: list[str] = []
    for _ in range(2):
        template = postgres.template("prepared_once", prepared.append)
        connection = await asyncpg.connect(postgres.new_database(template))
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
    assert len(prepared) == 1


async def test_killed_and_started_again_it_has_what_was_acknowledged() -> None:
    with postgres_server(durable=True) as server:
        url = server.new_database()
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE cases (number text); INSERT INTO cases VALUES ('kept')")
        server.kill()
        connection.terminate()
        server.start()
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT number FROM cases") == "kept"
        await connection.close()
