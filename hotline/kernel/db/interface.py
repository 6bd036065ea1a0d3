"""What slices see of the database: reading, and units of work that alone commit."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Literal, Protocol

import sqlalchemy as sa

from hotline.kernel.events import Event, Recorded

log = logging.getLogger(__name__)

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
Dialect = Literal["sqlite", "postgresql"]


class Reader(Protocol):
    """Runs statements and returns buffered results; a ``Tx`` is one as well."""

    @property
    def dialect(self) -> Dialect:
        """Which engine this is, for the few statements that differ."""
        ...

    async def execute(self, statement: sa.Executable, parameters: Parameters = None) -> sa.CursorResult[Any]:
        """Run one statement; a list of parameters runs it once for each (an "executemany")."""
        ...


class Tx(Reader, Protocol):
    """One open unit of work: all of it becomes durable together, or none of it."""

    def emit(self, event: Event) -> None:
        """Write ``event`` to the outbox in this unit; subscribers get it after the commit."""
        ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Undo only the statements and events of this block when it raises."""
        ...


CommitListener = Callable[[Sequence[Recorded]], None]


def tell_listeners(listeners: Sequence[CommitListener], recorded: Sequence[Recorded]) -> None:
    """Call every listener, if anything was recorded. What is committed stays so: an error is only logged."""
    if not recorded:
        return
    for listener in listeners:
        try:
            listener(recorded)
        except Exception:
            log.exception("commit listener failed")


class Database(Protocol):
    """A database: the only way to write is ``uow()``, and only ``uow()`` commits."""

    @property
    def dialect(self) -> Dialect:
        """``sqlite`` or ``postgresql``."""
        ...

    def uow(self) -> AbstractAsyncContextManager[Tx]:
        """A unit of work. Leaving it returns after the commit is durable; an exception undoes it.

        No network call may be awaited inside. Units must not be nested: pass the ``Tx`` on.
        Raises ``Unavailable`` ("storage_full", "database_down", "commit_failed") with nothing written.
        """
        ...

    def read(self) -> AbstractAsyncContextManager[Reader]:
        """A consistent snapshot for reading; statements that write are refused."""
        ...

    def on_commit(self, listener: CommitListener) -> None:
        """Call ``listener`` with the events of each committed unit, in this process only."""
        ...

    async def close(self) -> None:
        """Wait for open units and let go of all connections."""
        ...


class EventBuffer:
    """The events of one open unit, with savepoints."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)

    @asynccontextmanager
    async def undone_on_error(self) -> AsyncIterator[None]:
        kept = len(self.events)
        try:
            yield
        except BaseException:
            del self.events[kept:]
            raise
