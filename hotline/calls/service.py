"""Calls as the exchange tells of them. Each fact is one unit of work; told again, it changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa

from hotline.calls import offers, store
from hotline.calls.arrivals import Arrivals, call_changed
from hotline.calls.model import (
    ENDED,
    Effect,
    Result,
    Step,
    StepFact,
    adopted,
    answered_unseen,
    ends,
    passed,
    step,
)
from hotline.calls.phones import Phones
from hotline.calls.sound import sound_changed
from hotline.contacts.model import PHONE
from hotline.conversations.events import CaseLinked
from hotline.conversations.model import State
from hotline.conversations.service import Conversations
from hotline.conversations.views import case_ids_of_sender
from hotline.errors import NotFound
from hotline.kernel.db import Database, Tx
from hotline.kernel.events import Recorded
from hotline.kernel.relay import Subscription
from hotline.ports.callsink import (
    AgentPhone,
    CallArrived,
    CallFact,
    CallPassed,
    LegRecorded,
    LinkBack,
    LinkLost,
    Resynchronised,
)
from hotline.ports.clock import Clock
from hotline.ports.pbx import Call
from hotline.queue import telephone
from hotline.queue.events import QueueItemChanged
from hotline.queue.model import ItemState
from hotline.queue.routing import UNREACHED_HOLDS
from hotline.recordings.events import RecordingChanged
from hotline.recordings.service import Recordings
from hotline.staff.views import user_names


class UnknownCall(LookupError):
    """A fact about a call whose arrival was never told: the exchange is to tell everything again."""


class Calls:
    """Implements ``ports.callsink.CallSink``. An agent of the exchange is the id of a member of staff.

    ``wrap_up`` is the agent's time after a call, ``ring`` how long a telephone rings.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        arrivals: Arrivals,
        conversations: Conversations,
        recordings: Recordings,
        phones: Phones,
        *,
        wrap_up: timedelta,
        ring: timedelta,
    ) -> None:
        self._database = database
        self._clock = clock
        self.arrivals = arrivals
        self._conversations = conversations
        self._recordings = recordings
        self._phones = phones
        self._wrap_up = wrap_up
        self._ring = ring

    async def happened(self, fact: CallFact) -> None:
        match fact:
            case AgentPhone():
                self._phones.set(fact.agent, fact.online)
            case LinkLost():
                self._phones.forget()
            case LinkBack():
                return
            case Resynchronised():
                await self._resynchronise(fact)
            case CallArrived():
                async with self._database.uow() as tx:
                    await self.arrivals.arrived(tx, fact)
            case CallPassed():
                async with self._database.uow() as tx:
                    await self._passed(tx, fact)
            case LegRecorded():
                async with self._database.uow() as tx:
                    await self._recordings.leg_began(tx, fact.call_id, fact.leg, fact.path, fact.started_at)
            case _:
                async with self._database.uow() as tx:
                    await self._told(tx, fact)

    async def ended_before_it_began(self, tx: Tx, call_id: str) -> None:
        """A call that we were to make and that the exchange never got to hear of."""
        row = await store.by_id(tx, call_id, lock=True)
        if row is not None and (news := ends(store.standing(row), self._clock.now(), 0)) is not None:
            await self._apply(tx, row, news, self._clock.now())

    async def of_recording(self, tx: Tx, call_id: str, began: datetime) -> bool:
        """There is a recording of a call: if nobody heard of the call, it is to be filed.

        Implements ``recordings.mixer.Owner``. Nothing but the recording is known of such a call.
        """
        known = await store.by_id(tx, call_id)
        if known is not None:
            return bool(known.state == ENDED)
        row = await self.arrivals.arrived(tx, CallArrived(call_id, "", "", "", began))
        values = {"state": ENDED, "ended_at": self._clock.now(), "result": Result.INTERRUPTED}
        await store.update(tx, call_id, {**values, "to_be_filed": True})
        await self._close(tx, row.conversation_id)
        call_changed(tx, call_id, row.conversation_id, ENDED)
        return True

    async def item_done(self, tx: Tx, recorded: Recorded) -> None:
        """The wrap-up is over: so is the conversation."""
        event = cast(QueueItemChanged, recorded.event)
        row = (await store.by_conversations(tx, [event.conversation_id])).get(event.conversation_id)
        if row is not None and row.state == ENDED:
            await self._close(tx, row.conversation_id)

    async def case_linked(self, tx: Tx, recorded: Recorded) -> None:
        """A case was made of what the citizen said: nothing is left to be filed."""
        event = cast(CaseLinked, recorded.event)
        row = (await store.by_conversations(tx, [event.conversation_id])).get(event.conversation_id)
        if row is not None and row.to_be_filed:
            await store.update(tx, row.id, {"to_be_filed": False})
            call_changed(tx, row.id, row.conversation_id, row.state)

    async def _told(self, tx: Tx, fact: StepFact) -> None:
        row = await store.by_id(tx, fact.call_id, lock=True)
        if row is None:
            raise UnknownCall(fact.call_id)
        news = step(store.standing(row), fact)
        if news is not None:
            await self._apply(tx, row, news, fact.at)

    async def _passed(self, tx: Tx, fact: CallPassed) -> None:
        """What nobody heard of is made known first, with its number and its time."""
        arrival = CallArrived(
            fact.call_id, fact.number, fact.name, fact.called, fact.arrived_at, fact.direction
        )
        await self.arrivals.arrived(tx, arrival)
        row = await store.by_id(tx, fact.call_id, lock=True)
        if row is None:
            raise NotFound()
        news = passed(store.standing(row), fact)
        if news is not None:
            await self._apply(tx, row, news, fact.at)

    # -- what follows

    async def _apply(
        self, tx: Tx, row: sa.Row[Any], news: Step, at: datetime, to_be_filed: bool = False
    ) -> None:
        agent, former = await self._staff(tx, news.agent), await self._staff(tx, news.former)
        values = dict(news.values)
        if "agent_id" in values:
            values["agent_id"] = agent if values["agent_id"] is not None else None
        if to_be_filed:
            values["to_be_filed"] = True
        if values.get("to_be_filed") and await case_ids_of_sender(tx, PHONE, row.id):
            values["to_be_filed"] = False
        await store.update(tx, row.id, values)
        await offers.follow(tx, row, news, agent, former, at)
        since = values.get("waiting_since") or row.waiting_since or row.arrived_at
        for effect in news.effects:
            await self._follow(tx, row, effect, since, agent, former)
        if news.values["state"] == ENDED:
            await self._recordings.call_ended(tx, row.id, self._clock.now())
        call_changed(tx, row.id, row.conversation_id, str(news.values["state"]))

    async def _follow(
        self,
        tx: Tx,
        row: sa.Row[Any],
        effect: Effect,
        since: datetime,
        agent: str | None,
        former: str | None,
    ) -> None:
        now, talk = self._clock.now(), row.conversation_id
        match effect:
            case Effect.WAITS:
                await telephone.call_waits(tx, talk, since, now, await self.arrivals.priority(tx, row))
            case Effect.LEAVES_LINE:
                await telephone.call_gone(tx, talk, now)
            case Effect.CLOSES:
                await self._close(tx, talk)
            case Effect.AGENT_FREE if former is not None:
                await telephone.call_left(tx, former, now)
            case Effect.REFUSED if agent is not None:
                await telephone.call_refused(tx, talk, agent, now)
            case Effect.UNREACHED if agent is not None:
                await telephone.call_refused(tx, talk, agent, now, UNREACHED_HOLDS)
            case Effect.RINGS if agent is not None:
                await telephone.call_rings(tx, talk, agent, now, now + self._ring)
            case Effect.TALKS if agent is not None:
                await telephone.call_talks(tx, talk, agent, now)
                await self._conversations.assign(tx, talk, agent)
                await self._missed_ones_settled(tx, row, agent)
            case Effect.WRAP_UP if agent is not None:
                await telephone.wrap_up_begins(tx, agent, now, now + self._wrap_up)
            case Effect.RINGS | Effect.TALKS:
                # A telephone that belongs to nobody we know answered it in the plain queue.
                await telephone.call_gone(tx, talk, now)
            case Effect.WRAP_UP:
                await self._close(tx, talk)

    async def _missed_ones_settled(self, tx: Tx, row: sa.Row[Any], agent: str) -> None:
        """Who is talked to now needs no calling back."""
        if row.number_blind is None:
            return
        values = {"missed": "called_back", "missed_by": agent, "missed_at": self._clock.now()}
        for one in await store.missed_of_number(tx, row.number_blind):
            await store.update(tx, one.id, values)
            call_changed(tx, one.id, one.conversation_id, one.state)

    async def _close(self, tx: Tx, conversation_id: str) -> None:
        talk = await self._conversations.require(tx, conversation_id)
        if talk.state == State.OPEN:
            await self._conversations.finish(tx, conversation_id)

    async def _staff(self, tx: Tx, agent: str | None) -> str | None:
        if agent is None:
            return None
        return agent if agent in await user_names(tx, [agent]) else None

    # -- after a silence

    async def _resynchronise(self, fact: Resynchronised) -> None:
        """What the exchange has is what there is: each other call has ended, unseen."""
        known = {call.call_id: call for call in fact.calls}
        async with self._database.read() as reader:
            ours = await store.going_on(reader)
        for row in ours:
            if row.id not in known:
                await self._ended_unseen(row.id, fact.at)
        for call in fact.calls:
            await self._adopt(call, fact.at)
        self._phones.replace(fact.phones)

    async def _ended_unseen(self, call_id: str, at: datetime) -> None:
        async with self._database.uow() as tx:
            row = await store.by_id(tx, call_id, lock=True)
            if row is None:
                raise NotFound()
            news = ends(store.standing(row), at, 0, seen=False)
            if news is not None:
                await self._apply(tx, row, news, at)

    async def _adopt(self, call: Call, at: datetime) -> None:
        async with self._database.uow() as tx:
            arrival = CallArrived(
                call.call_id, call.number, call.name, call.called, call.since or at, call.direction
            )
            await self.arrivals.arrived(tx, arrival)
            row = await store.by_id(tx, call.call_id, lock=True)
            if row is None:
                raise NotFound()
            standing, fact = store.standing(row), adopted(store.standing(row), call, at)
            news = step(standing, fact) if fact is not None else None
            if news is not None:
                await self._apply(tx, row, news, at, answered_unseen(standing, fact))


def subscriptions(calls: Calls) -> list[Subscription]:
    """What calls want to hear."""
    return [
        Subscription("calls", QueueItemChanged, calls.item_done, lambda e: e.state == ItemState.DONE),
        Subscription("calls", CaseLinked, calls.case_linked),
        Subscription("calls", RecordingChanged, sound_changed),
    ]
