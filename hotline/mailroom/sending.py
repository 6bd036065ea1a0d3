"""Sends what was written to citizens of a platform, and shows in the conversation what became of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from hotline.conversations.enclosures import DeliveryState
from hotline.conversations.service import Conversations
from hotline.kernel.db import Database, Tx
from hotline.mailroom import store
from hotline.mailroom.model import SEND_TRIES, Errand, TryAgain, sent
from hotline.ports.channel import Budget, Channel, Delivery, Outgoing, Reach
from hotline.ports.clock import Clock

log = logging.getLogger(__name__)

_NO_BUDGET: Mapping[str, str] = {
    "spent": "budget_spent",
    "window_closed": "window_closed",
    "left": "recipient_gone",
}
_STATES: Mapping[str, DeliveryState] = {
    "sent": DeliveryState.SENT,
    "refused": DeliveryState.REFUSED,
    "unknown": DeliveryState.UNKNOWN,
    "later": DeliveryState.REFUSED,
}


class Sending:
    """Errands of the task ``send``; the key is the message's id."""

    def __init__(
        self, database: Database, clock: Clock, conversations: Conversations, channels: Mapping[str, Channel]
    ) -> None:
        self._database = database
        self._clock = clock
        self._conversations = conversations
        self._channels = channels

    async def perform(self, errand: Errand) -> Delivery:
        """Ask the platform, unless its budget forbids it."""
        channel = self._channels.get(errand.payload["channel"])
        if channel is None:
            return Delivery("refused", "channel_absent")
        async with self._database.read() as reader:
            message = await self._conversations.message(reader, errand.key)
            reach = await store.reach_of(reader, channel.name, errand.payload["sender"])
        outgoing = Outgoing(
            conversation_id=message.conversation_id,
            message_id=message.id,
            recipient=errand.payload["sender"],
            kind=message.kind,
            text=message.text,
        )
        budget = channel.budget(reach or Reach(), self._clock.now())
        if budget.left < channel.cost(outgoing):
            return Delivery("refused", _no_budget(budget))
        return await channel.send(outgoing)

    async def settle(self, tx: Tx, errand: Errand, result: Delivery) -> TryAgain | None:
        """The state of the message, and what is left of the budget."""
        name, sender = errand.payload["channel"], errand.payload["sender"]
        before = await store.reach_of(tx, name, sender, lock=True)
        if before is not None:
            await store.save_reach(tx, name, sender, sent(before, result, self._clock.now()), is_new=False)
        if result.state == "later" and errand.attempts < SEND_TRIES:
            return TryAgain(f"{result.code} {result.detail}")
        if result.state != "sent":
            extra = {"channel": name, "code": result.code, "detail": result.detail}
            log.warning("a message was not delivered", extra=extra)
        await self._conversations.mark_delivery(tx, errand.key, _STATES[result.state], result.code or None)
        return None

    async def lost(self, tx: Tx, errand: Errand) -> TryAgain | None:
        """It may have been sent: a person decides whether to write again."""
        return await self.settle(tx, errand, Delivery("unknown", "unanswered", used=1))


def _no_budget(budget: Budget) -> str:
    """What is left may be too little for a long message."""
    return _NO_BUDGET.get(budget.reason, "budget_too_small")
