"""Use cases of the queue: joining it, answering offers, taking over, finishing, and agents' states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.conversations.service import Conversations
from hotline.errors import Conflict, NotFound
from hotline.kernel.db import Tx
from hotline.ports.clock import Clock
from hotline.queue import routing, store
from hotline.queue.events import AgentStateChanged, QueueItemChanged
from hotline.queue.model import AgentWord, ItemState, Priority
from hotline.queue.store import queue_item as item
from hotline.queue.views import is_unattended
from hotline.staff.views import user_names


class Queue:
    """The one queue; methods join the caller's unit of work. Who is offered what is the ``Router``'s work.

    Units of work lock agents before items and items before conversations, so that none wait for each other.
    """

    def __init__(self, clock: Clock, conversations: Conversations) -> None:
        self._clock = clock
        self._conversations = conversations

    async def enqueue(
        self, tx: Tx, conversation_id: str, channel: str, priority: Priority = Priority.NORMAL
    ) -> bool:
        """Let an open conversation wait for an agent; False when it waits, or is held, already."""
        now = self._clock.now()
        values = {
            "priority": priority,
            "waiting_since": now,
            "rank_at": routing.rank(now, priority),
            "state": ItemState.WAITING,
            "refused_by": {},
        }
        known = await store.item(tx, conversation_id)
        if known is None:
            row = {"conversation_id": conversation_id, "channel": channel, "version": 1, **values}
            try:
                async with tx.savepoint():
                    await store.insert(tx, row)
            except sa.exc.IntegrityError:
                # Another message of the same conversation was as quick.
                return False
        elif known.state != ItemState.DONE or not await store.update(
            tx, conversation_id, values, item.c.state == ItemState.DONE
        ):
            return False
        item_changed(tx, conversation_id, ItemState.WAITING)
        return True

    async def accept(self, tx: Tx, agent_id: str, conversation_id: str) -> None:
        """The agent takes what is on offer to the agent; ``Conflict`` ("offer_gone") when nothing is."""
        await store.lock_agents(tx, [agent_id])
        if not await self._taken(tx, agent_id, conversation_id, self._offered_to(agent_id)):
            raise Conflict("offer_gone")

    async def decline(self, tx: Tx, agent_id: str, conversation_id: str) -> None:
        """Give an offer back; ``Conflict`` ("offer_gone") when there is none."""
        row = await store.item(tx, conversation_id)
        offered = self._offered_to(agent_id)
        values = give_back(row, agent_id, self._clock.now()) if row is not None else {}
        if row is None or not await store.update(tx, conversation_id, values, *offered):
            raise Conflict("offer_gone")
        item_changed(tx, conversation_id, ItemState.WAITING, agent_id)

    async def take(self, tx: Tx, agent_id: str, conversation_id: str) -> None:
        """Take over a conversation whose agent is away.

        ``Conflict`` ("conversation_waiting") while it waits, for the queue decides who is next, and
        ("conversation_attended") while somebody holds it who is not away.
        """
        found = await store.in_line_or_taken(tx, [conversation_id])
        if not found:
            await self._conversations.require(tx, conversation_id)
            raise Conflict("conversation_closed")
        row = found[0]
        if row.state != ItemState.TAKEN:
            raise Conflict("conversation_waiting")
        if row.taken_by == agent_id:
            return
        if not is_unattended(row):
            raise Conflict("conversation_attended")
        await store.lock_agents(tx, [agent_id, row.taken_by])
        own = await self._own_state(tx, agent_id)
        if own.state == AgentWord.OFFLINE:
            # Whoever takes over is at work from now on, though not asking for more.
            await change_agent_state(tx, own, AgentWord.BUSY, None, self._clock.now())
        unchanged = [item.c.version == row.version]
        if not await self._taken(tx, agent_id, conversation_id, unchanged, row.taken_by):
            raise Conflict("conversation_attended")

    async def finish(self, tx: Tx, agent_id: str, conversation_id: str) -> None:
        """The holding agent ends the conversation; done twice it stays ended.

        ``Conflict`` ("conversation_not_held") for anybody else.
        """
        row = await store.item(tx, conversation_id)
        if row is None:
            raise NotFound()
        if row.state == ItemState.DONE and row.taken_by == agent_id:
            return
        await store.lock_agents(tx, [agent_id])
        values = {"state": ItemState.DONE, "done_at": self._clock.now()}
        held = [item.c.state == ItemState.TAKEN, item.c.taken_by == agent_id]
        if not await store.update(tx, conversation_id, values, *held):
            raise Conflict("conversation_not_held")
        await self._conversations.notify(tx, conversation_id, "chat_finished")
        await self._conversations.finish(tx, conversation_id)
        item_changed(tx, conversation_id, ItemState.DONE, agent_id)
        await self._serving_changed(tx, agent_id)

    async def set_state(
        self, tx: Tx, user_id: str, word: AgentWord, reason: str | None, version: int | None
    ) -> None:
        """An agent says ready, busy or offline; what was on offer to one who is no longer ready goes back.

        ``Conflict`` ("changed_meanwhile") when ``version`` is given and no longer the state's.
        """
        row = await self._own_state(tx, user_id)
        if version is not None and version != row.version:
            raise Conflict("changed_meanwhile")
        await change_agent_state(tx, row, word, reason, self._clock.now())

    async def _own_state(self, tx: Tx, user_id: str) -> sa.Row[Any]:
        row = await store.agent(tx, user_id, lock=True)
        if row is None:
            try:
                async with tx.savepoint():
                    await store.insert_agent(tx, user_id, self._clock.now())
            except sa.exc.IntegrityError:
                # A second page of the same agent was as quick; the row is there now.
                pass
            row = await store.agent(tx, user_id, lock=True)
        if row is None:
            raise NotFound()
        return row

    async def _taken(
        self,
        tx: Tx,
        agent_id: str,
        conversation_id: str,
        where: Iterable[Any],
        former: str | None = None,
    ) -> bool:
        values = {
            **store.NO_OFFER,
            "state": ItemState.TAKEN,
            "taken_by": agent_id,
            "taken_at": self._clock.now(),
        }
        if not await store.update(tx, conversation_id, values, *where):
            return False
        await self._conversations.assign(tx, conversation_id, agent_id)
        names = await user_names(tx, [agent_id])
        await self._conversations.notify(tx, conversation_id, "chat_joined", agent=names.get(agent_id, ""))
        item_changed(tx, conversation_id, ItemState.TAKEN, agent_id, former)
        for user_id in filter(None, (agent_id, former)):
            await self._serving_changed(tx, user_id)
        return True

    async def _serving_changed(self, tx: Tx, user_id: str) -> None:
        await store.update_agent(tx, user_id, {})
        agent_changed(tx, user_id)

    @staticmethod
    def _offered_to(agent_id: str) -> list[Any]:
        return [item.c.state == ItemState.OFFERED, item.c.offered_to == agent_id]


def give_back(row: sa.Row[Any], refused_by: str | None, now: datetime) -> dict[str, Any]:
    """The values of an item whose offer ends without being taken; its place stays.

    ``refused_by`` is the agent who declined or let it pass; None when the offer was withdrawn.
    """
    holding = {k: v for k, v in row.refused_by.items() if datetime.fromisoformat(v) > now}
    if refused_by is not None:
        holding[refused_by] = (now + routing.REFUSAL_HOLDS).isoformat()
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
