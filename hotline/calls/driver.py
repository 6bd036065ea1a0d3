"""The driver: carries out at the exchange what was decided and committed.

One at a time, under the lease ``pbx``. It offers calls to the agents whom the router chose, decides about
callers whose agent is gone, tells callers whom nobody could serve, and mirrors who is ready into the plain
queue that works without us.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.calls import store
from hotline.calls.duty import SOUNDS, Duty, Service
from hotline.calls.events import CallChanged
from hotline.calls.line import Line
from hotline.calls.model import ENDED, MissedWhy
from hotline.calls.phones import Phones
from hotline.errors import DomainError, Unavailable
from hotline.kernel.db import Database, Reader
from hotline.kernel.events import Recorded
from hotline.ports.clock import Clock
from hotline.ports.lease import Leases
from hotline.ports.pbx import CallState, Direction, Outcome, Pbx
from hotline.queue import telephone
from hotline.queue.events import AgentStateChanged, QueueItemChanged
from hotline.queue.views import offered_calls, ready_agents, working_agents

LEASE = "pbx"
LOOK_SECONDS = 1.0
RETURN_SECONDS = 7.0
"""The exchange lets a caller whose agent is gone wait 8 s; so long the agent's page may take to come back."""
HUNG_UP_SECONDS = 3.5
"""A telephone that is still registered so long after its side ended was hung up on purpose. A page that takes
the telephone over from another one registers within this time; one that hangs up says so itself."""
RELOADED_SECONDS = 2.0
"""The registration of a page that was reloaded may be told so much before the end of its call."""
STEP_SECONDS = 0.1
MESSAGE_SECONDS = 30.0
"""A caller who still waits so long after the last message did not hear it."""
log = logging.getLogger(__name__)

StillOurs = Callable[[], Awaitable[None]]
Connect = Callable[[StillOurs], AbstractAsyncContextManager[Pbx]]
"""The exchange for as long as the block lasts; what it is given raises when we own it no longer."""


class Driver:
    """See the module."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        leases: Leases,
        line: Line,
        phones: Phones,
        connect: Connect,
        service: Service,
    ) -> None:
        self._database = database
        self._clock = clock
        self._leases = leases
        self._line = line
        self._phones = phones
        self._connect = connect
        self._duty = Duty(service)
        self._turned_away: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._offered: dict[str, Any] = {}
        self._parted: dict[str, int] = {}
        self._mirrored: dict[str, bool] = {}
        self._was_up = False
        self._agents: tuple[set[str], set[str]] = set(), set()
        """Who is ready and who is working."""
        self._agents_due = 0.0
        self.looks = 0
        """How often it has looked at everything."""
        self._tasks: set[asyncio.Task[None]] = set()
        phones.on_change(self._wake.set)

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener: look again when a call, an offer or an agent changed."""
        if any(isinstance(r.event, AgentStateChanged) for r in recorded):
            self._agents_due = 0.0
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
            self.looks += 1
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
            self._agents_due = 0.0
            self._turned_away.clear()
            self._duty.forget()
        async with self._database.read() as reader:
            offers = await offered_calls(reader)
            calls = await store.by_conversations(reader, [row.conversation_id for row in offers])
            unserved = await store.going_on(reader, CallState.AFTER, CallState.WAITING)
            ready, working = await self._words(reader)
        after = [call for call in unserved if call.state == CallState.AFTER]
        waiting = [call for call in unserved if call.state == CallState.WAITING]
        self._look_at_duty(pbx, waiting, any(map(self._phones.has, working)))
        for item in offers:
            call = calls.get(item.conversation_id)
            if call is not None and call.state == CallState.WAITING and call.id not in self._turned_away:
                self._once_offered(pbx, item, call)
        self._offered = {k: v for k, v in self._offered.items() if k in {i.conversation_id for i in offers}}
        for call in after:
            if self._parted.get(call.id) != call.version:
                self._parted[call.id] = call.version
                self._begin(self._part(pbx, call.id, call.agent_id, call.answered_at))
        self._parted = {k: v for k, v in self._parted.items() if k in {call.id for call in after}}
        self._mirror(pbx, ready)

    async def _words(self, reader: Reader) -> tuple[set[str], set[str]]:
        """Who is ready and who is working: read again when an agent changed, and now and then."""
        seconds = asyncio.get_running_loop().time()
        if seconds >= self._agents_due:
            # Before it is read: a change meanwhile makes it due again.
            self._agents_due = seconds + LOOK_SECONDS
            self._agents = await ready_agents(reader), await working_agents(reader)
        return self._agents

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

    # -- callers whom nobody could serve

    def _look_at_duty(self, pbx: Pbx, waiting: Sequence[sa.Row[Any]], somebody: bool) -> None:
        now, seconds = self._clock.now(), asyncio.get_running_loop().time()
        self._duty.look(somebody, now)
        here = {call.id for call in waiting}
        self._turned_away = {call: at for call, at in self._turned_away.items() if call in here}
        for call in waiting:
            why = self._duty.turned_away(call.arrived_at, now)
            told = self._turned_away.get(call.id)
            if why is None or call.direction == Direction.OUTBOUND:
                continue
            if told is None or seconds - told > MESSAGE_SECONDS:
                self._turned_away[call.id] = seconds
                self._begin(self._turn_away(pbx, call.id, why))

    async def _turn_away(self, pbx: Pbx, call_id: str, why: MissedWhy) -> None:
        """The last that the caller hears; the call ends with it and is on the worklist for this reason."""
        await self._note_why(call_id, why)
        if await pbx.announce(call_id, SOUNDS[why], last=True) is Outcome.GONE:
            await self._note_why(call_id, None)

    async def _note_why(self, call_id: str, why: MissedWhy | None) -> None:
        async with self._database.uow() as tx:
            await store.update(tx, call_id, {"missed_why": why}, store.phone_call.c.state != ENDED)

    # -- callers whose agent is gone

    async def _part(self, pbx: Pbx, call_id: str, agent_id: str | None, answered_at: datetime | None) -> None:
        """Ring again whose page was reloaded; end the call of who hung up; else back into the line."""
        begun = asyncio.get_running_loop().time()
        talked = (self._clock.now() - answered_at).total_seconds() if answered_at else 0.0
        # The registration that the call was taken with is not one of a page that came back.
        earliest = begun - min(RELOADED_SECONDS, max(talked, 0.0))
        left = agent_id is None
        while (passed := asyncio.get_running_loop().time() - begun) < RETURN_SECONDS and agent_id is not None:
            online = self._phones.since(agent_id)
            if online is None:
                left = True
            elif left or online > earliest:
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
