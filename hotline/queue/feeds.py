"""Live views of the queue. Items are named by their conversation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from hotline.conversations.events import ConversationChanged, MessagePosted
from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.kernel.sealing import Sealer
from hotline.queue.events import AgentStateChanged, QueueItemChanged
from hotline.queue.views import (
    QueueItemView,
    agent_state_view,
    desk_items,
    desk_items_by_agent,
    queue_items,
)
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
        return [_entity(view) for view in await queue_items(reader, self._sealer, ids)]


def _entity(view: QueueItemView) -> Entity:
    return Entity(view.id, view.version, view.model_dump(mode="json"))


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
        return [_entity(view) for view in views]

    async def load_scopes(
        self, reader: Reader, scopes: Collection[str], ids: Sequence[str]
    ) -> Mapping[str, Sequence[Entity]]:
        """The same for those agents who have any of ``ids``."""
        agents = {scope.removeprefix(_AGENT) for scope in scopes}
        theirs = await desk_items_by_agent(reader, self._sealer, agents, ids)
        return {_AGENT + agent: [_entity(view) for view in views] for agent, views in theirs.items()}


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

    async def load_scopes(
        self, reader: Reader, scopes: Collection[str], ids: Sequence[str]
    ) -> Mapping[str, Sequence[Entity]]:
        """The same for the agents of ``ids``: ids are agents."""
        touched = [_AGENT + agent for agent in ids if _AGENT + agent in scopes]
        return {scope: await self.load(reader, scope, ids) for scope in touched}


def queue_feeds(sealer: Sealer) -> list[Feed]:
    """Every feed of the queue."""
    return [QueueFeed(sealer), DeskFeed(sealer), AgentFeed()]
