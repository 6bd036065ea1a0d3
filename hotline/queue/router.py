"""The router: makes offers, takes back the ones that ran out, and notices agents who went away.

One at a time, under the lease ``router``; each unit of work that writes checks the lease first. It is woken
by commits and by pages that open or close, and looks by itself when the next offer runs out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Database, Reader, Tx
from hotline.kernel.events import Recorded
from hotline.ports.clock import Clock
from hotline.ports.lease import Held, Leases
from hotline.queue import routing, store
from hotline.queue.changes import change_agent_state, end_wrap_up, give_back, item_changed
from hotline.queue.events import AgentStateChanged, QueueItemChanged
from hotline.queue.model import (
    GONE_AFTER,
    PAGE_CLOSED,
    PHONE,
    RETURNED,
    RING_GRACE,
    Activity,
    AgentWord,
    ItemState,
)
from hotline.queue.routing import Agent, Offer, Waiting

LEASE = "router"
BEAT_SECONDS = 0.4
LOOK_SECONDS = 2.0
"""It looks at least so often, in case a wake-up was lost."""

PEOPLE_SECONDS = 0.5
"""And at the agents, when nothing was heard of them and nobody waits."""

IsPresent = Callable[[str], bool]
"""Whether a member of staff has a page open."""


def no_phone(_user_id: str) -> bool:
    """Of an installation without lines."""
    return False


@dataclass(frozen=True)
class _Look:
    """What there is to do."""

    expired: list[sa.Row[Any]] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    rested: list[sa.Row[Any]] = field(default_factory=list)
    gone: list[sa.Row[Any]] = field(default_factory=list)
    returned: list[sa.Row[Any]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.expired or self.offers or self.rested or self.gone or self.returned)


class Router:
    """Routes the queue. An offer lasts ``offer_seconds``; an agent serves at most ``capacity`` citizens.

    ``has_phone`` tells whether an agent's telephone can be rung. ``heartbeat`` is called by the deciding loop
    itself: when that hangs, callers are helped without it.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        leases: Leases,
        is_present: IsPresent,
        *,
        offer_seconds: int,
        capacity: int,
        has_phone: IsPresent = no_phone,
        heartbeat: Callable[[], None] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._leases = leases
        self._is_present = is_present
        self._has_phone = has_phone
        self._heartbeat = heartbeat
        self._offer_lasts = timedelta(seconds=offer_seconds)
        self._capacity = capacity
        self._absent_since: dict[str, datetime] = {}
        self._wake = asyncio.Event()
        self._people_changed = True
        self._people_due = 0.0

    @property
    def absent(self) -> frozenset[str]:
        """Agents without a page who do not count as away yet."""
        return frozenset(self._absent_since)

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener: look again when the queue or an agent changed.

        An offer that went out leaves nothing to be decided; when it runs out is asked for in time.
        """
        for one in recorded:
            if isinstance(one.event, AgentStateChanged):
                self.wake()
            elif isinstance(one.event, QueueItemChanged) and one.event.state != ItemState.OFFERED:
                self._wake.set()

    def presence_changed(self, _user_id: str, _present: bool) -> None:
        """A presence listener."""
        self.wake()

    def wake(self) -> None:
        """Look again now, at the agents too."""
        self._people_changed = True
        self._wake.set()

    async def run(self) -> None:
        """Route for ever; ends with ``Conflict`` ("stale_lease") when another router took over."""
        async with self._leases.hold(LEASE) as held:
            self._absent_since.clear()
            while True:
                self._wake.clear()
                people = self._people_are_due()
                while await self.step(held, people):
                    pass
                pause = await self._pause()
                await self._rest(pause)

    def _people_are_due(self) -> bool:
        """Whether the agents are to be looked at: they changed, or some end of theirs may have come."""
        seconds = asyncio.get_running_loop().time()
        due = self._people_changed or seconds >= self._people_due
        if due:
            self._people_changed, self._people_due = False, seconds + PEOPLE_SECONDS
        return due

    async def _rest(self, pause: float) -> None:
        """Until something happens, ``pause`` seconds at the longest; the heart goes on beating."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + pause
        while not self._wake.is_set() and (left := ends - loop.time()) > 0:
            self._beat()
            # Not wait_for: before Python 3.12 it can lose a cancellation that meets the wake-up.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left if self._heartbeat is None else min(left, BEAT_SECONDS)):
                    await self._wake.wait()

    def _beat(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat()

    async def step(self, held: Held, people: bool = True) -> bool:
        """Do what there is to do now; False when there was nothing.

        Without ``people`` no agent has changed, and they are looked at only when somebody waits.
        """
        self._beat()
        async with self._database.read() as reader:
            if not people and not any(r.state == ItemState.WAITING for r in await store.line(reader)):
                return False
            look = await self._look(reader, lock=False)
        if look.is_empty:
            return False
        async with self._database.uow() as tx:
            await held.check(tx)
            await self._act(tx, await self._look(tx, lock=True))
        return True

    async def _pause(self) -> float:
        """Seconds until an offer or a wrap-up ends or an absence counts, and never longer than a look."""
        async with self._database.read() as reader:
            moments = [*await store.ends_ahead(reader)]
        moments += [since + GONE_AFTER for since in self._absent_since.values()]
        if not moments:
            return LOOK_SECONDS
        ahead: timedelta = min(moments) - self._clock.now()
        return max(0.01, min(LOOK_SECONDS, ahead.total_seconds()))

    async def _look(self, reader: Reader, *, lock: bool) -> _Look:
        self._beat()
        now = self._clock.now()
        agents = await store.agents(reader, lock=lock)
        gone = self._gone(agents, now)
        returned = [
            a
            for a in agents
            if a.state == AgentWord.OFFLINE and a.reason == PAGE_CLOSED and self._is_present(a.user_id)
        ]
        line = await store.line(reader)
        expired = [r for r in line if r.state == ItemState.OFFERED and r.offer_expires_at <= now]
        rested = [a for a in agents if a.activity == Activity.WRAP_UP and a.activity_until <= now]
        offers = await self._offers(reader, line, agents, now)
        return _Look(expired, offers, rested, gone, returned)

    def _gone(self, agents: Sequence[sa.Row[Any]], now: datetime) -> list[sa.Row[Any]]:
        """Agents who count as working although their pages have been closed for too long."""
        absent = [a for a in agents if a.state != AgentWord.OFFLINE and not self._is_present(a.user_id)]
        self._absent_since = {a.user_id: self._absent_since.get(a.user_id, now) for a in absent}
        return [a for a in absent if now - self._absent_since[a.user_id] >= GONE_AFTER]

    async def _offers(
        self,
        reader: Reader,
        line: Sequence[sa.Row[Any]],
        agents: Sequence[sa.Row[Any]],
        now: datetime,
    ) -> list[Offer]:
        waiting = [_waiting(row) for row in line if row.state == ItemState.WAITING]
        if not waiting:
            return []
        serving = await store.serving(reader)
        offered = {row.offered_to for row in line}
        ready = [
            Agent(
                a.user_id,
                serving.get(a.user_id, 0),
                a.user_id in offered,
                a.last_offered_at,
                self._has_phone(a.user_id),
            )
            for a in agents
            if a.state == AgentWord.READY and a.activity is None and self._is_present(a.user_id)
        ]
        return routing.choose(waiting, ready, self._capacity, now)

    async def _act(self, tx: Tx, look: _Look) -> None:
        now = self._clock.now()
        for row in look.expired:
            is_same = store.queue_item.c.version == row.version
            if await store.update(tx, row.conversation_id, give_back(row, row.offered_to, now), is_same):
                item_changed(tx, row.conversation_id, ItemState.WAITING, row.offered_to)
        for agent in look.rested:
            await end_wrap_up(tx, agent.user_id, now)
        for agent in look.gone:
            await change_agent_state(tx, agent, AgentWord.OFFLINE, PAGE_CLOSED, now)
        for agent in look.returned:
            await change_agent_state(tx, agent, AgentWord.BUSY, RETURNED, now)
        for offer in look.offers:
            await self._offer(tx, offer, now)

    async def _offer(self, tx: Tx, offer: Offer, now: datetime) -> None:
        values = {
            "state": ItemState.OFFERED,
            "offered_to": offer.agent_id,
            "offered_at": now,
            "offer_expires_at": now + self._offer_lasts + (RING_GRACE if offer.is_call else timedelta(0)),
        }
        waits = store.queue_item.c.state == ItemState.WAITING
        if await store.update(tx, offer.item_id, values, waits):
            item_changed(tx, offer.item_id, ItemState.OFFERED, offer.agent_id)
            await store.agent_was_offered(tx, offer.agent_id, now)


def _waiting(row: sa.Row[Any]) -> Waiting:
    refusals = {user: datetime.fromisoformat(until) for user, until in row.refused_by.items()}
    return Waiting(row.conversation_id, row.rank_at, refusals, row.channel == PHONE)
