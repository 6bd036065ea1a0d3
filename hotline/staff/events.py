"""What happens to accounts, roles, units and crews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class UserChanged(Event):
    """An account was made, changed, switched off or given another password."""

    name: ClassVar[str] = "staff.user_changed"
    user_id: str


@dataclass(frozen=True, kw_only=True)
class RoleChanged(Event):
    """A role's name or capabilities changed."""

    name: ClassVar[str] = "staff.role_changed"
    code: str


@dataclass(frozen=True, kw_only=True)
class UnitChanged(Event):
    """A responsible unit was made or changed."""

    name: ClassVar[str] = "staff.unit_changed"
    unit_id: str


@dataclass(frozen=True, kw_only=True)
class CrewChanged(Event):
    """A crew, its captain or its members changed."""

    name: ClassVar[str] = "staff.crew_changed"
    crew_id: str
    unit_id: str
