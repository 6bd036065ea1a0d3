"""The driver: carries out at the exchange what was decided and committed.

One at a time, under the lease ``pbx``. It offers calls to the agents whom the router chose, decides about
callers whose agent is gone, and mirrors who is ready into the plain queue that works without us.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import sqlalchemy as sa

from hotline.calls import store
from hotline.calls.events import CallChanged
from hotline.calls.line import Line
from hotline.calls.phones import Phones
from hotline.errors import DomainError, Unavailable
from hotline.kernel.db import Database
from hotline.kernel.events import Recorded
from hotline.ports.clock import Clock
from hotline.ports.lease import Leases
from hotline.ports.pbx import CallState, Outcome, Pbx
from hotline.queue import telephone
from hotline.queue.events import AgentStateChanged, QueueItemChanged
from hotline.queue.views import offered_calls, ready_agents

LEASE = "pbx"
LOOK_SECONDS = 1.0
RETURN_SECONDS = 7.0
"""The exchange lets a caller whose agent is gone wait 8 s; so long the agent's page may take to come back."""
HUNG_UP_SECONDS = 1.0
"""A telephone that is still registered so long after its side ended was hung up on purpose."""
RELOADED_SECONDS = 2.0
"""The registration of a page that was reloaded may be told so much before the end of its call."""
STEP_SECONDS = 0.1
log = logging.getLogger(__name__)

StillOurs = Callable[[], Awaitable[None]]
Connect = Callable[[StillOurs], AbstractAsyncContextManager[Pbx]]
"""The exchange for as long as the block lasts; what it is given raises when we own it no longer."""


class Driver:
    """See the module."""

    def __init__(
        self, database: Database, clock: Clock, leases: Leases, line: Line, phones: Phones, connect: Connect
    ) -> None:
        self._database = database
        self._clock = clock
        self._leases = leases
        self._line = line
        self._phones = phones
        self._connect = connect
        self._wake = asyncio.Event()
        self._offered: dict[str, Any] = {}
        self._parted: dict[str, int] = {}
        self._mirrored: dict[str, bool] = {}
        self._was_up = False
        self._tasks: set[asyncio.Task[None]] = set()
        phones.on_change(self._wake.set)

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener: look again when a call, an offer or an agent changed."""
        if any(isinstance(r.event, QueueItemChanged | AgentStateChanged | CallChanged) for r in recorded):
            self._wake.set()

    async def run(self) -> None:
        """Drive for ever; ends with ``Conflict`` ("stale_lease") when another driver took over."""
        async with self._leases.hold(LEASE) as held:

            async def still_ours() -> None:
                async with self._database.uow() as tx:
                    await held.check(tx)

            async with self._connect(still_ours) as pbx:
                self._line.attach(pbx)
                try:
                    await self._drive(pbx)
                finally:
                    self._line.attach(None)
                    self._phones.forget()
                    await self._stop_tasks()

    async def _drive(self, pbx: Pbx) -> None:
        while True:
            self._wake.clear()
            if pbx.is_up:
                await self.step(pbx)
            self._was_up = pbx.is_up
            # Not wait_for: before Python 3.12 it can lose a cancellation that meets the wake-up.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()

    async def step(self, pbx: Pbx) -> None:
        """Begin what is to be done now; what takes time goes on beside it."""
        if not self._was_up:
            # Whatever was under way when the link broke is not known to have happened.
            self._offered.clear()
            self._parted.clear()
            self._mirrored.clear()
        async with self._database.read() as reader:
            offers = await offered_calls(reader)
            calls = await store.by_conversations(reader, [row.conversation_id for row in offers])
            after = await store.going_on(reader, CallState.AFTER)
            ready = await ready_agents(reader)
        for item in offers:
            call = calls.get(item.conversation_id)
            if call is not None and call.state == CallState.WAITING:
                self._once_offered(pbx, item, call)
        self._offered = {k: v for k, v in self._offered.items() if k in {i.conversation_id for i in offers}}
        for call in after:
            if self._parted.get(call.id) != call.version:
                self._parted[call.id] = call.version
                self._begin(self._part(pbx, call.id, call.agent_id))
        self._parted = {k: v for k, v in self._parted.items() if k in {call.id for call in after}}
        self._mirror(pbx, ready)

    # -- offers

    def _once_offered(self, pbx: Pbx, item: sa.Row[Any], call: sa.Row[Any]) -> None:
        if self._offered.get(item.conversation_id) == item.offered_at:
            return
        self._offered[item.conversation_id] = item.offered_at
        self._begin(self._offer(pbx, call.id, item.conversation_id, item.offered_to))

    async def _offer(self, pbx: Pbx, call_id: str, conversation_id: str, agent_id: str) -> None:
        outcome = await pbx.offer(call_id, agent_id)
        if outcome is Outcome.UNKNOWN:
            log.warning("an offer's outcome is not known", extra={"call": call_id})
        if outcome is not Outcome.GONE:
            return
        # The caller does not wait: hung up, or in the plain queue. Waiting again will be told.
        async with self._database.uow() as tx:
            await telephone.call_gone(tx, conversation_id, self._clock.now(), offered_to=agent_id)

    # -- callers whose agent is gone

    async def _part(self, pbx: Pbx, call_id: str, agent_id: str | None) -> None:
        """Ring again whose page was reloaded; end the call of who hung up; else back into the line."""
        begun = asyncio.get_running_loop().time()
        left = agent_id is None
        while (passed := asyncio.get_running_loop().time() - begun) < RETURN_SECONDS and agent_id is not None:
            online = self._phones.since(agent_id)
            if online is None:
                left = True
            elif left or online > begun - RELOADED_SECONDS:
                await pbx.offer(call_id, agent_id)
                return
            elif passed > HUNG_UP_SECONDS:
                await pbx.end(call_id)
                return
            await asyncio.sleep(STEP_SECONDS)
        await pbx.send_back(call_id)

    # -- the plain queue

    def _mirror(self, pbx: Pbx, ready: set[str]) -> None:
        for agent_id in ready | {agent for agent, was in self._mirrored.items() if was}:
            if self._mirrored.get(agent_id) != (agent_id in ready):
                self._mirrored[agent_id] = agent_id in ready
                self._begin(self._tell_ready(pbx, agent_id, agent_id in ready))

    async def _tell_ready(self, pbx: Pbx, agent_id: str, is_ready: bool) -> None:
        if await pbx.ready(agent_id, is_ready) is not Outcome.DONE:
            self._mirrored.pop(agent_id, None)

    # -- tasks

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Unavailable:
            log.warning("the line was lost meanwhile")
        except DomainError as error:
            log.error("the exchange was not asked", extra={"code": error.code})

    async def _stop_tasks(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
