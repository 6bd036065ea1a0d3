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
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Database, Reader, Tx
from hotline.kernel.events import Event, Recorded
from hotline.kernel.inbox import Inbox, is_settled
from hotline.kernel.outbox import outbox
from hotline.ports.clock import Clock

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
BATCH = 200
LANES = 16
"""So many lanes at once: whoever else writes waits behind no more units than these."""
ATTEMPTS = 8
FIRST_BACKOFF = timedelta(seconds=1)
LONGEST_BACKOFF = timedelta(minutes=10)
EFFECT_SECONDS = 30.0
"""An effect that takes longer has failed, with an outcome that ``happened`` may know."""


@dataclass(frozen=True)
class Subscription:
    """``handle(tx, recorded)`` for each event of the class ``event``. ``name`` is stable for ever.

    ``only``: whether an event is wanted at all; one that nobody wants costs no delivery.
    """

    name: str
    event: type[Event]
    handle: Callable[[Tx, Recorded], Awaitable[None]]
    only: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class EffectSubscription:
    """``perform(recorded, key)`` outside of any unit; ``happened`` tells if it took place (None: unknown)."""

    name: str
    event: type[Event]
    perform: Callable[[Recorded, str], Awaitable[None]]
    happened: Callable[[Recorded, str], Awaitable[bool | None]] | None = None


AnySubscription = Subscription | EffectSubscription


