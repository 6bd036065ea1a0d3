"""SQLite: one write connection, units of work in turn, and one COMMIT for a group of them.

Why statements of a unit run on the event loop: in WAL mode a write touches the page cache only (20–50 µs),
and handing it to a thread costs several times that. Whatever may wait for the disk or for another process —
BEGIN IMMEDIATE under contention, COMMIT, checkpoints, reading — runs in threads.
"""

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Literal, cast

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from hotline.errors import DomainError, Unavailable
from hotline.kernel.db.interface import CommitListener, EventBuffer, Parameters, Reader, Tx
from hotline.kernel.events import Recorded
from hotline.kernel.outbox import write_events

GROUP_UNITS = 64
"""At most so many units share a COMMIT."""
GROUP_SECONDS = 0.005
"""A group older than this is committed although more units are waiting."""
BUSY_SECONDS = 10.0
"""How long another process (a backup, a command) may hold the file before a unit gives up."""
READERS = 4

_in_unit: contextvars.ContextVar[bool] = contextvars.ContextVar("in_unit", default=False)


def storage_error(error: BaseException) -> DomainError:
    """What an operator should read for an error of SQLite."""
    text = str(error).lower()
    if "full" in text or "disk i/o" in text:
        return Unavailable("storage_full")
    if "locked" in text or "busy" in text:
        return Unavailable("database_busy")
    return Unavailable("commit_failed")


