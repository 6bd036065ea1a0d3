"""What others may see of the queue and of agents' states."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from hotline.contacts.views import contacts_by_id
from hotline.conversations import views as conversations
from hotline.conversations.model import Author, preview
from hotline.kernel.db import Reader
from hotline.kernel.sealing import Sealer
from hotline.queue import store
from hotline.queue.model import PHONE, Activity, AgentWord, ItemState
from hotline.web.endpoint import Schema


class QueueContact(Schema):
    """The citizen, masked except for the agent who holds the conversation."""

    name: str | None
    phone: str | None


class QueueItemView(Schema):
    """A place in the queue. ``unattended``: taken by an agent who is away, so that another may take over.

    ``alarm``: the emergency rule (U1 to U11) that found danger in it, until somebody cancels the alarm.
    """

    id: str
    version: int
    conversation_id: str
    channel: str
    state: ItemState
    priority: int
    waiting_since: datetime
    offered_to: str | None
    offer_expires_at: datetime | None
    taken_by: str | None
    unattended: bool
    contact: QueueContact
    preview: str
    alarm: str | None


class DeskItem(QueueItemView):
    """What an agent's desk lists: an offer to the agent, or a conversation that the agent holds.

    ``call``: a call that rings, goes on or is being wrapped up; what is known of it is in ``my.calls``.
    ``last_author`` says whose turn it is; ``last_seq`` and ``last_at`` belong to the newest message.
    """

    kind: Literal["offer", "conversation", "call"]
    last_author: Author | None
    last_seq: int
    last_at: datetime | None


class AgentStateView(Schema):
    """An agent's state; ``since`` is None and ``version`` 0 for one who never had any.

    ``state`` is the agent's own word. While ``activity`` is set the telephone keeps the agent busy, a wrap-up
    until ``activity_until``, and the word counts from then on.
    """

    user_id: str
    state: AgentWord
    reason: str | None
    since: datetime | None
    activity: Activity | None
    activity_since: datetime | None
    activity_until: datetime | None
    serving: int
    version: int


@dataclass(frozen=True)
class _Around:
    """What is shown of the conversations behind some items."""

    conversations: dict[str, sa.Row[Any]]
    contacts: dict[str, Any]
    asked: dict[str, sa.Row[Any]]
    last: dict[str, sa.Row[Any]]


async def _around(reader: Reader, sealer: Sealer, rows: Sequence[sa.Row[Any]], *, masked: bool) -> _Around:
    ids = [row.conversation_id for row in rows]
    talks = await conversations.by_ids(reader, ids)
    contact_ids = [talk.contact_id for talk in talks.values()]
    return _Around(
        talks,
        await contacts_by_id(reader, sealer, contact_ids, masked=masked),
        await conversations.last_messages(reader, ids, Author.CITIZEN),
        await conversations.last_messages(reader, ids, Author.CITIZEN, Author.AGENT),
    )


def _item_fields(row: sa.Row[Any], around: _Around) -> dict[str, Any]:
    talk = around.conversations[row.conversation_id]
    contact = around.contacts[talk.contact_id]
    asked = around.asked.get(row.conversation_id)
    return {
        "id": row.conversation_id,
        # Each part's version only grows, so the sum grows with a change of any.
        "version": row.version + talk.version + contact.version,
        "conversation_id": row.conversation_id,
        "channel": row.channel,
        "state": row.state,
        "priority": row.priority,
        "waiting_since": row.waiting_since,
        "offered_to": row.offered_to,
        "offer_expires_at": row.offer_expires_at,
        "taken_by": row.taken_by,
        "contact": QueueContact(name=contact.name, phone=contact.phone),
        "preview": preview(asked.text) if asked is not None else "",
        "alarm": talk.alarm,
    }


def is_unattended(row: sa.Row[Any]) -> bool:
    """Whether a row of ``store.in_line_or_taken`` was taken by somebody who is away.

    Who calls back without having said a word of being there is there until the wrap-up is over.
    """
    if row.channel == PHONE and row.taker_activity is not None:
        return False
    return row.state == ItemState.TAKEN and row.taker_state in (None, AgentWord.OFFLINE)


async def queue_items(
    reader: Reader, sealer: Sealer, ids: Sequence[str] | None = None
) -> list[QueueItemView]:
    """All that waits, is on offer or is unattended, in order; or what of ``ids`` is."""
    found = await store.in_line_or_taken(reader, ids)
    rows = [row for row in found if row.state != ItemState.TAKEN or is_unattended(row)]
    around = await _around(reader, sealer, rows, masked=True)
    return [QueueItemView(unattended=is_unattended(row), **_item_fields(row, around)) for row in rows]


async def desk_items(
    reader: Reader, sealer: Sealer, user_id: str, ids: Sequence[str] | None = None
) -> list[DeskItem]:
    """What is on offer to an agent (masked) and what the agent holds (plain)."""
    return await _desk_items(reader, sealer, await store.of_agent(reader, user_id, ids))


async def desk_items_by_agent(
    reader: Reader, sealer: Sealer, user_ids: Collection[str], ids: Sequence[str]
) -> dict[str, list[DeskItem]]:
    """As ``desk_items`` for those of some agents who have any of ``ids``."""
    rows = [row for row in await store.with_agents(reader, ids) if store.agent_of(row) in user_ids]
    agents = {row.conversation_id: store.agent_of(row) for row in rows}
    shown: dict[str, list[DeskItem]] = {}
    for item in await _desk_items(reader, sealer, rows):
        shown.setdefault(agents[item.conversation_id], []).append(item)
    return shown


async def _desk_items(reader: Reader, sealer: Sealer, rows: Sequence[sa.Row[Any]]) -> list[DeskItem]:
    if not rows:
        return []
    offers = [row for row in rows if row.state == ItemState.OFFERED]
    held = [row for row in rows if row.state == ItemState.TAKEN]
    shown = []
    for kind, some, masked in (("offer", offers, True), ("conversation", held, False)):
        around = await _around(reader, sealer, some, masked=masked)
        for row in some:
            last = around.last.get(row.conversation_id)
            told = {
                "kind": "call" if row.channel == PHONE else kind,
                "unattended": False,
                "last_author": last.author if last is not None else None,
                "last_seq": last.seq if last is not None else 0,
                "last_at": last.at if last is not None else None,
            }
            shown.append(DeskItem.model_validate({**_item_fields(row, around), **told}))
    return shown


async def agent_state_view(reader: Reader, user_id: str) -> AgentStateView:
    """The state of one agent, and how many conversations the agent serves."""
    row = await store.agent(reader, user_id)
    count = (await store.serving(reader, [user_id])).get(user_id, 0)
    return AgentStateView(
        user_id=user_id,
        state=AgentWord(row.state) if row is not None else AgentWord.OFFLINE,
        reason=row.reason if row is not None else None,
        since=row.since if row is not None else None,
        activity=row.activity if row is not None else None,
        activity_since=row.activity_since if row is not None else None,
        activity_until=row.activity_until if row is not None else None,
        serving=count,
        version=row.version if row is not None else 0,
    )


@dataclass(frozen=True)
class Place:
    """Where a conversation stands in the line: ``position`` 1 is next."""

    position: int
    waiting_since: datetime


async def place_in_line(reader: Reader, conversation_id: str) -> Place | None:
    """The place of a conversation that waits or is on offer; None when it does not wait."""
    row = await store.item(reader, conversation_id)
    if row is None or row.state not in (ItemState.WAITING, ItemState.OFFERED):
        return None
    return Place(await store.position(reader, row), row.waiting_since)


versions_of = store.versions_of
"""A number that grows with each change of any of some conversations' items."""


async def offered_calls(reader: Reader) -> Sequence[sa.Row[Any]]:
    """Items of calls that are on offer, in order."""
    return await store.offered(reader, PHONE)


async def calls_of_agent(
    reader: Reader, user_id: str, ids: Sequence[str] | None = None
) -> Sequence[sa.Row[Any]]:
    """Items of the calls that are on offer to an agent, or held by the agent."""
    return await store.calls_of_agent(reader, user_id, ids, PHONE)


async def calls_with_agents(
    reader: Reader, user_ids: Collection[str], ids: Sequence[str]
) -> Sequence[sa.Row[Any]]:
    """Items of those of ``ids`` that are calls on offer to some agents, or held by them."""
    rows = await store.with_agents(reader, ids)
    return [row for row in rows if row.channel == PHONE and store.agent_of(row) in user_ids]


agent_of = store.agent_of
"""Whom an item is on offer to, or who took it."""


working_agents = store.working
"""Agents who are signed in and not away, whatever they do at the moment."""

ready_agents = store.ready
"""Agents whose word is that they are ready, whatever they do at the moment."""
