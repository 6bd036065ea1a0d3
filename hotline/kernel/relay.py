"""The relay: delivers the outbox to subscribers, once each, in order per aggregate, with retries and parking.

Two kinds of subscriber:

``Subscription``
    changes only our database. It runs in one unit of work with its inbox row: exactly once.
``EffectSubscription``
    does something outside (a message, a call). The inbox row is written ``started`` before and ``done``
    after. After a crash in between, ``happened`` is asked; when nobody can know, the delivery is parked for a
    person, never repeated blindly. Without ``happened`` the effect must be idempotent by ``key``.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Database, Tx
from hotline.kernel.events import Event, Recorded
from hotline.kernel.inbox import Inbox, is_settled
from hotline.kernel.outbox import outbox
from hotline.ports.clock import Clock

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
BATCH = 200
ATTEMPTS = 8
FIRST_BACKOFF = timedelta(seconds=1)
LONGEST_BACKOFF = timedelta(minutes=10)


@dataclass(frozen=True)
class Subscription:
    """``handle(tx, recorded)`` for each event of the class ``event``. ``name`` is stable for ever."""

    name: str
    event: type[Event]
    handle: Callable[[Tx, Recorded], Awaitable[None]]


@dataclass(frozen=True)
class EffectSubscription:
    """``perform(recorded, key)`` outside of any unit; ``happened`` tells if it took place (None: unknown)."""

    name: str
    event: type[Event]
    perform: Callable[[Recorded, str], Awaitable[None]]
    happened: Callable[[Recorded, str], Awaitable[bool | None]] | None = None


AnySubscription = Subscription | EffectSubscription


class Relay:
    """Drains the outbox. Run exactly one at a time (hold the lease ``relay``)."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        subscriptions: Sequence[AnySubscription],
        attempts: int = ATTEMPTS,
        first_backoff: timedelta = FIRST_BACKOFF,
    ) -> None:
        self._database = database
        self._clock = clock
        self._attempts = attempts
        self._first_backoff = first_backoff
        self._inbox = Inbox(clock)
        self._wake = asyncio.Event()
        self._by_event: defaultdict[str, list[AnySubscription]] = defaultdict(list)
        self._classes: dict[str, type[Event]] = {}
        for subscription in subscriptions:
            self._by_event[subscription.event.name].append(subscription)
            self._classes[subscription.event.name] = subscription.event
        names = [(s.name, s.event.name) for s in subscriptions]
        if len(set(names)) != len(names):
            raise ValueError("two subscriptions share a name and an event")

    def wake(self, _recorded: Sequence[Recorded] = ()) -> None:
        """Look at the outbox now; meant as a commit listener."""
        self._wake.set()

    async def run(self) -> None:
        """Drain for ever: at once when woken, and by polling in case a wake-up was lost."""
        while True:
            self._wake.clear()
            while await self.drain_once():
                pass
            try:
                await asyncio.wait_for(self._wake.wait(), await self._pause())
            except TimeoutError:
                continue

    async def _pause(self) -> float:
        """Until the next retry is due, and never longer than the poll."""
        async with self._database.read() as reader:
            query = sa.select(sa.func.min(outbox.c.next_at)).where(outbox.c.state == "pending")
            next_at: datetime | None = (await reader.execute(query)).scalar_one()
        if next_at is None:
            return POLL_SECONDS
        return max(0.01, min(POLL_SECONDS, (next_at - self._clock.now()).total_seconds()))

    async def drain_once(self) -> bool:
        """Deliver one batch of due events; True when there was any."""
        async with self._database.read() as reader:
            due = sa.select(outbox).where(outbox.c.state == "pending", outbox.c.next_at <= self._clock.now())
            rows = (await reader.execute(due.order_by(outbox.c.id).limit(BATCH))).all()
        lanes: defaultdict[str, list[sa.Row[Any]]] = defaultdict(list)
        for row in rows:
            lanes[row.aggregate].append(row)
        await asyncio.gather(*(self._deliver_lane(lane) for lane in lanes.values()))
        return bool(rows)

    async def _deliver_lane(self, rows: Sequence[sa.Row[Any]]) -> None:
        """The events of one aggregate, in order; a subscriber that must retry holds back its later ones."""
        held_until: dict[str, datetime] = {}
        for row in rows:
            recorded = self._recorded(row)
            earliest: datetime | None = None
            for subscription in self._by_event[row.name]:
                until = held_until.get(subscription.name)
                if until is None:
                    until = await self._deliver(subscription, recorded)
                if until is not None:
                    held_until[subscription.name] = until
                    earliest = min(earliest or until, until)
            async with self._database.uow() as tx:
                settled = {"state": "done"} if earliest is None else {"next_at": earliest}
                await tx.execute(outbox.update().where(outbox.c.id == row.id).values(**settled))

    def _recorded(self, row: sa.Row[Any]) -> Recorded:
        known = self._classes.get(row.name)
        event = known.from_payload(row.aggregate, row.payload) if known else Event(aggregate=row.aggregate)
        return Recorded(row.event_id, row.occurred_at, event)

    async def _deliver(self, subscription: AnySubscription, recorded: Recorded) -> datetime | None:
        """None when settled (done or parked), else the moment of the next try."""
        try:
            if isinstance(subscription, Subscription):
                await self._deliver_inside(subscription, recorded)
            else:
                await self._deliver_effect(subscription, recorded)
        except Exception as error:
            log.warning(
                "delivery failed",
                extra={"subscriber": subscription.name, "event": recorded.event.name, "error": repr(error)},
            )
            return await self._failed(subscription, recorded, error)
        return None

    async def _deliver_inside(self, subscription: Subscription, recorded: Recorded) -> None:
        async with self._database.uow() as tx:
            state = await self._inbox.state(tx, subscription.name, recorded.event_id)
            if is_settled(state):
                return
            await self._inbox.mark(tx, subscription.name, recorded.event_id, "done")
            await subscription.handle(tx, recorded)

    async def _deliver_effect(self, subscription: EffectSubscription, recorded: Recorded) -> None:
        key = f"{subscription.name}:{recorded.event_id}"
        async with self._database.uow() as tx:
            state = await self._inbox.state(tx, subscription.name, recorded.event_id)
            if is_settled(state):
                return
            await self._inbox.mark(tx, subscription.name, recorded.event_id, "started")
        if state in ("started", "retry") and subscription.happened is not None:
            happened = await subscription.happened(recorded, key)
            if happened is not False:
                await self._settle(subscription, recorded, "done" if happened else "parked")
                return
        await subscription.perform(recorded, key)
        await self._settle(subscription, recorded, "done")

    async def _settle(self, subscription: AnySubscription, recorded: Recorded, state: str) -> None:
        error = "outcome_unknown" if state == "parked" else None
        async with self._database.uow() as tx:
            await self._inbox.mark(tx, subscription.name, recorded.event_id, state, error=error)

    async def _failed(
        self, subscription: AnySubscription, recorded: Recorded, error: Exception
    ) -> datetime | None:
        async with self._database.uow() as tx:
            attempts = 1 + await self._inbox.attempts(tx, subscription.name, recorded.event_id)
            state = "parked" if attempts >= self._attempts else "retry"
            text = f"{type(error).__name__}: {error}"[:500]
            await self._inbox.mark(
                tx, subscription.name, recorded.event_id, state, attempts=attempts, error=text
            )
        if state == "parked":
            log.error(
                "delivery parked", extra={"subscriber": subscription.name, "event": recorded.event.name}
            )
            return None
        backoff = min(self._first_backoff * (2 ** (attempts - 1)), LONGEST_BACKOFF)
        next_try: datetime = self._clock.now() + backoff
        return next_try
