"""The relay: once each, in order per aggregate, retried, parked, replayed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hotline.errors import NotFound
from hotline.kernel.db import Database, Tx
from hotline.kernel.events import Recorded
from hotline.kernel.inbox import Inbox, ParkedDelivery
from hotline.kernel.outbox import outbox
from hotline.kernel.relay import AnySubscription, EffectSubscription, Relay, Subscription
from tests.support.clock import MovableClock
from tests.support.notes import NoteWritten, add_note_table, note, notes
from tests.support.waiting import until

ATTEMPTS = 4


class Seen:
    """A subscriber that remembers, and fails for the notes in `fails`."""

    def __init__(self, name: str = "seen") -> None:
        self.name = name
        self.notes: list[str] = []
        self.tries: list[str] = []
        self.fails: set[str] = set()

    async def handle(self, _tx: Tx, recorded: Recorded) -> None:
        assert isinstance(recorded.event, NoteWritten)
        self.tries.append(recorded.event.note)
        if recorded.event.note in self.fails:
            raise ValueError(f"no {recorded.event.note}")
        self.notes.append(recorded.event.note)

    @property
    def subscription(self) -> Subscription:
        return Subscription(self.name, NoteWritten, self.handle)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def relay_of(database: Database, clock: MovableClock) -> Callable[..., Relay]:
    """A relay with these subscriptions."""

    def make(*subscriptions: AnySubscription) -> Relay:
        return Relay(database, clock, subscriptions, attempts=ATTEMPTS, first_backoff=timedelta(seconds=1))

    return make


async def tell(database: Database, *texts: str) -> None:
    """Emits an event for each "aggregate/note"."""
    async with database.uow() as tx:
        for text in texts:
            tx.emit(NoteWritten(aggregate=text.split("/")[0], note=text))


async def drain(relay: Relay) -> None:
    while await relay.drain_once():
        continue


async def pending(database: Database) -> int:
    query = sa.select(sa.func.count()).where(outbox.c.state == "pending")
    async with database.read() as reader:
        count: int = (await reader.execute(query)).scalar_one()
    return count


async def parked(database: Database, clock: MovableClock) -> list[ParkedDelivery]:
    async with database.read() as reader:
        return list(await Inbox(clock).parked(reader))


async def replay(database: Database, clock: MovableClock, one: ParkedDelivery) -> None:
    async with database.uow() as tx:
        await Inbox(clock).replay(tx, one.subscriber, one.event_id)


async def test_events_of_an_aggregate_arrive_in_their_order(
    database: Database, relay_of: Callable[..., Relay], seen: Seen
) -> None:
    told = [f"{aggregate}/{n}" for n in range(20) for aggregate in ("a", "b", "c")]
    for text in told:
        await tell(database, text)
    await drain(relay_of(seen.subscription))
    for aggregate in ("a", "b", "c"):
        of_it = [text for text in seen.notes if text.startswith(aggregate)]
        assert of_it == [f"{aggregate}/{n}" for n in range(20)]
    assert await pending(database) == 0


async def test_a_delivery_is_not_repeated(
    database: Database, relay_of: Callable[..., Relay], seen: Seen
) -> None:
    await tell(database, "a/1", "a/2", "b/1")
    for _ in range(3):
        await drain(relay_of(seen.subscription))
    async with database.uow() as tx:  # as after a crash between the delivery and its last note
        await tx.execute(outbox.update().values(state="pending"))
    await drain(relay_of(seen.subscription))
    assert sorted(seen.notes) == ["a/1", "a/2", "b/1"]


async def test_what_waits_for_a_retry_holds_back_what_comes_later_for_that_subscriber_only(
    database: Database, relay_of: Callable[..., Relay], clock: MovableClock, seen: Seen
) -> None:
    other = Seen("other")
    relay = relay_of(seen.subscription, other.subscription)
    seen.fails = {"a/1"}
    await tell(database, "a/1", "a/2", "b/1")
    await drain(relay)
    await tell(database, "a/3", "b/2")  # after the failure, in a batch of its own
    await drain(relay)
    assert seen.notes == ["b/1", "b/2"]
    assert sorted(other.notes) == ["a/1", "a/2", "a/3", "b/1", "b/2"]
    seen.fails = set()
    clock.move(seconds=1)
    await drain(relay)
    assert seen.notes == ["b/1", "b/2", "a/1", "a/2", "a/3"]
    assert len(other.notes) == 5
    assert await pending(database) == 0


async def test_a_failed_delivery_is_tried_again_after_longer_and_longer_pauses(
    database: Database, relay_of: Callable[..., Relay], clock: MovableClock, seen: Seen
) -> None:
    relay = relay_of(seen.subscription)
    seen.fails = {"a/1"}
    await tell(database, "a/1")
    tried_at: list[float] = []
    begin = clock.now()
    for _ in range(40):
        before = len(seen.tries)
        await drain(relay)
        if len(seen.tries) > before:
            tried_at.append((clock.now() - begin).total_seconds())
        clock.move(seconds=0.5)
    assert tried_at == [0, 1, 3, 7]


async def test_after_so_many_tries_it_is_parked_and_delays_nobody(
    database: Database, relay_of: Callable[..., Relay], clock: MovableClock, seen: Seen
) -> None:
    relay = relay_of(seen.subscription)
    seen.fails = {"a/poison"}
    await tell(database, "a/poison", "a/after", "b/1")
    await drain(relay)
    assert seen.notes == ["b/1"]
    for _ in range(ATTEMPTS):
        clock.move(minutes=1)
        await drain(relay)
    assert seen.notes == ["b/1", "a/after"]
    assert seen.tries.count("a/poison") == ATTEMPTS
    (one,) = await parked(database, clock)
    assert (one.subscriber, one.event, one.aggregate) == ("seen", NoteWritten.name, "a")
    assert (one.attempts, one.error) == (ATTEMPTS, "ValueError: no a/poison")
    assert await pending(database) == 0


async def test_a_parked_delivery_is_replayed_when_a_person_says_so(
    database: Database, relay_of: Callable[..., Relay], clock: MovableClock, seen: Seen
) -> None:
    other = Seen("other")
    relay = relay_of(seen.subscription, other.subscription)
    seen.fails = {"a/1"}
    await tell(database, "a/1")
    for _ in range(ATTEMPTS):
        await drain(relay)
        clock.move(minutes=1)
    (one,) = await parked(database, clock)
    seen.fails = set()
    await replay(database, clock, one)
    await drain(relay)
    assert seen.notes == other.notes == ["a/1"]
    assert await parked(database, clock) == []
    with pytest.raises(NotFound):
        await replay(database, clock, one)


async def test_what_a_subscriber_writes_and_its_delivery_are_one_unit(
    database: Database, relay_of: Callable[..., Relay], clock: MovableClock
) -> None:
    await add_note_table(database)
    tries: list[str] = []

    async def copy(tx: Tx, recorded: Recorded) -> None:
        await tx.execute(note.insert(), {"id": recorded.event_id})
        tries.append(recorded.event_id)
        if len(tries) == 1:
            raise ValueError

    relay = relay_of(Subscription("copy", NoteWritten, copy))
    await tell(database, "a/1")
    await drain(relay)
    clock.move(seconds=1)
    await drain(relay)
    async with database.read() as reader:
        assert await notes(reader) == {tries[0]}
    assert len(tries) == 2


async def test_two_relays_at_once_deliver_once(
    database: Database, relay_of: Callable[..., Relay], clock: MovableClock
) -> None:
    """A former leader may still be at it; the inbox refuses its second delivery."""
    await add_note_table(database)

    async def copy(tx: Tx, recorded: Recorded) -> None:
        await tx.execute(note.insert(), {"id": recorded.event_id})

    await tell(database, *(f"{n}/1" for n in range(10)))
    relays = [relay_of(Subscription("copy", NoteWritten, copy)) for _ in range(2)]
    await asyncio.gather(*(drain(relay) for relay in relays))
    for _ in range(ATTEMPTS):
        clock.move(minutes=1)
        await drain(relays[0])
    async with database.read() as reader:
        assert len(await notes(reader)) == 10
    assert await parked(database, clock) == []


async def test_an_event_that_cannot_be_read_is_parked_and_stops_nobody(
    database: Database, relay_of: Callable[..., Relay], clock: MovableClock, seen: Seen
) -> None:
    relay = relay_of(seen.subscription)
    await tell(database, "a/1")
    async with database.uow() as tx:
        await tx.execute(outbox.update().values(payload={"of": "another version"}))
    await tell(database, "a/2", "b/1")
    for _ in range(ATTEMPTS):
        await drain(relay)
        clock.move(minutes=1)
    assert sorted(seen.notes) == ["a/2", "b/1"]
    (one,) = await parked(database, clock)
    assert one.error.startswith("TypeError")


async def test_events_that_nobody_wants_are_settled_in_one_unit(
    database: Database, relay_of: Callable[..., Relay]
) -> None:
    units: list[Any] = []
    await tell(database, *(f"{n}/1" for n in range(50)))
    original = database.uow
    database.uow = lambda: (units.append(None), original())[1]  # type: ignore[method-assign,func-returns-value]
    await drain(relay_of())
    assert await pending(database) == 0
    assert len(units) == 1


async def test_a_running_relay_wakes_up_at_a_commit(
    database: Database, relay_of: Callable[..., Relay], seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.kernel.relay.POLL_SECONDS", 3600)
    relay = relay_of(seen.subscription)
    database.on_commit(relay.wake)
    running = asyncio.create_task(relay.run())
    await tell(database, "a/1")
    await until(lambda: seen.notes == ["a/1"], "the first event is delivered")
    await tell(database, "a/2")
    await until(lambda: seen.notes == ["a/1", "a/2"], "the second event is delivered")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


class Outside:
    """The outside world: what was done there, and what it tells of it."""

    def __init__(self, knows: bool | None) -> None:
        self.done: list[str] = []
        self.knows = knows
        self.breaks = False

    async def perform(self, recorded: Recorded, _key: str) -> None:
        self.done.append(recorded.event.aggregate)
        if self.breaks:
            raise ConnectionError("the answer was lost")

    async def happened(self, recorded: Recorded, _key: str) -> bool | None:
        return recorded.event.aggregate in self.done if self.knows else None

    @property
    def subscription(self) -> EffectSubscription:
        return EffectSubscription("outside", NoteWritten, self.perform, self.happened)


async def test_an_effect_whose_answer_was_lost_is_not_repeated_when_the_outside_knows_it(
    database: Database, relay_of: Callable[..., Relay], clock: MovableClock
) -> None:
    outside = Outside(knows=True)
    outside.breaks = True
    relay = relay_of(outside.subscription)
    await tell(database, "a/1")
    await drain(relay)
    clock.move(seconds=1)
    await drain(relay)
    assert outside.done == ["a"]
    assert await pending(database) == 0
    assert await parked(database, clock) == []


async def test_an_effect_of_which_nobody_knows_is_parked_and_repeated_by_a_person_only(
    database: Database, relay_of: Callable[..., Relay], clock: MovableClock
) -> None:
    outside = Outside(knows=None)
    outside.breaks = True
    relay = relay_of(outside.subscription)
    await tell(database, "a/1")
    await drain(relay)
    for _ in range(ATTEMPTS):
        clock.move(minutes=1)
        await drain(relay)
    assert outside.done == ["a"]
    (one,) = await parked(database, clock)
    assert one.error == "outcome_unknown"
    outside.breaks = False
    await replay(database, clock, one)
    await drain(relay)
    assert outside.done == ["a", "a"]
    assert await parked(database, clock) == []


async def test_an_effect_that_hangs_has_failed_and_delays_nobody_for_long(
    database: Database, relay_of: Callable[..., Relay], clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.kernel.relay.EFFECT_SECONDS", 0.001)
    done: list[str] = []

    async def perform(recorded: Recorded, _key: str) -> None:
        if recorded.event.aggregate == "hangs":
            await asyncio.Event().wait()
        done.append(recorded.event.aggregate)

    relay = relay_of(EffectSubscription("outside", NoteWritten, perform))
    await tell(database, "hangs/1", "b/1")
    for _ in range(ATTEMPTS):
        await drain(relay)
        clock.move(minutes=1)
    assert done == ["b"]
    (one,) = await parked(database, clock)
    assert one.error.startswith("TimeoutError")


async def test_what_a_subscriber_does_not_want_costs_no_delivery(
    database: Database, relay_of: Callable[..., Relay], seen: Seen
) -> None:
    everything = Seen("everything")
    choosy = Subscription(seen.name, NoteWritten, seen.handle, lambda event: event.note.endswith("!"))
    await tell(database, "a/1", "a/2!", "b/3")
    await drain(relay_of(choosy))
    assert seen.notes == ["a/2!"]
    assert await pending(database) == 0
    async with database.read() as reader:
        rows = (await reader.execute(sa.text("SELECT count(*) FROM inbox"))).scalar_one()
    assert rows == 1
    await tell(database, "a/4", "a/5!")
    await drain(relay_of(choosy, everything.subscription))
    assert seen.notes == ["a/2!", "a/5!"]
    assert everything.notes == ["a/4", "a/5!"]
