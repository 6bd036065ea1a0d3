"""What others may see of calls."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.calls import offers, store
from hotline.calls.areas import Area, Areas
from hotline.calls.model import ENDED, Missed, MissedWhy, OfferOutcome, Result
from hotline.contacts.model import mask_phone
from hotline.contacts.service import Contacts
from hotline.contacts.views import ContactView, contacts_by_id
from hotline.conversations.views import AgentRef, ConversationViews, HistoryView
from hotline.conversations.views import by_ids as conversations_by_id
from hotline.kernel.db import Reader
from hotline.kernel.sealing import Sealer
from hotline.nuisance.model import Standing
from hotline.nuisance.views import standings
from hotline.queue.model import ItemState
from hotline.queue.views import agent_of, calls_of_agent, calls_with_agents
from hotline.recordings.views import RecordingRef, recordings_of_calls
from hotline.staff.views import user_names
from hotline.web.endpoint import Schema

EARLIER = 5
"""So many earlier calls of the same number are shown while it rings."""
MOST_MISSED = 200


class CallOfferView(Schema):
    """An agent's telephone rang for a call. ``agent`` is None for a telephone that is nobody's we know."""

    agent: AgentRef | None
    rung_at: datetime
    ended_at: datetime | None
    outcome: OfferOutcome | None


class CallView(Schema):
    """A call. ``number`` is masked except for the agent who holds it, and None when it was withheld.
    ``area`` is where the number is from, as far as that is known. ``nuisance``: the number is proposed for
    the list of nuisance callers, or on it.

    ``state`` is that of the exchange, or "ended". ``ringing_at`` is the first ring of all; ``offers`` has
    each, in order, the last one last. ``missed_why`` is set with ``missed``.
    """

    id: str
    version: int
    conversation_id: str
    direction: str
    state: str
    number: str | None
    area: Area | None
    nuisance: Standing | None
    called: str
    arrived_at: datetime
    waiting_since: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    agent: AgentRef | None
    result: Result | None
    to_be_filed: bool
    missed: Missed | None
    missed_why: MissedWhy | None
    offers: list[CallOfferView]
    recording: RecordingRef | None


class MissedCallView(CallView):
    """A missed call with whose it was, masked: ``contact`` when calls of the number are one citizen's, else
    ``possible`` has those who are known by it."""

    contact: ContactView | None
    possible: list[ContactView]


class CallPop(CallView):
    """What the desk shows of a call that rings, goes on or is being wrapped up.

    ``contact`` is whose calls from this number are; ``possible`` are others known by the same number.
    ``history`` has the citizen's cases and other conversations.
    """

    contact: ContactView
    possible: list[ContactView]
    earlier: list[CallView]
    history: HistoryView


class CallViews:
    """Shapes calls."""

    def __init__(self, sealer: Sealer, contacts: Contacts, talks: ConversationViews, areas: Areas) -> None:
        self._sealer = sealer
        self._contacts = contacts
        self._talks = talks
        self._areas = areas

    async def views(
        self, reader: Reader, rows: Sequence[sa.Row[Any]], *, masked: bool = True
    ) -> list[CallView]:
        """Several calls, in their order."""
        if not rows:
            return []
        ids = [row.id for row in rows]
        rung = await offers.of_calls(reader, ids)
        agents = [row.agent_id for row in rows] + [one.agent_id for some in rung.values() for one in some]
        names = await user_names(reader, agents)
        recordings = await recordings_of_calls(reader, ids)
        listed = await standings(reader, [row.number_blind for row in rows if row.number_blind])
        return [
            CallView.model_validate(
                {
                    **self._fields(row, names, recordings.get(row.id), masked),
                    "nuisance": listed.get(row.number_blind),
                    "offers": [_offer(one, names) for one in rung.get(row.id, ())],
                }
            )
            for row in rows
        ]

    async def one(self, reader: Reader, row: sa.Row[Any], viewer_id: str) -> CallView:
        """A call; its number is plain for the agent who holds it."""
        held = row.state != ENDED and row.agent_id == viewer_id
        return (await self.views(reader, [row], masked=not held))[0]

    async def missed(self, reader: Reader, ids: Sequence[str] | None = None) -> list[MissedCallView]:
        """The worklist of missed calls, the newest first; or those of ``ids`` that are on it."""
        rows = await store.missed(reader, ids, MOST_MISSED)
        talks = await conversations_by_id(reader, [row.conversation_id for row in rows])
        contact_ids = {row.id: talks[row.conversation_id].contact_id for row in rows}
        theirs = await contacts_by_id(reader, self._sealer, list(contact_ids.values()))
        blinds = [row.number_blind for row in rows if row.number_blind]
        possible = await self._contacts.found_by_index(reader, blinds)
        shown = []
        for row, view in zip(rows, await self.views(reader, rows), strict=True):
            contact = theirs[contact_ids[row.id]]
            others = [one for one in possible.get(row.number_blind, ()) if one.id != contact.id]
            known = contact if contact.name else None
            shown.append(MissedCallView(**view.model_dump(), contact=known, possible=others))
        return shown

    async def to_be_filed(self, reader: Reader, ids: Sequence[str] | None = None) -> list[CallView]:
        """Calls that nobody wrote down, the newest first; or those of ``ids`` that are."""
        return await self.views(reader, await store.to_be_filed(reader, ids, MOST_MISSED))

    async def pops(
        self, reader: Reader, agent_id: str, ids: Sequence[str] | None = None
    ) -> list[tuple[CallPop, int]]:
        """The calls that ring at an agent or are the agent's, each with a version that grows with any part.

        ``ids`` are conversations. The number is masked until the agent has taken the call.
        """
        return await self._pops(reader, await calls_of_agent(reader, agent_id, ids))

    async def pops_by_agent(
        self, reader: Reader, agent_ids: Collection[str], ids: Sequence[str]
    ) -> dict[str, list[tuple[CallPop, int]]]:
        """As ``pops`` for those of some agents who have any of ``ids``."""
        items = await calls_with_agents(reader, agent_ids, ids)
        agents = {item.conversation_id: agent_of(item) for item in items}
        shown: dict[str, list[tuple[CallPop, int]]] = {}
        for pop, version in await self._pops(reader, items):
            shown.setdefault(agents[pop.conversation_id], []).append((pop, version))
        return shown

    async def _pops(self, reader: Reader, items: Sequence[sa.Row[Any]]) -> list[tuple[CallPop, int]]:
        """Read together for all of them, as far as possible: a pop is made while a telephone rings."""
        calls = await store.by_conversations(reader, [item.conversation_id for item in items])
        if not calls:
            return []
        talks = await conversations_by_id(reader, list(calls))
        held = {item.conversation_id for item in items if item.state == ItemState.TAKEN}
        earlier = {
            call.id: await store.of_number(reader, call.number_blind, call.id, EARLIER)
            for call in calls.values()
            if call.number_blind is not None
        }
        rows = [*calls.values(), *(row for some in earlier.values() for row in some)]
        views = {view.id: view for view in await self.views(reader, rows)}
        plain = await self.views(reader, [calls[one] for one in calls if one in held], masked=False)
        own = views | {view.id: view for view in plain}
        possible = await self._contacts.found_by_index(
            reader, [call.number_blind for call in calls.values() if call.number_blind]
        )
        contacts = await self._contacts_of(reader, talks.values(), held)
        shown = []
        for item in items:
            call = calls.get(item.conversation_id)
            if call is None:
                continue
            talk = talks[item.conversation_id]
            contact = contacts[talk.id]
            pop = CallPop(
                **dict(own[call.id]),
                contact=contact,
                possible=[one for one in possible.get(call.number_blind, ()) if one.id != contact.id],
                earlier=[views[row.id] for row in earlier.get(call.id, ())],
                history=await self._talks.history(reader, talk),
            )
            recorded = pop.recording.version if pop.recording is not None else 0
            parts = (call.version, talk.version, item.version, contact.version, recorded)
            shown.append((pop, sum(parts)))
        return shown

    async def _contacts_of(
        self, reader: Reader, talks: Collection[sa.Row[Any]], held: Collection[str]
    ) -> dict[str, ContactView]:
        """The citizens of conversations, by conversation; plain in those that are ``held``."""
        found: dict[str, ContactView] = {}
        for masked in (True, False):
            some = [talk for talk in talks if (talk.id not in held) is masked]
            theirs = await contacts_by_id(
                reader, self._sealer, [talk.contact_id for talk in some], masked=masked
            )
            found |= {talk.id: theirs[talk.contact_id] for talk in some}
        return found

    def _fields(
        self, row: sa.Row[Any], names: dict[str, str], recording: RecordingRef | None, masked: bool
    ) -> dict[str, Any]:
        number = self._sealer.open(row.number_sealed) if row.number_sealed else None
        same = (
            *("id", "version", "conversation_id", "direction", "state", "called", "arrived_at"),
            *("waiting_since", "ringing_at", "answered_at", "ended_at", "result", "to_be_filed", "missed"),
        )
        return {
            **{name: getattr(row, name) for name in same},
            "number": mask_phone(number) if number and masked else number,
            "area": self._areas.of(number) if number else None,
            "agent": _agent(row.agent_id, names),
            "missed_why": row.missed_why if row.missed is not None else None,
            "recording": recording,
        }


def _agent(agent_id: str | None, names: dict[str, str]) -> AgentRef | None:
    return AgentRef(id=agent_id, name=names[agent_id]) if agent_id in names else None


def _offer(row: sa.Row[Any], names: dict[str, str]) -> CallOfferView:
    return CallOfferView(
        agent=_agent(row.agent_id, names), rung_at=row.rung_at, ended_at=row.ended_at, outcome=row.outcome
    )