class SqliteTx:
    """A unit of work, in a savepoint of the group's transaction."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(self, connection: sa.Connection, raw: sqlite3.Connection) -> None:
        self._connection = connection
        self._raw = raw
        self.buffer = EventBuffer()

    async def execute(self, statement: sa.Executable, parameters: Parameters = None) -> sa.CursorResult[Any]:
        return self._connection.execute(statement, parameters)

    def emit(self, event: Any) -> None:
        self.buffer.emit(event)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        async with self.buffer.undone_on_error():
            with _savepoint(self._raw, "inner"):
                yield


@contextmanager
def _savepoint(raw: sqlite3.Connection, name: str) -> Iterator[None]:
    raw.execute(f"SAVEPOINT {name}")
    try:
        yield
    except BaseException:
        # After a full disk SQLite may have ended the whole transaction by itself.
        if raw.in_transaction:
            raw.execute(f"ROLLBACK TO {name}")
            raw.execute(f"RELEASE {name}")
        raise
    raw.execute(f"RELEASE {name}")


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

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)


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
        self._writer_thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._reader_threads = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._write_engine = sqlite_engine(path, pooled=False)
        self._read_engine = sqlite_engine(path, pooled=True)
        self._connection: sa.Connection | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._group: list[_Member] = []
        self._group_since = 0.0
        self._listeners: list[CommitListener] = []
        self._stragglers: set[asyncio.Task[None]] = set()

    def on_commit(self, listener: CommitListener) -> None:
        self._listeners.append(listener)

    @asynccontextmanager
    async def uow(self) -> AsyncIterator[Tx]:
        if _in_unit.get():
            raise RuntimeError("units of work must not be nested: pass the Tx on")
        await self._take_turn()
        marker = _in_unit.set(True)
        member: _Member | None = None
        try:
            connection, raw = await self._begin()
            tx = SqliteTx(connection, raw)
            with _savepoint(raw, "unit"):
                yield tx
                recorded = await write_events(tx, tx.buffer.events)
            member = self._join(recorded)
        except OperationalError as error:
            raise storage_error(error) from error
        finally:
            _in_unit.reset(marker)
            try:
                await self._commit_if_due()
            finally:
                self._turn.release()
        await asyncio.shield(member.done)

    async def _take_turn(self) -> None:
        self._waiting += 1
        try:
            await self._turn.acquire()
        except asyncio.CancelledError:
            self._waiting -= 1
            self._commit_for_those_who_relied_on_us()
            raise
        self._waiting -= 1

    def _commit_for_those_who_relied_on_us(self) -> None:
        """A unit left its COMMIT to a later one in the row, and that one was cancelled."""
        if self._group and not self._waiting:
            task = asyncio.ensure_future(self._commit_stragglers())
            self._stragglers.add(task)
            task.add_done_callback(self._stragglers.discard)

    async def _commit_stragglers(self) -> None:
        await self._take_turn()
        try:
            await self._commit_if_due()
        finally:
            self._turn.release()

    async def _begin(self) -> tuple[sa.Connection, sqlite3.Connection]:
        if self._connection is None:
            self._connection = await self._in_writer_thread(self._write_engine.connect)
        raw = _raw(self._connection)
        if not raw.in_transaction:
            self._fail_group(Unavailable("commit_failed"))
            await self._begin_immediate(raw)
            self._group_since = time.monotonic()
        return self._connection, raw

    async def _begin_immediate(self, raw: sqlite3.Connection) -> None:
        try:
            raw.execute("PRAGMA busy_timeout=0")
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise storage_error(error) from error
            raw.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
            try:
                await self._in_writer_thread(lambda: raw.execute("BEGIN IMMEDIATE"))
            except sqlite3.OperationalError as still:
                raise storage_error(still) from still

    def _join(self, recorded: Sequence[Recorded]) -> _Member:
        member = _Member(asyncio.get_running_loop().create_future(), recorded)
        # When the waiting task was cancelled nobody else reads the exception of a failed COMMIT.
        member.done.add_done_callback(lambda f: f.cancelled() or f.exception())
        self._group.append(member)
        return member

    async def _commit_if_due(self) -> None:
        full = len(self._group) >= GROUP_UNITS or time.monotonic() - self._group_since >= GROUP_SECONDS
        if self._waiting and not full and self._group:
            return
        if self._connection is None or not _raw(self._connection).in_transaction:
            self._fail_group(Unavailable("commit_failed"))
            return
        raw = _raw(self._connection)
        if not self._group:
            raw.execute("ROLLBACK")
            return
        await self._in_writer_thread_uncancelled(lambda: raw.execute("COMMIT"), self._finish)

    def _finish(self, error: BaseException | None) -> None:
        group, self._group = self._group, []
        if error is not None:
            self._group = group
            if self._connection is not None and _raw(self._connection).in_transaction:
                _raw(self._connection).execute("ROLLBACK")
            self._fail_group(storage_error(error))
            return
        for member in group:
            if member.recorded:
                for listener in self._listeners:
                    listener(member.recorded)
            if not member.done.done():
                member.done.set_result(None)

    def _fail_group(self, error: DomainError) -> None:
        group, self._group = self._group, []
        for member in group:
            if not member.done.done():
                member.done.set_exception(error)

    async def _in_writer_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._writer_thread, work)

    async def _in_writer_thread_uncancelled(
        self, work: Callable[[], Any], finish: Callable[[BaseException | None], None]
    ) -> None:
        """Run to the end although the caller may be cancelled: a COMMIT under way cannot be taken back."""
        running = asyncio.get_running_loop().run_in_executor(self._writer_thread, work)
        cancelled = False
        while not running.done():
            try:
                await asyncio.wait({running})
            except asyncio.CancelledError:
                cancelled = True
        finish(running.exception())
        if cancelled:
            raise asyncio.CancelledError

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        loop = asyncio.get_running_loop()

        def begin() -> sa.Connection:
            connection = self._read_engine.connect()
            _raw(connection).execute("BEGIN")
            return connection

        connection = await loop.run_in_executor(self._reader_threads, begin)
        try:
            yield SqliteReader(connection, self._reader_threads)
        finally:
            await loop.run_in_executor(self._reader_threads, _end_reading, connection)

    async def close(self) -> None:
        async with self._turn:
            if self._connection is not None:
                await self._in_writer_thread(self._connection.close)
                self._connection = None
        self._write_engine.dispose()
        self._read_engine.dispose()
        self._writer_thread.shutdown()
        self._reader_threads.shutdown()


def _end_reading(connection: sa.Connection) -> None:
    raw = _raw(connection)
    if raw.in_transaction:
        raw.execute("ROLLBACK")
    connection.close()


def _raw(connection: sa.Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def sqlite_engine(path: Path, *, pooled: bool) -> sa.Engine:
    """An engine whose connections leave transactions to us; ``pooled`` connections only read."""
    engine = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool if pooled else NullPool,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
        isolation_level="AUTOCOMMIT",
        **({"pool_size": READERS, "max_overflow": READERS} if pooled else {}),
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA foreign_keys=ON")
        if pooled:
            raw.execute("PRAGMA query_only=ON")

    return engine
