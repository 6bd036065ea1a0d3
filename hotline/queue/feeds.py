"""Live views of the queue. Items are named by their conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hotline.conversations.events import ConversationChanged, MessagePosted
from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.kernel.sealing import Sealer
from hotline.queue.events import AgentStateChanged, QueueItemChanged
from hotline.queue.views import agent_state_view, desk_items, queue_items
from hotline.web.auth import Principal
from hotline.web.live import Entity, Feed

MAY_SEE = ("queue.view", "desk.work")
_AGENT = "agent:"


def _touched_items(event: Event) -> Iterable[str]:
    if isinstance(event, QueueItemChanged | ConversationChanged | MessagePosted):
        return [event.conversation_id]
    return []


class QueueFeed:
    """``queue``: all that waits, is on offer, or was taken by somebody who is away."""

    name = "queue"

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """The same for everybody who may see the queue."""
        return "all" if any(principal.may(one) for one in MAY_SEE) else None

    def touched(self, event: Event) -> Iterable[str]:
        """The conversation's item."""
        return _touched_items(event)

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """Items as ``QueueItemView``."""
        views = await queue_items(reader, self._sealer, ids)
        return [Entity(view.id, view.version, view.model_dump(mode="json")) for view in views]


class DeskFeed:
    """``my.desk``: what is on offer to an agent, and what the agent holds."""

    name = "my.desk"

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """The agent's own."""
        return _AGENT + principal.id if principal.may("desk.work") else None

    def touched(self, event: Event) -> Iterable[str]:
        """The conversation's item."""
        return _touched_items(event)

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """Items as ``DeskItem``."""
        views = await desk_items(reader, self._sealer, scope.removeprefix(_AGENT), ids)
        return [Entity(view.id, view.version, view.model_dump(mode="json")) for view in views]


class AgentFeed:
    """``my.agent``: the agent's own state; one entity, named by the agent."""

    name = "my.agent"

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """The agent's own."""
        return _AGENT + principal.id if principal.may("desk.work") else None

    def touched(self, event: Event) -> Iterable[str]:
        """The agent."""
        return [event.user_id] if isinstance(event, AgentStateChanged) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """``AgentStateView``."""
        user_id = scope.removeprefix(_AGENT)
        if ids is not None and user_id not in ids:
            return []
        view = await agent_state_view(reader, user_id)
        return [Entity(user_id, view.version, view.model_dump(mode="json"))]


def queue_feeds(sealer: Sealer) -> list[Feed]:
    """Every feed of the queue."""
    return [QueueFeed(sealer), DeskFeed(sealer), AgentFeed()]
