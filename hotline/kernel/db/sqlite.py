"""SQLite: one write connection, units of work in turn, and one COMMIT for a group of them.

Why statements of a unit run on the event loop: in WAL mode a write touches the page cache only (20–50 µs),
and handing it to a thread costs several times that. Whatever may wait for the disk or for another process —
BEGIN IMMEDIATE under contention, COMMIT, checkpoints, reading — runs in threads.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from hotline.errors import DomainError, Unavailable
from hotline.kernel.db.interface import (
    CommitListener,
    EventBuffer,
    Parameters,
    Reader,
    Tx,
    tell_listeners,
)
from hotline.kernel.db.sqlite_file import (
    BUSY_SECONDS,
    raw_connection,
    savepoint,
    sqlite_engine,
    still_open,
    storage_error,
    undo_savepoint,
)
from hotline.kernel.db.sqlite_readers import SqliteReaders
from hotline.kernel.db.threads import ended, run_to_end
from hotline.kernel.db.units import begin_unit, end_unit
from hotline.kernel.events import Recorded
from hotline.kernel.outbox import write_events_sqlite

log = logging.getLogger(__name__)

GROUP_UNITS = 64
"""At most so many units share a COMMIT."""
GROUP_SECONDS = 0.005
"""A group older than this is committed although more units are waiting."""
GROUP_LONGEST = 0.05
"""On a slow disk a group may grow twice as old as a COMMIT takes, or the disk would have all the time; up to
this age."""


class SqliteTx:
    """A unit of work, in a savepoint of the group's transaction."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(self, connection: sa.Connection, raw: sqlite3.Connection) -> None:
        self._connection = connection
        self._raw = raw
        self._open = True
        self.buffer = EventBuffer()
        raw.execute("SAVEPOINT unit")

    async def execute(self, statement: sa.Executable, parameters: Parameters = None) -> sa.CursorResult[Any]:
        if not self._open:
            raise RuntimeError("this unit of work is over")
        still_open(self._raw)
        return self._connection.execute(statement, parameters)

    def emit(self, event: Any) -> None:
        self.buffer.emit(event)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        async with self.buffer.undone_on_error():
            with savepoint(self._raw, "inner"):
                yield

    def finish(self) -> list[Recorded]:
        """Write the events; what was done in this unit is now part of the group's transaction."""
        self._open = False
        still_open(self._raw)
        recorded = write_events_sqlite(self._raw, self.buffer.events)
        self._raw.execute("RELEASE unit")
        return recorded

    def undo(self) -> None:
        """Undo what was done in this unit."""
        self._open = False
        undo_savepoint(self._raw, "unit")


class _Member:
    """One unit of the open group: who waits for the COMMIT, and what it will have told."""

    def __init__(self, done: asyncio.Future[None], recorded: Sequence[Recorded]) -> None:
        self.done = done
        self.recorded = recorded


