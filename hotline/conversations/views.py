"""What others may see of conversations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.cases.service import Cases
from hotline.cases.views import CaseBrief
from hotline.contacts.service import Contacts
from hotline.contacts.views import ContactView
from hotline.conversations import enclosures, store
from hotline.conversations.enclosures import (
    AttachmentView,
    BudgetView,
    DeliveryView,
    LocationView,
    attachment_view,
    location_view,
)
from hotline.conversations.model import Author, Kind, State, preview
from hotline.kernel.db import Reader
from hotline.staff.views import user_names
from hotline.web.endpoint import Schema

WINDOW = 500
"""A page is given at most so many of the newest messages."""
MOST_CASES = 50
"""And at most so many of a citizen's cases, the newest."""
BudgetOf = Callable[[Reader, str, str], Awaitable[BudgetView | None]]
"""By channel and sender; None where nothing limits it. Slices above know the platforms."""


class MessageView(Schema):
    """One message. ``text`` is to be shown as text, never as markup; ``client_id`` is the writer's own.

    ``delivery`` is there when it has to leave for a platform outside.
    """

    id: str
    version: int
    seq: int
    author: Author
    author_name: str | None
    kind: Kind
    text: str
    payload: dict[str, Any] | None
    attachments: list[AttachmentView]
    location: LocationView | None
    delivery: DeliveryView | None
    at: datetime
    client_id: str | None


class AgentRef(Schema):
    """Who holds, or held, a conversation."""

    id: str
    name: str


class ConversationView(Schema):
    """A conversation; the contact's values are plain for the agent who holds it.

    ``budget`` is there when a platform limits how often the citizen may be written to.
    """

    id: str
    version: int
    channel: str
    language: str
    state: State
    contact: ContactView
    agent: AgentRef | None
    started_at: datetime
    closed_at: datetime | None
    cases: list[CaseBrief]
    budget: BudgetView | None


class ConversationBrief(Schema):
    """An earlier conversation, in a list."""

    id: str
    channel: str
    state: State
    agent: AgentRef | None
    started_at: datetime
    closed_at: datetime | None
    preview: str


class HistoryView(Schema):
    """What the hotline knows of a citizen: cases and other conversations, newest first."""

    cases: list[CaseBrief]
    conversations: list[ConversationBrief]


async def message_views(reader: Reader, rows: Sequence[sa.Row[Any]]) -> list[MessageView]:
    """Shape rows, with the names of the agents who wrote."""
    names = await user_names(reader, [row.author_id for row in rows if row.author == Author.AGENT])
    sent_along: dict[str, list[sa.Row[Any]]] = {}
    for one in await enclosures.attachments_of(reader, [row.id for row in rows]):
        sent_along.setdefault(one.message_id, []).append(one)
    return [
        MessageView(
            id=row.id,
            version=row.version,
            seq=row.seq,
            author=row.author,
            author_name=names.get(row.author_id) if row.author == Author.AGENT else None,
            kind=row.kind,
            text=row.text,
            payload=row.payload,
            attachments=[attachment_view(one, row.conversation_id) for one in sent_along.get(row.id, ())],
            location=location_view(row.payload),
            delivery=DeliveryView(state=row.delivery_state, code=row.delivery_code)
            if row.delivery_state is not None
            else None,
            at=row.at,
            client_id=row.client_id,
        )
        for row in rows
    ]


async def messages_of(
    reader: Reader, conversation_id: str, ids: Sequence[str] | None = None
) -> list[MessageView]:
    """The newest messages of a conversation, in order; or those of ``ids``."""
    return await message_views(reader, await store.messages_of(reader, conversation_id, ids, WINDOW))


async def messages_of_sender(
    reader: Reader, channel: str, sender: str, ids: Sequence[str] | None = None
) -> list[MessageView]:
    """The same over all conversations of a citizen in one channel: one thread."""
    rows = await store.messages_of_sender(reader, channel, sender, ids, WINDOW)
    return await message_views(reader, rows)


async def conversation_briefs_of_contact(
    reader: Reader, contact_id: str, but: str, limit: int = 20
) -> list[ConversationBrief]:
    """A citizen's newest conversations, without the one called ``but``."""
    rows = [r for r in await store.of_contact(reader, contact_id, limit + 1) if r.id != but][:limit]
    names = await user_names(reader, [row.agent_id for row in rows])
    asked = await store.last_messages(reader, [row.id for row in rows], Author.CITIZEN)
    return [
        ConversationBrief(
            id=row.id,
            channel=row.channel,
            state=row.state,
            agent=agent_ref(row, names),
            started_at=row.started_at,
            closed_at=row.closed_at,
            preview=preview(asked[row.id].text) if row.id in asked else "",
        )
        for row in rows
    ]


class ConversationViews:
    """Shapes conversations with their citizen and their cases."""

    def __init__(self, contacts: Contacts, cases: Cases, budget: BudgetOf | None = None) -> None:
        self._contacts = contacts
        self._cases = cases
        self._budget = budget

    async def one(self, reader: Reader, row: sa.Row[Any], viewer_id: str) -> ConversationView:
        """A conversation; name and number are plain when ``viewer_id`` holds it."""
        held = row.state == State.OPEN and row.agent_id == viewer_id
        return ConversationView(
            id=row.id,
            version=row.version,
            channel=row.channel,
            language=row.language,
            state=row.state,
            contact=await self._contacts.view(reader, row.contact_id, masked=not held),
            agent=agent_ref(row, await user_names(reader, [row.agent_id])),
            started_at=row.started_at,
            closed_at=row.closed_at,
            cases=await self._linked(reader, [row.id]),
            budget=await self._budget(reader, row.channel, row.sender) if self._budget else None,
        )

    async def history(self, reader: Reader, row: sa.Row[Any]) -> HistoryView:
        """The citizen's other conversations, and the cases of all of them and those made without any."""
        theirs = await conversation_briefs_of_contact(reader, row.contact_id, but=row.id)
        linked = await self._linked(reader, [row.id, *(brief.id for brief in theirs)])
        own = await self._cases.views.of_contact(reader, row.contact_id, MOST_CASES)
        # Ids of cases are ordered by time.
        found = sorted({case.id: case for case in (*own, *linked)}.values(), key=lambda case: case.id)
        return HistoryView(cases=found[::-1][:MOST_CASES], conversations=theirs)

    async def _linked(self, reader: Reader, conversation_ids: list[str]) -> list[CaseBrief]:
        ids = (await store.case_ids(reader, conversation_ids))[:MOST_CASES]
        found = await self._cases.views.briefs_by_id(reader, ids)
        return [found[one] for one in ids if one in found]


def agent_ref(row: sa.Row[Any], names: dict[str, str]) -> AgentRef | None:
    """The agent of a conversation's row."""
    return AgentRef(id=row.agent_id, name=names[row.agent_id]) if row.agent_id in names else None


# What the queue, the intake and the desk join to their own rows.

by_ids = store.by_ids
latest_of = store.latest_of
last_messages = store.last_messages
versions_of_sender = store.versions_of
case_ids = store.case_ids
case_ids_of_sender = store.case_ids_of_sender


def ids_of_sender(channel: str, sender: str) -> sa.Select[Any]:
    """Selects the ids of all conversations of a citizen in one channel."""
    table = store.conversation
    return sa.select(table.c.id).where(table.c.channel == channel, table.c.sender == sender)
