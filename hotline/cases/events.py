"""What happens to cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CaseRegistered(Event):
    """A request has a number (C1)."""

    name: ClassVar[str] = "cases.case_registered"
    case_id: str
    case_no: str


@dataclass(frozen=True, kw_only=True)
class CaseMoved(Event):
    """One step of the transition table was taken; the case's own state may have stayed as it was.

    ``version`` is the case's version after the step; ``unit_ids`` and ``assignment_ids`` are all the units
    that have, or until now had, a share in the case.
    """

    name: ClassVar[str] = "cases.case_moved"
    case_id: str
    case_no: str
    action: str
    from_state: str
    to_state: str
    version: int
    unit_ids: list[str]
    assignment_ids: list[str]


@dataclass(frozen=True, kw_only=True)
class ActionProposed(Event):
    """Somebody proposed a step that another must confirm (§2.3 C3, §2.4 A3)."""

    name: ClassVar[str] = "cases.action_proposed"
    case_id: str
    case_no: str
    action: str
    version: int
    unit_ids: list[str]
    assignment_ids: list[str]
