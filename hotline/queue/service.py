"""Use cases of the queue: joining it, answering offers, taking over, finishing, and agents' states."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from hotline.conversations.service import Conversations
from hotline.errors import Conflict, NotFound
from hotline.kernel.db import Tx
from hotline.ports.clock import Clock
from hotline.queue import routing, store
from hotline.queue.changes import (
    agent_changed,
    change_agent_state,
    end_wrap_up,
    give_back,
    item_changed,
    locked_agent,
)
from hotline.queue.model import PHONE, Activity, AgentWord, ItemState, Priority
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

    async def hasten(self, tx: Tx, conversation_id: str) -> None:
        """Danger was found in what waits: it goes on in the urgent class; else nothing happens."""
        row = await store.item(tx, conversation_id)
        if row is None or row.priority == Priority.URGENT:
            return
        rank = routing.rank(row.waiting_since, Priority.URGENT)
        waits = item.c.state.in_([ItemState.WAITING, ItemState.OFFERED])
        if await store.update(tx, conversation_id, {"priority": Priority.URGENT, "rank_at": rank}, waits):
            item_changed(tx, conversation_id, ItemState(row.state), row.offered_to)

    async def accept(self, tx: Tx, agent_id: str, conversation_id: str) -> None:
        """The agent takes what is on offer to the agent; ``Conflict`` ("offer_gone") when nothing is.

        ``Conflict`` ("answered_by_phone") for a call: picking it up is what takes it.
        """
        await store.lock_agents(tx, [agent_id])
        await self._is_no_call(tx, conversation_id)
        if not await self._taken(tx, agent_id, conversation_id, self._offered_to(agent_id)):
            raise Conflict("offer_gone")

    async def decline(self, tx: Tx, agent_id: str, conversation_id: str) -> None:
        """Give an offer back; ``Conflict`` ("offer_gone") when there is none, or as ``accept``."""
        row = await self._is_no_call(tx, conversation_id)
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
        if row.channel == PHONE and await self._is_calling(tx, row.taken_by):
            raise Conflict("conversation_attended")
        now = self._clock.now()
        own = await locked_agent(tx, agent_id, now)
        if own.state == AgentWord.OFFLINE:
            # Whoever takes over is at work from now on, though not asking for more.
            await change_agent_state(tx, own, AgentWord.BUSY, None, now)
        unchanged = [item.c.version == row.version]
        if not await self._taken(tx, agent_id, conversation_id, unchanged, row.taken_by):
            raise Conflict("conversation_attended")

    async def finish(self, tx: Tx, agent_id: str, conversation_id: str) -> None:
        """The holding agent ends the conversation; done twice it stays ended.

        ``Conflict`` ("conversation_not_held") for anybody else, ("call_going_on") for a call that goes on.
        """
        row = await store.item(tx, conversation_id)
        if row is None:
            raise NotFound()
        if row.state == ItemState.DONE and row.taken_by == agent_id:
            return
        await store.lock_agents(tx, [agent_id])
        if row.channel == PHONE:
            await self._finish_call(tx, agent_id, row)
            return
        values = {"state": ItemState.DONE, "done_at": self._clock.now()}
        held = [item.c.state == ItemState.TAKEN, item.c.taken_by == agent_id]
        if not await store.update(tx, conversation_id, values, *held):
            raise Conflict("conversation_not_held")
        await self._conversations.notify(tx, conversation_id, "chat_finished")
        await self._conversations.finish(tx, conversation_id)
        item_changed(tx, conversation_id, ItemState.DONE, agent_id)
        await self._serving_changed(tx, agent_id)

    async def _finish_call(self, tx: Tx, agent_id: str, row: sa.Row[Any]) -> None:
        """The wrap-up ends with the conversation; the citizen is told nothing, having hung up."""
        if row.state != ItemState.TAKEN or row.taken_by != agent_id:
            raise Conflict("conversation_not_held")
        if await self._is_calling(tx, agent_id):
            raise Conflict("call_going_on")
        await end_wrap_up(tx, agent_id, self._clock.now())
        await self._conversations.finish(tx, row.conversation_id)

    async def _is_no_call(self, tx: Tx, conversation_id: str) -> sa.Row[Any] | None:
        row = await store.item(tx, conversation_id)
        if row is not None and row.channel == PHONE:
            raise Conflict("answered_by_phone")
        return row

    async def _is_calling(self, tx: Tx, agent_id: str) -> bool:
        row = await store.agent(tx, agent_id)
        return row is not None and row.activity == Activity.CALL

    async def set_state(
        self, tx: Tx, user_id: str, word: AgentWord, reason: str | None, version: int | None
    ) -> None:
        """An agent says ready, busy or offline; what was on offer to one who is no longer ready goes back.

        Saying anything ends a wrap-up; during a call it counts from the end of the call.

        ``Conflict`` ("changed_meanwhile") when ``version`` is given and no longer the state's.
        """
        now = self._clock.now()
        row = await locked_agent(tx, user_id, now)
        if version is not None and version != row.version:
            raise Conflict("changed_meanwhile")
        await change_agent_state(tx, row, word, reason, now)
        if row.activity == Activity.WRAP_UP:
            await end_wrap_up(tx, user_id, now)

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
