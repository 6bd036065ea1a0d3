"""Live views of calls."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from hotline.calls.events import CallChanged
from hotline.calls.views import CallPop, CallViews
from hotline.conversations.events import CaseLinked, ConversationChanged, MessagePosted
from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.queue.events import QueueItemChanged
from hotline.queue.feeds import MAY_SEE
from hotline.web.auth import Principal
from hotline.web.live import Entity, Feed

_AGENT = "agent:"


class MyCallsFeed:
    """``my.calls``: the screen pop of what rings at an agent, goes on or is being wrapped up.

    Entities are named by their conversation, as in ``my.desk``.
    """

    name = "my.calls"

    def __init__(self, views: CallViews) -> None:
        self._views = views

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """The agent's own."""
        return _AGENT + principal.id if principal.may("desk.work") else None

    def touched(self, event: Event) -> Iterable[str]:
        """The call's conversation."""
        told = CallChanged | QueueItemChanged | ConversationChanged | CaseLinked | MessagePosted
        return [event.conversation_id] if isinstance(event, told) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """Calls as ``CallPop``."""
        pops = await self._views.pops(reader, scope.removeprefix(_AGENT), ids)
        return [_entity(pop, version) for pop, version in pops]

    async def load_scopes(
        self, reader: Reader, scopes: Collection[str], ids: Sequence[str]
    ) -> Mapping[str, Sequence[Entity]]:
        """The same for those agents who have any of ``ids``."""
        agents = {scope.removeprefix(_AGENT) for scope in scopes}
        theirs = await self._views.pops_by_agent(reader, agents, ids)
        return {_AGENT + agent: [_entity(*one) for one in pops] for agent, pops in theirs.items()}


def _entity(pop: CallPop, version: int) -> Entity:
    return Entity(pop.conversation_id, version, pop.model_dump(mode="json"))


class MissedCallsFeed:
    """``calls.missed``: the worklist of missed calls. Entities are named by the call."""

    name = "calls.missed"

    def __init__(self, views: CallViews) -> None:
        self._views = views

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """The same for everybody who may see the queue."""
        return "all" if any(principal.may(one) for one in MAY_SEE) else None

    def touched(self, event: Event) -> Iterable[str]:
        """The call."""
        return [event.call_id] if isinstance(event, CallChanged) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """Calls as ``MissedCallView``."""
        found = await self._views.missed(reader, ids)
        return [Entity(view.id, view.version, view.model_dump(mode="json")) for view in found]


class CallsToFileFeed:
    """``calls.to_file``: calls that nobody wrote down. Entities are named by the call."""

    name = "calls.to_file"

    def __init__(self, views: CallViews) -> None:
        self._views = views

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """The same for everybody who may see the queue."""
        return "all" if any(principal.may(one) for one in MAY_SEE) else None

    def touched(self, event: Event) -> Iterable[str]:
        """The call."""
        return [event.call_id] if isinstance(event, CallChanged) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """Calls as ``CallView``."""
        found = await self._views.to_be_filed(reader, ids)
        return [Entity(view.id, view.version, view.model_dump(mode="json")) for view in found]


def call_feeds(views: CallViews) -> list[Feed]:
    """Every feed of calls."""
    return [MyCallsFeed(views), MissedCallsFeed(views), CallsToFileFeed(views)]
