"""Bring a database to a revision, and tell which one it is at."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from hotline.errors import ConfigurationError
from hotline.kernel.db.sqlite_file import sqlite_engine

T = TypeVar("T")

SQLITE = "sqlite:///"
_FOLDER = str(Path(__file__).parent).replace("%", "%%")


def migrate(url: str, revision: str = "head") -> tuple[str | None, str | None]:
    """Upgrade to ``revision``; returns (revision before, revision after).

    A database that a newer version has migrated is refused with ``ConfigurationError``.
    """

    def work(connection: sa.Connection) -> tuple[str | None, str | None]:
        before = _at(connection)
        config = _config(connection)
        if before is not None and before not in known_revisions():
            raise ConfigurationError("database_newer", revision=before)
        command.upgrade(config, revision)
        return before, _at(connection)

    return _on_database(url, work)


def current(url: str) -> tuple[str | None, str | None]:
    """(revision of the database, newest revision known); the database must exist."""

    def work(connection: sa.Connection) -> tuple[str | None, str | None]:
        head = ScriptDirectory.from_config(_config(connection)).get_current_head()
        return _at(connection), head

    return _on_database(url, work)


def known_revisions() -> list[str]:
    """Every revision of this version, the newest first."""
    config = Config()
    config.set_main_option("script_location", _FOLDER)
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def _at(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", _FOLDER)
    config.attributes["connection"] = connection
    return config


def _on_database(url: str, work: Callable[[sa.Connection], T]) -> T:
    if url.startswith(SQLITE):
        path = Path(url.removeprefix(SQLITE))
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = sqlite_engine(path)
        with _alone(path), engine.connect() as connection:
            # SQLite changes a table by copying it and dropping the old one: its children must not follow.
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            return work(connection)
    return asyncio.run(_on_postgres(url, work))


async def _on_postgres(url: str, work: Callable[[sa.Connection], T]) -> T:
    engine = create_async_engine("postgresql+asyncpg://" + url.partition("://")[2])
    try:
        async with engine.begin() as connection:
            # Two nodes that start together migrate one after the other.
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(862000)"))
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_name(path.name + ".migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
