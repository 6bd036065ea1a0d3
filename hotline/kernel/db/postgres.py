"""PostgreSQL through SQLAlchemy's asyncio engine and asyncpg."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, Literal

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from hotline.errors import DomainError, Unavailable
from hotline.kernel.db.interface import (
    CommitListener,
    EventBuffer,
    Parameters,
    Reader,
    Tx,
    tell_listeners,
)
from hotline.kernel.db.units import begin_unit, end_unit
from hotline.kernel.outbox import write_events

_DRIVER_ERRORS = (DBAPIError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, sa.exc.TimeoutError)

_CONDITIONS = {
    "53100": "storage_full",
    "53": "database_busy",  # out of connections or memory
    "55P03": "database_busy",
    "40": "database_busy",  # deadlock: one of the two units is undone
    "57P": "database_down",  # shutting down or starting up
    "08": "database_down",
    "58": "storage_full",  # an error of the server's files
    "25006": None,  # a write in read(): a bug
}


def database_error(error: BaseException) -> DomainError | None:
    """What an operator should read, or None when the statement itself is wrong, which is a bug."""
    if isinstance(error, sa.exc.TimeoutError):
        return Unavailable("database_busy")
    if isinstance(error, OSError | asyncpg.InterfaceError):
        return Unavailable("database_down")
    original = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(original, "sqlstate", None) or "")
    for prefix, condition in _CONDITIONS.items():
        if state.startswith(prefix):
            return Unavailable(condition) if condition else None
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Unavailable("database_down")
    return None


@contextmanager
def _translated(otherwise: str | None = None) -> Iterator[None]:
    """Raise the server's condition as a domain error; ``otherwise`` names any other error of the driver."""
    try:
        yield
    except _DRIVER_ERRORS as error:
        known = database_error(error) or (Unavailable(otherwise) if otherwise else None)
        if known is not None:
            raise known from error
        raise


class PostgresTx:
    """A unit of work on one connection."""

    dialect: Literal["postgresql"] = "postgresql"

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.buffer = EventBuffer()

    async def execute(self, statement: sa.Executable, parameters: Parameters = None) -> sa.CursorResult[Any]:
        with _translated():
            return await self._connection.execute(statement, parameters)

    def emit(self, event: Any) -> None:
        self.buffer.emit(event)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        async with self.buffer.undone_on_error(), self._connection.begin_nested():
            yield


class PostgresDatabase:
    """Implements ``Database`` on a PostgreSQL server."""

    dialect: Literal["postgresql"] = "postgresql"

    def __init__(self, url: str, pool_size: int = 16) -> None:
        # Pre-ping: a connection that died with the server is replaced, not handed to a citizen's request.
        # Parameters hold citizens' words, and an error's text goes to the log.
        self._engine = create_async_engine(
            url, pool_size=pool_size, max_overflow=8, pool_pre_ping=True, hide_parameters=True
        )
        self._listeners: list[CommitListener] = []

    def on_commit(self, listener: CommitListener) -> None:
        self._listeners.append(listener)

    @asynccontextmanager
    async def uow(self) -> AsyncIterator[Tx]:
        unit = begin_unit(self)
        try:
            async with AsyncExitStack() as stack:
                # Only the driver's calls are translated: an OSError of the block is not the database's.
                with _translated():
                    connection = await stack.enter_async_context(self._engine.connect())
                    transaction = await stack.enter_async_context(connection.begin())
                tx = PostgresTx(connection)
                yield tx
                recorded = await write_events(tx, tx.buffer.events)
                with _translated("commit_failed"):
                    await transaction.commit()
        finally:
            end_unit(unit)
        tell_listeners(self._listeners, recorded)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        async with AsyncExitStack() as stack:
            with _translated():
                connection = await stack.enter_async_context(self._engine.connect())
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            yield PostgresTx(connection)

    async def close(self) -> None:
        await self._engine.dispose()
