"""Errands: what is done outside, one node at a time, in order within a lane, never twice by itself.

The holder of the lease ``errands`` alone talks to the platforms, and so alone has their tokens. An errand is
marked as running before it is begun and settled after it; what a dead holder had begun is settled by its
task as an outcome that nobody knows.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from hotline.errors import Conflict, Unavailable
from hotline.kernel.db import Database, Tx
from hotline.kernel.events import Recorded
from hotline.mailroom import store
from hotline.mailroom.model import ERRANDS_KEPT, POSTS_KEPT, Errand, Task, TryAgain, pause_after
from hotline.ports.channel import Channel
from hotline.ports.clock import Clock
from hotline.ports.lease import Held, Leases

log = logging.getLogger(__name__)

LEASE = "errands"
LOOK_SECONDS = 2.0
TIDY_SECONDS = 3600.0
SEEN = 500
"""Open errands that are looked at; more wait for their turn."""
AT_ONCE: Mapping[Task, int] = {Task.SEND: 8, Task.FETCH: 4, Task.NICKNAME: 2}


class Doing(Protocol):
    """How errands of one task are done."""

    async def perform(self, errand: Errand) -> Any:
        """Do it, outside of any unit; the result is for ``settle``. An exception is an unknown outcome."""
        ...

    async def settle(self, tx: Tx, errand: Errand, result: Any) -> TryAgain | None:
        """Write down what came of it; ``TryAgain`` keeps it open."""
        ...

    async def lost(self, tx: Tx, errand: Errand) -> TryAgain | None:
        """Nobody knows what came of it."""
        ...


class Errands:
    """See the module. ``done`` counts what was settled by this process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        leases: Leases,
        channels: Mapping[str, Channel],
        doings: Mapping[Task, Doing],
    ) -> None:
        self._database = database
        self._clock = clock
        self._leases = leases
        self._channels = channels
        self._doings = doings
        self._wake = asyncio.Event()
        self._running: dict[int, Task] = {}

    def wake(self, _recorded: Sequence[Recorded] = ()) -> None:
        """Look for errands now; meant as a commit listener."""
        self._wake.set()

    async def run(self) -> None:
        """Work for ever, as long as the lease is ours."""
        try:
            async with self._leases.hold(LEASE) as held, asyncio.TaskGroup() as group:
                for channel in self._channels.values():
                    group.create_task(channel.run())
                await self._recover(held)
                group.create_task(self._tidy())
                await self._work(held, group)
        finally:
            self._running.clear()
            for channel in self._channels.values():
                await channel.close()

    async def _work(self, held: Held, group: asyncio.TaskGroup) -> None:
        while True:
            self._wake.clear()
            for row in await self._startable():
                self._running[row.id] = Task(row.task)
                group.create_task(self._run_one(held, row))
            # Not wait_for: before Python 3.12 it can lose a cancellation that meets the wake-up.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()

    async def _startable(self) -> list[sa.Row[Any]]:
        """The first errand of each lane that is due, as many as may run at once."""
        try:
            async with self._database.read() as reader:
                rows = await store.open_errands(reader, SEEN)
        except Unavailable:
            return []
        now, lanes, chosen = self._clock.now(), set[str](), list[sa.Row[Any]]()
        busy = Counter(self._running.values())
        for row in rows:
            is_first = row.lane not in lanes
            lanes.add(row.lane)
            task = Task(row.task)
            if not is_first or row.id in self._running or row.state != "waiting" or row.next_at > now:
                continue
            if busy[task] < AT_ONCE[task]:
                busy[task] += 1
                chosen.append(row)
        return chosen

    async def _run_one(self, held: Held, row: sa.Row[Any]) -> None:
        errand = _errand(row, row.attempts + 1)
        doing = self._doings[errand.task]
        try:
            try:
                async with self._database.uow() as tx:
                    await held.check(tx)
                    values = {"state": "running", "attempts": errand.attempts}
                    await store.change_errand(tx, errand.id, values)
            except Unavailable:
                return
            result, is_known = None, True
            try:
                result = await doing.perform(errand)
            except Exception:
                log.exception("an errand failed", extra={"task": errand.task})
                is_known = False
            await self._settle(held, errand, doing, result, is_known=is_known)
        finally:
            self._running.pop(errand.id, None)
            self._wake.set()

    async def _settle(self, held: Held, errand: Errand, doing: Doing, result: Any, *, is_known: bool) -> None:
        """What was done outside must be written down, however long the database is away."""
        while True:
            try:
                async with self._database.uow() as tx:
                    await held.check(tx)
                    if is_known:
                        again = await doing.settle(tx, errand, result)
                    else:
                        again = await doing.lost(tx, errand)
                    await self._close(tx, errand, again)
                return
            except Unavailable:
                await asyncio.sleep(LOOK_SECONDS)
            except Conflict:
                raise
            except Exception:
                # It must not stop the others; it was done, or nobody knows, so it is not begun again.
                log.exception("an errand cannot be settled", extra={"task": errand.task, "errand": errand.id})
                doing, is_known = _Abandoned(), False

    async def _close(self, tx: Tx, errand: Errand, again: TryAgain | None) -> None:
        if again is None:
            await store.change_errand(tx, errand.id, {"state": "done", "error": None})
            return
        next_at = self._clock.now() + pause_after(errand.attempts)
        values = {"state": "waiting", "next_at": next_at, "error": again.code[:200]}
        await store.change_errand(tx, errand.id, values)

    async def _recover(self, held: Held) -> None:
        """What a holder before us had begun."""
        async with self._database.uow() as tx:
            await held.check(tx)
            for row in await store.running_errands(tx):
                errand = _errand(row, row.attempts)
                await self._close(tx, errand, await self._doings[errand.task].lost(tx, errand))

    async def _tidy(self) -> None:
        while True:
            now = self._clock.now()
            with contextlib.suppress(Unavailable):
                async with self._database.uow() as tx:
                    await store.purge(tx, now - POSTS_KEPT, now - ERRANDS_KEPT)
            await asyncio.sleep(TIDY_SECONDS)


class _Abandoned:
    """Nothing more can be written down than that it is over."""

    async def perform(self, errand: Errand) -> None:
        """Nothing."""

    async def settle(self, tx: Tx, errand: Errand, result: Any) -> TryAgain | None:
        """Over."""
        return None

    async def lost(self, tx: Tx, errand: Errand) -> TryAgain | None:
        """Over."""
        return None


def _errand(row: sa.Row[Any], attempts: int) -> Errand:
    return Errand(row.id, Task(row.task), row.key, row.payload, attempts, row.at)
