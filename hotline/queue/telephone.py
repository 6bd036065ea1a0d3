"""What the telephone does to the queue: the exchange has decided, the queue follows.

Nothing here is refused: a call that rings, rings. Each function may be told again. Agents are locked before
items, as everywhere in the queue.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hotline.errors import Conflict
from hotline.kernel.db import Tx
from hotline.queue import routing, store
from hotline.queue.changes import (
    NO_ACTIVITY,
    agent_changed,
    end_wrap_up,
    give_back,
    item_changed,
    locked_agent,
)
from hotline.queue.model import LONGEST_WRAP_UP, PHONE, RING_GRACE, Activity, ItemState, Priority
from hotline.queue.store import NO_OFFER


async def call_waits(
    tx: Tx, conversation_id: str, since: datetime, now: datetime, priority: Priority = Priority.NORMAL
) -> None:
    """A caller waits in the line, with the place of ``since``."""
    place = {"waiting_since": since, "rank_at": routing.rank(since, priority), "priority": priority}
    row = await store.item(tx, conversation_id)
    if row is None:
        fresh = {"conversation_id": conversation_id, "channel": PHONE, **place}
        await store.insert(tx, {**fresh, "state": ItemState.WAITING, "refused_by": {}, "version": 1})
        item_changed(tx, conversation_id, ItemState.WAITING)
        return
    if row.state == ItemState.WAITING and row.waiting_since == since:
        return
    nobody = {"taken_by": None, "taken_at": None, "done_at": None}
    await store.update(tx, conversation_id, {**give_back(row, None, now), **nobody, **place})
    item_changed(tx, conversation_id, ItemState.WAITING, row.offered_to, row.taken_by)


async def call_refused(
    tx: Tx, conversation_id: str, agent_id: str, now: datetime, holds: timedelta = routing.REFUSAL_HOLDS
) -> None:
    """The agent did not pick up: not the next one to be asked for this call, as long as it ``holds``.

    The item goes back into the line when the caller is back in the exchange's (``call_waits``).
    """
    row = await store.item(tx, conversation_id)
    if row is not None:
        values = {"refused_by": give_back(row, agent_id, now, holds)["refused_by"]}
        await store.update(tx, conversation_id, values)


async def call_rings(tx: Tx, conversation_id: str, agent_id: str, now: datetime, until: datetime) -> None:
    """The agent's telephone rings, until ``until`` at the latest."""
    row = await _row(tx, conversation_id, now)
    if row.state == ItemState.OFFERED and row.offered_to == agent_id:
        return
    values = {
        "state": ItemState.OFFERED,
        "offered_to": agent_id,
        "offered_at": now,
        "offer_expires_at": until + RING_GRACE,
        "taken_by": None,
        "taken_at": None,
    }
    await store.update(tx, conversation_id, values)
    item_changed(tx, conversation_id, ItemState.OFFERED, agent_id, row.offered_to, row.taken_by)


async def call_talks(tx: Tx, conversation_id: str, agent_id: str, now: datetime) -> None:
    """Citizen and agent talk. To be followed by the conversation's assignment."""
    await call_begins(tx, agent_id, now)
    row = await _row(tx, conversation_id, now)
    if row.state == ItemState.TAKEN and row.taken_by == agent_id:
        return
    values = {**NO_OFFER, "state": ItemState.TAKEN, "taken_by": agent_id, "taken_at": now}
    await store.update(tx, conversation_id, values)
    item_changed(tx, conversation_id, ItemState.TAKEN, agent_id, row.offered_to, row.taken_by)


async def call_gone(tx: Tx, conversation_id: str, now: datetime, offered_to: str | None = None) -> None:
    """Nobody waits any more: the caller hung up, or went to the plain queue.

    ``offered_to``: only if it is still on offer to this agent.
    """
    row = await store.item(tx, conversation_id)
    if row is None or row.state in (ItemState.DONE, ItemState.TAKEN):
        return
    if offered_to is not None and row.offered_to != offered_to:
        return
    await store.update(tx, conversation_id, {**NO_OFFER, "state": ItemState.DONE, "done_at": now})
    item_changed(tx, conversation_id, ItemState.DONE, row.offered_to)


async def call_begins(tx: Tx, agent_id: str, now: datetime) -> None:
    """From now on the telephone keeps the agent busy."""
    row = await locked_agent(tx, agent_id, now)
    if row.activity != Activity.CALL:
        values = {"activity": Activity.CALL, "activity_since": now, "activity_until": None}
        await store.update_agent(tx, agent_id, values)
        agent_changed(tx, agent_id)


async def call_left(tx: Tx, agent_id: str, now: datetime) -> None:
    """The agent is out of a call without anything to wrap up."""
    row = await locked_agent(tx, agent_id, now)
    if row.activity == Activity.CALL:
        await store.update_agent(tx, agent_id, NO_ACTIVITY)
        agent_changed(tx, agent_id)


async def wrap_up_begins(tx: Tx, agent_id: str, now: datetime, until: datetime) -> None:
    """The call is over; until ``until`` the agent gets nothing new. Its item stays the agent's so long."""
    await locked_agent(tx, agent_id, now)
    values = {"activity": Activity.WRAP_UP, "activity_since": now, "activity_until": until}
    await store.update_agent(tx, agent_id, values)
    agent_changed(tx, agent_id)


async def is_kept_busy(tx: Tx, agent_id: str, now: datetime) -> bool:
    """Whether the agent is in a call, or about to be: one is on offer, or held in its wrap-up."""
    row = await locked_agent(tx, agent_id, now)
    offered = any(one.state == ItemState.OFFERED for one in await store.of_agent(tx, agent_id))
    return row.activity is not None or offered


async def wrap_up_extended(tx: Tx, agent_id: str, now: datetime, by: timedelta) -> None:
    """The agent needs longer. ``Conflict``: "wrap_up_over" when there is none, "wrap_up_longest"."""
    row = await locked_agent(tx, agent_id, now)
    if row.activity != Activity.WRAP_UP:
        raise Conflict("wrap_up_over")
    until = row.activity_until + by
    if until - row.activity_since > LONGEST_WRAP_UP:
        raise Conflict("wrap_up_longest", minutes=int(LONGEST_WRAP_UP.total_seconds() // 60))
    await store.update_agent(tx, agent_id, {"activity_until": until})
    agent_changed(tx, agent_id)


async def wrap_up_ended(tx: Tx, agent_id: str, now: datetime) -> None:
    """The agent is done earlier; nothing happens when there is no wrap-up."""
    row = await locked_agent(tx, agent_id, now)
    if row.activity == Activity.WRAP_UP:
        await end_wrap_up(tx, agent_id, now)


async def _row(tx: Tx, conversation_id: str, now: datetime) -> sa.Row[Any]:
    """The call's item, made if the exchange was quicker than the line."""
    row = await store.item(tx, conversation_id)
    if row is None:
        await call_waits(tx, conversation_id, now, now)
        row = await store.item(tx, conversation_id)
    assert row is not None  # noqa: S101
    return row
