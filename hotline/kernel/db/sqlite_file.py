"""The SQLite file: how connections are made, savepoints, and what its errors mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.pool import NullPool, QueuePool

from hotline.errors import DomainError, Unavailable

BUSY_SECONDS = 10.0
"""How long another process (a backup, a command) may hold the file before a unit gives up."""

READ_ONLY = "commit_failed"
"""The file cannot be written; or, in a reader, somebody tried to."""

_CONDITIONS = {
    sqlite3.SQLITE_FULL: "storage_full",
    sqlite3.SQLITE_IOERR: "storage_full",
    sqlite3.SQLITE_BUSY: "database_busy",
    sqlite3.SQLITE_LOCKED: "database_busy",
    sqlite3.SQLITE_CANTOPEN: "database_down",
    sqlite3.SQLITE_CORRUPT: "database_down",
    sqlite3.SQLITE_NOTADB: "database_down",
    sqlite3.SQLITE_READONLY: READ_ONLY,
}


def storage_error(error: BaseException) -> DomainError | None:
    """What an operator should read; None for an error of the statement itself, which is a bug."""
    original = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    code = getattr(original, "sqlite_errorcode", None)
    # The low byte is the kind, the rest says more about it.
    condition = None if code is None else _CONDITIONS.get(code & 0xFF)
    return Unavailable(condition) if condition else None


@contextmanager
def savepoint(raw: sqlite3.Connection, name: str) -> Iterator[None]:
    """Undo the statements of the block when it raises; ``Unavailable`` when SQLite undid it by itself."""
    raw.execute(f"SAVEPOINT {name}")
    try:
        yield
    except BaseException:
        undo_savepoint(raw, name)
        raise
    still_open(raw)
    raw.execute(f"RELEASE {name}")


def undo_savepoint(raw: sqlite3.Connection, name: str) -> None:
    """Back to the savepoint, and without it; after a full disk SQLite may have undone everything."""
    if raw.in_transaction:
        raw.execute(f"ROLLBACK TO {name}")
        raw.execute(f"RELEASE {name}")


def still_open(raw: sqlite3.Connection) -> None:
    """Refuse to go on when SQLite has undone the transaction: each statement would commit by itself."""
    if not raw.in_transaction:
        raise Unavailable("commit_failed")


def raw_connection(connection: sa.Connection) -> sqlite3.Connection:
    """The driver's connection below SQLAlchemy's."""
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def sqlite_engine(path: Path, *, readers: int = 0) -> sa.Engine:
    """An engine whose connections leave transactions to us; with ``readers`` a pool that only reads."""
    engine = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool if readers else NullPool,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # an error's text goes to the log, and citizens' words are in the parameters
        **({"pool_size": readers, "max_overflow": 0} if readers else {}),
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA foreign_keys=ON")
        if readers:
            raw.execute("PRAGMA query_only=ON")

    return engine