class SqliteDatabase:
    """Implements ``Database`` on one file. Never open the same file with a second writing instance's loop."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._engine = sqlite_engine(path)
        self._readers = SqliteReaders(path)
        self._connection: sa.Connection | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._group: list[_Member] = []
        self._group_since = 0.0
        self._commit_took = 0.0
        self._listeners: list[CommitListener] = []
        self._stragglers: set[asyncio.Task[None]] = set()
        self._closed = False

    def on_commit(self, listener: CommitListener) -> None:
        self._listeners.append(listener)

    def read(self) -> AbstractAsyncContextManager[Reader]:
        return self._readers.read()

    @asynccontextmanager
    async def uow(self) -> AsyncIterator[Tx]:
        unit = begin_unit(self)
        try:
            await self._take_turn()
            try:
                connection, raw = await self._begin()
                tx = SqliteTx(connection, raw)
                try:
                    yield tx
                    member = self._join(tx.finish())
                except BaseException:
                    tx.undo()
                    raise
            except (OperationalError, sqlite3.OperationalError) as error:
                if (known := storage_error(error)) is not None:
                    raise known from error
                raise
            finally:
                await self._end_turn()
            # Cancelled here, only this task's knowledge of the outcome is lost.
            await member.done
        finally:
            end_unit(unit)

    async def _take_turn(self) -> None:
        self._waiting += 1
        try:
            await self._turn.acquire()
        except asyncio.CancelledError:
            self._waiting -= 1
            self._commit_for_those_who_relied_on_us()
            raise
        self._waiting -= 1

    async def _end_turn(self) -> None:
        try:
            await self._commit_if_due()
        finally:
            self._turn.release()

    def _commit_for_those_who_relied_on_us(self) -> None:
        """A unit left its COMMIT to a later one in the row, and that one was cancelled."""
        if self._group and not self._waiting:
            task = asyncio.ensure_future(self._commit_stragglers())
            self._stragglers.add(task)
            task.add_done_callback(self._stragglers.discard)

    async def _commit_stragglers(self) -> None:
        await self._take_turn()
        await self._end_turn()

    async def _begin(self) -> tuple[sa.Connection, sqlite3.Connection]:
        if self._closed:
            raise Unavailable()
        connection = self._connection
        if connection is None:
            connection = await run_to_end(self._thread, self._connect)
        raw = raw_connection(connection)
        if not raw.in_transaction:
            # What SQLite has undone by itself, it has undone for the whole group.
            self._fail_group(Unavailable("commit_failed"))
            await self._begin_immediate(raw)
            self._group_since = time.monotonic()
        return connection, raw

    def _connect(self) -> sa.Connection:
        self._connection = connection = self._engine.connect()
        return connection

    async def _begin_immediate(self, raw: sqlite3.Connection) -> None:
        try:
            raw.execute("PRAGMA busy_timeout=0")
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raw.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
            await run_to_end(self._thread, lambda: raw.execute("BEGIN IMMEDIATE"))

    def _join(self, recorded: Sequence[Recorded]) -> _Member:
        member = _Member(asyncio.get_running_loop().create_future(), recorded)
        self._group.append(member)
        return member

    async def _commit_if_due(self) -> None:
        cancelled = False
        if not self._waiting and self._group:
            # Those whom the last COMMIT set free are about to queue up: one COMMIT for them all.
            cancelled = await ended(_next_turn_of_the_loop())
        lasts = min(max(GROUP_SECONDS, 2 * self._commit_took), GROUP_LONGEST)
        full = len(self._group) >= GROUP_UNITS or time.monotonic() - self._group_since >= lasts
        if not (self._waiting and not full and self._group):
            cancelled = await self._commit() or cancelled
        if cancelled:
            raise asyncio.CancelledError

    async def _commit(self) -> bool:
        """Commit the group, or undo what is open without one; True when cancelled meanwhile."""
        if self._connection is None or not raw_connection(self._connection).in_transaction:
            self._fail_group(Unavailable("commit_failed"))
            return False
        raw = raw_connection(self._connection)
        if not self._group:
            self._roll_back(raw)
            return False
        begun = time.monotonic()
        committing = asyncio.get_running_loop().run_in_executor(self._thread, raw.execute, "COMMIT")
        # A COMMIT under way cannot be taken back, whoever is cancelled: its outcome belongs to all its units.
        cancelled = await ended(committing)
        self._commit_took = time.monotonic() - begun
        self._finish(raw, committing.exception())
        return cancelled

    def _finish(self, raw: sqlite3.Connection, error: BaseException | None) -> None:
        if error is not None:
            self._roll_back(raw)
            self._fail_group(storage_error(error) or Unavailable("commit_failed"))
            return
        group, self._group = self._group, []
        for member in group:
            tell_listeners(self._listeners, member.recorded)
            if not member.done.done():
                member.done.set_result(None)

    def _roll_back(self, raw: sqlite3.Connection) -> None:
        """Undo what is open; a connection that cannot even do that is replaced."""
        try:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
        except sqlite3.Error:
            log.exception("rollback failed")
            broken, self._connection = self._connection, None
            if broken is not None:
                broken.invalidate()

    def _fail_group(self, error: DomainError) -> None:
        group, self._group = self._group, []
        for member in group:
            if not member.done.done():
                member.done.set_exception(error)
                member.done.exception()  # nobody else reads it when the waiting task was cancelled

    async def close(self) -> None:
        if self._closed:
            return
        await self._take_turn()
        try:
            self._closed = True
            await self._commit_if_due()
            if self._connection is not None:
                await run_to_end(self._thread, self._connection.close)
                self._connection = None
        finally:
            self._turn.release()
        await self._readers.close()
        self._engine.dispose()
        self._thread.shutdown()


def _next_turn_of_the_loop() -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    turn: asyncio.Future[None] = loop.create_future()
    loop.call_soon(turn.set_result, None)
    return turn
