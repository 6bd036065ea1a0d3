"""Live views of conversations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hotline.conversations import store
from hotline.conversations.events import MessageChanged, MessagePosted
from hotline.conversations.views import messages_of
from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.web.auth import Principal
from hotline.web.live import Entity, Feed


class MessagesFeed:
    """``messages``: the messages of the conversation named by the key, for agents."""

    name = "messages"

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """The conversation."""
        if key is None or not principal.may("desk.work"):
            return None
        return key if await store.by_id(reader, key) is not None else None

    def touched(self, event: Event) -> Iterable[str]:
        """The message."""
        return [event.message_id] if isinstance(event, MessagePosted | MessageChanged) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """Messages by id."""
        views = await messages_of(reader, scope, ids)
        return [Entity(view.id, view.version, view.model_dump(mode="json")) for view in views]


def conversation_feeds() -> list[Feed]:
    """Every feed of conversations."""
    return [MessagesFeed()]