@dataclass(frozen=True)
class _Hold:
    """An earlier delivery to ``subscriber`` is to be tried again at ``until``."""

    subscriber: str
    outbox_id: int
    until: datetime


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
        self._by_event: dict[str, list[AnySubscription]] = {}
        self._classes: dict[str, type[Event]] = {}
        for subscription in subscriptions:
            self._by_event.setdefault(subscription.event.name, []).append(subscription)
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
            pause = await self._pause()
            # Not wait_for: before Python 3.12 it can lose a cancellation that meets the wake-up.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

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
        now = self._clock.now()
        pending = sa.select(outbox).where(outbox.c.state == "pending").order_by(outbox.c.id)
        async with self._database.read() as reader:
            due = (await reader.execute(pending.where(outbox.c.next_at <= now).limit(BATCH))).all()
            wanted = [row for row in due if self._is_wanted(row)]
            lanes: defaultdict[str, list[sa.Row[Any]]] = defaultdict(list)
            for row in wanted:
                lanes[row.aggregate].append(row)
            retrying = pending.where(outbox.c.next_at > now, outbox.c.aggregate.in_(lanes))
            waiting = (await reader.execute(retrying)).all() if lanes else []
            held = await self._held(reader, waiting)
        wanted_ids = {row.id for row in wanted}
        await self._settle_unwanted([row.id for row in due if row.id not in wanted_ids])
        free = asyncio.Semaphore(LANES)

        async def deliver(aggregate: str, lane: Sequence[sa.Row[Any]]) -> None:
            async with free:
                await self._deliver_lane(lane, held[aggregate])

        # Every lane ends before an error is passed on: none may go on beside the next drain.
        ended = await asyncio.gather(
            *(deliver(aggregate, lane) for aggregate, lane in lanes.items()), return_exceptions=True
        )
        for error in ended:
            if isinstance(error, BaseException):
                raise error
        return bool(due)

    def _is_wanted(self, row: sa.Row[Any]) -> bool:
        """Whether anybody is to get it; what cannot be read is: its delivery says what is wrong."""
        subscriptions = self._by_event.get(row.name, [])
        if all(isinstance(one, Subscription) and one.only is not None for one in subscriptions):
            try:
                event = self._recorded(row).event if subscriptions else None
            except Exception:
                return True
            return any(_wants(one, event) for one in subscriptions)
        return True

    async def _held(self, reader: Reader, waiting: Sequence[sa.Row[Any]]) -> defaultdict[str, list[_Hold]]:
        """By aggregate: the deliveries that wait for their next try, and hold back what comes after them."""
        held: defaultdict[str, list[_Hold]] = defaultdict(list)
        for row in waiting:
            for subscription in self._by_event.get(row.name, ()):
                if not is_settled(await self._inbox.state(reader, subscription.name, row.event_id)):
                    held[row.aggregate].append(_Hold(subscription.name, row.id, row.next_at))
        return held

    async def _settle_unwanted(self, ids: Sequence[int]) -> None:
        """Events that nobody subscribes to, in one unit."""
        if ids:
            async with self._database.uow() as tx:
                await tx.execute(outbox.update().where(outbox.c.id.in_(ids)).values(state="done"))

    async def _deliver_lane(self, rows: Sequence[sa.Row[Any]], holds: Sequence[_Hold]) -> None:
        """The events of one aggregate, in order; a subscriber that must retry holds back its later ones."""
        held_until: dict[str, datetime] = {}
        for row in rows:
            held_until |= {hold.subscriber: hold.until for hold in holds if hold.outbox_id < row.id}
            earliest: datetime | None = None
            for subscription in self._by_event[row.name]:
                until = held_until.get(subscription.name)
                if until is None:
                    until = await self._deliver(subscription, row)
                if until is not None:
                    held_until[subscription.name] = until
                    earliest = min(earliest or until, until)
            async with self._database.uow() as tx:
                settled = {"state": "done"} if earliest is None else {"next_at": earliest}
                await tx.execute(outbox.update().where(outbox.c.id == row.id).values(**settled))

    def _recorded(self, row: sa.Row[Any]) -> Recorded:
        event = self._classes[row.name].from_payload(row.aggregate, row.payload)
        return Recorded(row.event_id, row.occurred_at, event)

    async def _deliver(self, subscription: AnySubscription, row: sa.Row[Any]) -> datetime | None:
        """None when settled (done or parked), else the moment of the next try."""
        try:
            recorded = self._recorded(row)
            if not _wants(subscription, recorded.event):
                return None
            if isinstance(subscription, Subscription):
                await self._deliver_inside(subscription, recorded)
            else:
                await self._deliver_effect(subscription, recorded)
        except Exception as error:
            log.warning(
                "delivery failed",
                extra={"subscriber": subscription.name, "event": row.name, "error": repr(error)},
            )
            return await self._failed(subscription, row, error)
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
        if state is not None and subscription.happened is not None:
            happened = await subscription.happened(recorded, key)
            if happened or (happened is None and state != "replay"):
                await self._settle(subscription, recorded, "done" if happened else "parked")
                return
        async with asyncio.timeout(EFFECT_SECONDS):
            await subscription.perform(recorded, key)
        await self._settle(subscription, recorded, "done")

    async def _settle(self, subscription: AnySubscription, recorded: Recorded, state: str) -> None:
        error = "outcome_unknown" if state == "parked" else None
        async with self._database.uow() as tx:
            await self._inbox.mark(tx, subscription.name, recorded.event_id, state, error=error)

    async def _failed(
        self, subscription: AnySubscription, row: sa.Row[Any], error: Exception
    ) -> datetime | None:
        async with self._database.uow() as tx:
            attempts = 1 + await self._inbox.attempts(tx, subscription.name, row.event_id)
            state = "parked" if attempts >= self._attempts else "retry"
            text = f"{type(error).__name__}: {error}"[:500]
            await self._inbox.mark(tx, subscription.name, row.event_id, state, attempts=attempts, error=text)
        if state == "parked":
            log.error("delivery parked", extra={"subscriber": subscription.name, "event": row.name})
            return None
        backoff = min(self._first_backoff * (2 ** (attempts - 1)), LONGEST_BACKOFF)
        next_try: datetime = self._clock.now() + backoff
        return next_try


def _wants(subscription: AnySubscription, event: Event | None) -> bool:
    only = subscription.only if isinstance(subscription, Subscription) else None
    return only is None or only(event)
