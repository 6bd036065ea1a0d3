"""What agents do about calls: clear missed ones, call back, hang up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from hotline.alarms.model import STAFF, Kind
from hotline.alarms.service import Alarms
from hotline.calls import store
from hotline.calls.arrivals import call_changed
from hotline.calls.line import Line
from hotline.calls.model import ENDED, Missed, safe_id
from hotline.calls.phones import Phones
from hotline.calls.service import Calls
from hotline.cases.service import Cases
from hotline.contacts.model import PHONE
from hotline.conversations.views import case_ids_of_sender
from hotline.errors import Conflict, Forbidden, InvalidInput, NotFound, TooMany
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Database, Reader, Tx
from hotline.kernel.ids import new_id
from hotline.kernel.sealing import Sealer
from hotline.nuisance.service import Nuisances
from hotline.ports.callsink import CallArrived
from hotline.ports.clock import Clock
from hotline.ports.pbx import Callback, CallState, Direction, Outcome
from hotline.queue import telephone
from hotline.recordings.listening import Access
from hotline.web.auth import Principal

OURS = "hotline-"
"""Before the ids of calls that we make."""


class WhoListens:
    """Implements ``recordings.listening.MayListen``: the own calls, and others' as rights and cases allow."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    async def __call__(self, reader: Reader, who: Principal, call_id: str) -> Access | None:
        row = await store.by_id(reader, call_id)
        if row is None:
            return None
        if row.agent_id == who.id and who.may("desk.work"):
            return Access.OWN
        if not who.may("recording.listen"):
            return None
        linked = await case_ids_of_sender(reader, PHONE, call_id)
        return Access.OTHER if await self._cases.sees_any(reader, linked, who) else None


class CallDesk:
    """Use cases of agents. Nothing is asked of the exchange inside a unit of work."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sealer: Sealer,
        audit: Audit,
        calls: Calls,
        line: Line,
        phones: Phones,
        nuisances: Nuisances,
        alarms: Alarms,
    ) -> None:
        self._nuisances = nuisances
        self._alarms = alarms
        self._database = database
        self._clock = clock
        self._sealer = sealer
        self._audit = audit
        self._calls = calls
        self._line = line
        self._phones = phones

    async def clear(self, tx: Tx, who: Principal, ids: Sequence[str]) -> int:
        """Take missed calls off the worklist; how many were still on it."""
        cleared = 0
        values = {"missed": Missed.CLEARED, "missed_by": who.id, "missed_at": self._clock.now()}
        for row in await store.missed(tx, ids, len(ids)):
            if await store.update(tx, row.id, values, store.phone_call.c.missed == Missed.OPEN):
                await self._audit.append(tx, Act(who.actor, "call.clear", f"call:{row.id}"))
                call_changed(tx, row.id, row.conversation_id, row.state)
                cleared += 1
        return cleared

    async def filed(self, tx: Tx, who: Principal, ids: Sequence[str]) -> int:
        """These calls need no case; how many were still to be filed."""
        done = 0
        for row in await store.to_be_filed(tx, ids, len(ids)):
            if await store.update(tx, row.id, {"to_be_filed": False}, store.phone_call.c.to_be_filed):
                await self._audit.append(tx, Act(who.actor, "call.filed", f"call:{row.id}"))
                call_changed(tx, row.id, row.conversation_id, row.state)
                done += 1
        return done

    async def call_back(self, who: Principal, call_id: str) -> str:
        """Dial a missed caller, then ring the agent; the id of the new call.

        ``Conflict``: "missed_gone", "number_withheld", "phone_missing", "agent_calling"; and what
        ``Pbx.originate`` refuses. The missed call leaves the worklist when the citizen was reached.
        """
        async with self._refusals_noted(who, "call.back", call_id):
            return await self._call_back(who, safe_id(call_id))

    async def _call_back(self, who: Principal, call_id: str) -> str:
        pbx, fresh_id, now = self._line.pbx, OURS + new_id(), self._clock.now()
        if not self._phones.has(who.id):
            raise Conflict("phone_missing")
        async with self._database.uow() as tx:
            number = await self._begin(tx, who, call_id, fresh_id, now)
        outcome = Outcome.GONE
        try:
            outcome = await pbx.originate(Callback(fresh_id, number, who.id, who.id))
        finally:
            if outcome is Outcome.GONE:
                async with self._database.uow() as tx:
                    await self._calls.ended_before_it_began(tx, fresh_id)
        return fresh_id

    async def _begin(self, tx: Tx, who: Principal, call_id: str, fresh_id: str, now: datetime) -> str:
        row = await store.by_id(tx, call_id, lock=True)
        if row is None:
            raise NotFound()
        if row.missed != Missed.OPEN:
            raise Conflict("missed_gone")
        if row.number_sealed is None:
            raise Conflict("number_withheld")
        if await telephone.is_kept_busy(tx, who.id, now):
            raise Conflict("agent_calling")
        number = self._sealer.open(row.number_sealed)
        arrival = CallArrived(fresh_id, number, "", "", now, Direction.OUTBOUND)
        await self._calls.arrivals.arrived(tx, arrival, callback_of=call_id)
        await store.update(tx, fresh_id, {"agent_id": who.id})
        await telephone.call_begins(tx, who.id, now)
        await self._audit.append(tx, Act(who.actor, "call.back", f"call:{call_id}"))
        return number

    async def hang_up(self, who: Principal, call_id: str) -> None:
        """The agent ends the own call; ``NotFound`` for another's, nothing happens to one that is over."""
        async with self._refusals_noted(who, "call.hang_up", call_id), self._database.read() as reader:
            row = await store.by_id(reader, safe_id(call_id))
            if row is None or row.agent_id != who.id:
                raise NotFound()
        if row.state not in (ENDED, CallState.WAITING):
            await self._line.pbx.hang_up(call_id)

    async def report(self, tx: Tx, who: Principal, call_id: str, reason: str) -> str:
        """Propose the caller for the list of nuisance callers; the entry's id.

        Agents do so for their own calls. ``Conflict``: "number_withheld", and as ``Nuisances.propose``.
        """
        row = await store.by_id(tx, safe_id(call_id))
        if row is None or row.agent_id != who.id:
            raise NotFound()
        if row.number_sealed is None:
            raise Conflict("number_withheld")
        number = self._sealer.open(row.number_sealed)
        entry_id = await self._nuisances.propose(tx, who, number, call_id, reason)
        call_changed(tx, row.id, row.conversation_id, row.state)
        return entry_id

    @asynccontextmanager
    async def _refusals_noted(self, who: Principal, action: str, call_id: str) -> AsyncIterator[None]:
        """Around what is asked of the exchange: a refusal is audited, and an excess raises the alarm."""
        try:
            yield
        except (InvalidInput, Forbidden, NotFound, TooMany) as refused:
            what = "call:" + call_id.encode("unicode_escape").decode()[:100]
            await self._audit.denied(self._database, who.actor, action, what, code=refused.code)
            if isinstance(refused, TooMany):
                async with self._database.uow() as tx:
                    await self._alarms.raised(tx, Kind.CALLS_CAPPED, STAFF + who.id)
            raise
