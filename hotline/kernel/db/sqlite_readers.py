"""Reading from SQLite: snapshots on connections of their own, statements in threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from hotline.kernel.db.interface import Parameters, Reader
from hotline.kernel.db.sqlite_file import READ_ONLY, raw_connection, sqlite_engine, storage_error
from hotline.kernel.db.threads import run_to_end

THREADS = 4
SNAPSHOTS = 32
"""Open at the same time; more wait. More than threads: a snapshot needs one only while a statement runs."""


class SqliteReader:
    """A read transaction; statements run in a thread."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(self, connection: sa.Connection, threads: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._threads = threads

    async def execute(self, statement: sa.Executable, parameters: Parameters = None) -> sa.CursorResult[Any]:
        def run() -> sa.CursorResult[Any]:
            result = self._connection.execute(statement, parameters)
            return result.freeze()() if result.returns_rows else result  # type: ignore[return-value]

        # To the end: the connection must not go back to the pool while a thread reads from it.
        return await run_to_end(self._threads, run)


class SqliteReaders:
    """The reading side of a file."""

    def __init__(self, path: Path) -> None:
        self._engine = sqlite_engine(path, readers=SNAPSHOTS)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sqlite-reader")
        self._slots = asyncio.Semaphore(SNAPSHOTS)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        """See ``Database.read``."""
        opened: list[sa.Connection] = []
        async with self._slots:
            try:
                await run_to_end(self._threads, partial(self._begin, opened))
                yield SqliteReader(opened[0], self._threads)
            except sa.exc.OperationalError as error:
                known = storage_error(error)
                if known is None or known.code == READ_ONLY:
                    raise
                raise known from error
            finally:
                for connection in opened:
                    await run_to_end(self._threads, partial(_end, connection))

    def _begin(self, opened: list[sa.Connection]) -> None:
        connection = self._engine.connect()
        opened.append(connection)
        raw_connection(connection).execute("BEGIN")

    async def close(self) -> None:
        """Wait for open snapshots and close the connections."""
        for _ in range(SNAPSHOTS):
            await self._slots.acquire()
        self._engine.dispose()
        self._threads.shutdown()


def _end(connection: sa.Connection) -> None:
    raw = raw_connection(connection)
    if raw.in_transaction:
        raw.execute("ROLLBACK")
    connection.close()
