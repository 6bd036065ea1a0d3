"""Who does something to a case: a person with roles, or the system itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hotline.cases.available_actions import ALL_ROWS, confirming_roles, is_permitted
from hotline.cases.model import Urgency
from hotline.cases.transition import Action, Actor
from hotline.web.auth import Principal

VIEW_ALL = "case.view_all"
VIEW_UNIT = "case.view_unit"


@dataclass(frozen=True)
class CaseActor:
    """``actor`` is ``staff:<id>``, ``citizen:<id>`` or ``system:<kind>``; ``kind`` is None for a person."""

    actor: str
    name: str
    roles: tuple[str, ...] = ()
    capabilities: frozenset[str] = frozenset()
    unit_id: str | None = None
    address: str | None = None
    kind: Actor | None = None

    @classmethod
    def of(cls, principal: Principal, address: str | None = None) -> CaseActor:
        """A signed-in member of staff; ``address`` is the peer's."""
        return cls(
            principal.actor,
            principal.name,
            principal.roles,
            principal.capabilities,
            principal.unit_id,
            address,
        )

    @classmethod
    def system(cls, kind: Actor) -> CaseActor:
        """The system acting by itself, in one of the parts that the table names."""
        return cls(f"system:{kind}", "", kind=kind)

    @property
    def sees_all(self) -> bool:
        """Whether cases of every unit are its business."""
        return self.kind is not None or VIEW_ALL in self.capabilities

    @property
    def sees_unit(self) -> str | None:
        """The unit whose cases are its business, where not all are."""
        return self.unit_id if VIEW_UNIT in self.capabilities else None

    def may(self, action: Action, urgency: Urgency) -> bool:
        """Whether the table, or the roles' capabilities, let this one do the action or propose it."""
        if self.kind is not None:
            return any(self.kind in row.actors for row in ALL_ROWS if row.action is action)
        return is_permitted(action, urgency, self.capabilities)

    def must_be_confirmed_by(self, action: Action) -> tuple[str, ...]:
        """The roles that confirm what this one can only propose."""
        return () if self.kind is not None else confirming_roles(action, self.capabilities)

    def role_for(self, action: Action) -> str:
        """The role in which the action is done: one that the table names, else the first."""
        if self.kind is not None:
            return str(self.kind)
        named: Collection[str] = {
            role
            for row in ALL_ROWS
            if row.action is action
            for role in (*row.roles, *row.urgent_roles, *row.confirm_roles)
        }
        return next((role for role in self.roles if role in named), self.roles[0] if self.roles else "")
