"""What units of work of the queue do to items and agents, each with the event that tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hotline.errors import NotFound
from hotline.kernel.db import Tx
from hotline.queue import routing, store
from hotline.queue.events import AgentStateChanged, QueueItemChanged
from hotline.queue.model import PHONE, AgentWord, ItemState

NO_ACTIVITY: Mapping[str, Any] = {"activity": None, "activity_since": None, "activity_until": None}


def give_back(
    row: sa.Row[Any], refused_by: str | None, now: datetime, holds: timedelta = routing.REFUSAL_HOLDS
) -> dict[str, Any]:
    """The values of an item whose offer ends without being taken; its place stays.

    ``refused_by`` is the agent who declined or let it pass; None when the offer was withdrawn.
    """
    holding = {k: v for k, v in row.refused_by.items() if datetime.fromisoformat(v) > now}
    if refused_by is not None:
        holding[refused_by] = (now + holds).isoformat()
    return {**store.NO_OFFER, "state": ItemState.WAITING, "refused_by": holding}


async def change_agent_state(
    tx: Tx, row: sa.Row[Any], word: AgentWord, reason: str | None, now: datetime
) -> None:
    """Give an agent another state, with what follows for offers and for what the agent holds."""
    values: Mapping[str, Any] = {"state": word, "reason": reason}
    if word != row.state or reason != row.reason:
        values = {**values, "since": now}
    await store.update_agent(tx, row.user_id, values)
    agent_changed(tx, row.user_id)
    turned = (word == AgentWord.OFFLINE) != (row.state == AgentWord.OFFLINE)
    for one in await store.of_agent(tx, row.user_id):
        if one.state == ItemState.OFFERED and word != AgentWord.READY:
            await store.update(tx, one.conversation_id, give_back(one, None, now))
            item_changed(tx, one.conversation_id, ItemState.WAITING, row.user_id)
        elif one.state == ItemState.TAKEN and turned:
            # The queue shows it as unattended from now on, or no longer.
            await store.update(tx, one.conversation_id, {})
            item_changed(tx, one.conversation_id, ItemState.TAKEN, row.user_id)


def item_changed(tx: Tx, conversation_id: str, state: ItemState, *agent_ids: str | None) -> None:
    """Tell that an item changed."""
    tx.emit(
        QueueItemChanged(
            aggregate=f"conversation:{conversation_id}",
            conversation_id=conversation_id,
            state=state,
            agent_ids=[one for one in agent_ids if one is not None],
        )
    )


def agent_changed(tx: Tx, user_id: str) -> None:
    """Tell that an agent's state changed."""
    tx.emit(AgentStateChanged(aggregate=f"agent:{user_id}", user_id=user_id))


async def locked_agent(tx: Tx, user_id: str, now: datetime) -> sa.Row[Any]:
    """The state of an agent, kept from other units before this one ends; made when there is none yet."""
    row = await store.agent(tx, user_id, lock=True)
    if row is None:
        try:
            async with tx.savepoint():
                await store.insert_agent(tx, user_id, now)
        except sa.exc.IntegrityError:
            # A second page of the same agent was as quick; the row is there now.
            pass
        row = await store.agent(tx, user_id, lock=True)
    if row is None:
        raise NotFound()
    return row


async def end_wrap_up(tx: Tx, user_id: str, now: datetime) -> None:
    """The agent is done with the call: its item ends, the agent's own word counts again."""
    await store.update_agent(tx, user_id, NO_ACTIVITY)
    agent_changed(tx, user_id)
    for one in await store.of_agent(tx, user_id):
        if one.state == ItemState.TAKEN and one.channel == PHONE:
            await store.update(tx, one.conversation_id, {"state": ItemState.DONE, "done_at": now})
            item_changed(tx, one.conversation_id, ItemState.DONE, user_id)
