"""Hears what citizens write and say: danger raises an alarm at once, the rest is to be read."""

from __future__ import annotations

from typing import cast

from hotline.calls import store as calls
from hotline.conversations.events import MessagePosted
from hotline.conversations.model import Author
from hotline.kernel.db import Tx
from hotline.kernel.events import Recorded
from hotline.kernel.relay import Subscription
from hotline.ports.audiosink import Leg
from hotline.recordings.events import SegmentHeard
from hotline.suggestions.dangers import Dangers
from hotline.suggestions.model import TOGETHER
from hotline.suggestions.service import Suggestions
from hotline.suggestions.utterances import segment_id, utterances_of


class Hearing:
    """Hears what is final, inside the relay's unit of work; ``guesses`` hears what may still change."""

    def __init__(self, dangers: Dangers, suggestions: Suggestions) -> None:
        self._dangers = dangers
        self._suggestions = suggestions

    def subscriptions(self) -> list[Subscription]:
        """What is to be heard."""
        return [
            Subscription("suggestions", MessagePosted, self.message_posted),
            Subscription("suggestions", SegmentHeard, self.segment_heard),
        ]

    async def message_posted(self, tx: Tx, recorded: Recorded) -> None:
        """A message of a chat."""
        event = cast(MessagePosted, recorded.event)
        if event.author == Author.CITIZEN:
            await self._heard(tx, event.conversation_id, event.message_id)

    async def segment_heard(self, tx: Tx, recorded: Recorded) -> None:
        """Words of a call that stand in its transcript."""
        event = cast(SegmentHeard, recorded.event)
        if event.leg != Leg.CITIZEN:
            return
        row = await calls.by_id(tx, event.call_id)
        if row is not None:
            await self._heard(tx, row.conversation_id, segment_id(event.call_id, event.number))

    async def _heard(self, tx: Tx, conversation_id: str, source_id: str) -> None:
        said = await utterances_of(tx, conversation_id)
        at = next((n for n, one in enumerate(said) if one.id == source_id), None)
        if at is None:
            return
        await self._dangers.heard(tx, conversation_id, said[max(0, at + 1 - TOGETHER) : at + 1])
        await self._suggestions.want(tx, conversation_id)
