"""Live views of the citizen page; each visitor sees only the own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hotline.cases.events import ActionProposed, CaseMoved, CaseRegistered
from hotline.cases.service import Cases
from hotline.conversations.events import (
    CaseLinked,
    ConversationChanged,
    ConversationOpened,
    MessageChanged,
    MessagePosted,
)
from hotline.conversations.views import messages_of_sender
from hotline.intake.views import WEB, citizen_cases, standing, standing_version
from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.queue.events import QueueItemChanged
from hotline.web.auth import Principal
from hotline.web.live import Entity, Feed

_CITIZEN = "citizen:"
STANDING = "state"


class _OfVisitor:
    """A view that belongs to one visitor."""

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """The visitor's own."""
        return _CITIZEN + principal.id if principal.kind == "citizen" else None


class CitizenMessages(_OfVisitor):
    """``citizen.messages``: the thread, over all of the visitor's conversations."""

    name = "citizen.messages"

    def touched(self, event: Event) -> Iterable[str]:
        """The message."""
        return [event.message_id] if isinstance(event, MessagePosted | MessageChanged) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """Messages as ``MessageView``."""
        views = await messages_of_sender(reader, WEB, scope.removeprefix(_CITIZEN), ids)
        return [Entity(view.id, view.version, view.model_dump(mode="json")) for view in views]


class CitizenStanding(_OfVisitor):
    """``citizen.state``: one entity that says who is serving, or the place in the queue."""

    name = "citizen.state"

    def touched(self, event: Event) -> Iterable[str]:
        """Anybody's move in the queue may move everybody else's place."""
        moves = QueueItemChanged | ConversationChanged | ConversationOpened
        return [STANDING] if isinstance(event, moves) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """``StandingView``."""
        visitor = scope.removeprefix(_CITIZEN)
        view = await standing(reader, visitor)
        version = await standing_version(reader, visitor)
        return [Entity(STANDING, version, view.model_dump(mode="json"))]


class CitizenCases(_OfVisitor):
    """``citizen.cases``: the cases made from the visitor's conversations, under the cases' ids."""

    name = "citizen.cases"

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def touched(self, event: Event) -> Iterable[str]:
        """The case."""
        told = CaseLinked | CaseRegistered | CaseMoved | ActionProposed
        return [event.case_id] if isinstance(event, told) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """``CitizenCaseView``."""
        found = await citizen_cases(reader, self._cases, scope.removeprefix(_CITIZEN), ids)
        return [Entity(i, version, view.model_dump(mode="json")) for i, (version, view) in found.items()]


def citizen_feeds(cases: Cases) -> list[Feed]:
    """Every feed of the citizen page."""
    return [CitizenMessages(), CitizenStanding(), CitizenCases(cases)]
