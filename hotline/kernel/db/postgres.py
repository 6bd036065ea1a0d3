"""PostgreSQL through SQLAlchemy's asyncio engine and asyncpg."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from hotline.errors import DomainError, Unavailable
from hotline.kernel.db.interface import CommitListener, EventBuffer, Parameters, Reader, Tx
from hotline.kernel.outbox import write_events


class PostgresTx:
    """A unit of work on one connection."""

    dialect: Literal["postgresql"] = "postgresql"

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.buffer = EventBuffer()

    async def execute(self, statement: sa.Executable, parameters: Parameters = None) -> sa.CursorResult[Any]:
        return await self._connection.execute(statement, parameters)

    def emit(self, event: Any) -> None:
        self.buffer.emit(event)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        async with self.buffer.undone_on_error(), self._connection.begin_nested():
            yield


def database_error(error: DBAPIError) -> DomainError | None:
    """What an operator should read, or None when the error is not one of the server's condition."""
    text = str(error.orig).lower()
    if "disk" in text or "no space" in text:
        return Unavailable("storage_full")
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
        return Unavailable("database_down")
    return None


class PostgresDatabase:
    """Implements ``Database`` on a PostgreSQL server."""

    dialect: Literal["postgresql"] = "postgresql"

    def __init__(self, url: str, pool_size: int = 16) -> None:
        # Pre-ping: a connection that died with the server is replaced, not handed to a citizen's request.
        self._engine = create_async_engine(url, pool_size=pool_size, max_overflow=8, pool_pre_ping=True)
        self._listeners: list[CommitListener] = []

    def on_commit(self, listener: CommitListener) -> None:
        self._listeners.append(listener)

    @asynccontextmanager
    async def uow(self) -> AsyncIterator[Tx]:
        try:
            async with self._engine.begin() as connection:
                tx = PostgresTx(connection)
                yield tx
                recorded = await write_events(tx, tx.buffer.events)
        except DBAPIError as error:
            raise database_error(error) or error from error
        except OSError as error:
            raise Unavailable("database_down") from error
        if recorded:
            for listener in self._listeners:
                listener(recorded)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        try:
            async with self._engine.connect() as connection:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                yield PostgresTx(connection)
        except DBAPIError as error:
            raise database_error(error) or error from error
        except OSError as error:
            raise Unavailable("database_down") from error

    async def close(self) -> None:
        await self._engine.dispose()
