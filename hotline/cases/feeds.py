"""Live views of cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hotline.cases import store
from hotline.cases.actor import VIEW_ALL, VIEW_UNIT, CaseActor
from hotline.cases.events import ActionProposed, CaseMoved, CaseRegistered
from hotline.cases.model import FINAL_CASE_STATES, CaseState
from hotline.cases.scope import NotYours, require_case
from hotline.cases.service import Cases
from hotline.cases.store import CaseQuery
from hotline.errors import Forbidden, NotFound
from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.web.auth import Principal
from hotline.web.live import Entity, Feed

OPEN_STATES = tuple(str(state) for state in CaseState if state not in FINAL_CASE_STATES)
ALL = "all"
UNIT = "unit:"

CaseEvent = CaseRegistered | CaseMoved | ActionProposed


def case_feeds(cases: Cases) -> list[Feed]:
    """``cases``, ``case`` and ``unit.assignments``."""
    return [OpenCases(cases), OneCase(cases), UnitAssignments(cases)]


def _scope(principal: Principal) -> str | None:
    if principal.may(VIEW_ALL):
        return ALL
    if principal.may(VIEW_UNIT) and principal.unit_id:
        return f"{UNIT}{principal.unit_id}"
    return None


def _unit_of(scope: str) -> str | None:
    return None if scope == ALL else scope.removeprefix(UNIT)


class OpenCases:
    """Every case that has not ended, or a unit's; entities are ``CaseBrief``."""

    name = "cases"

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        return _scope(principal)

    def touched(self, event: Event) -> Iterable[str]:
        return [event.case_id] if isinstance(event, CaseEvent) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        if ids is None:
            rows = await store.listed(reader, CaseQuery(states=OPEN_STATES, scope_unit_id=_unit_of(scope)))
        else:
            rows = [row for row in await store.rows_by_id(reader, ids) if row.state in OPEN_STATES]
        briefs = await self._cases.views.briefs(reader, rows, _unit_of(scope))
        return [Entity(brief.id, brief.version, brief.model_dump(mode="json")) for brief in briefs]


class OneCase:
    """Tells the page of the case ``key`` (its number) that it changed; the page then loads it anew."""

    name = "case"

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        if key is None:
            return None
        actor = CaseActor.of(principal)
        try:
            async with self._cases.refusals_audited(actor, "case.watch", key):
                await require_case(reader, key, actor)
        except (NotYours, NotFound, Forbidden):
            return None
        return f"{key}|{_scope(principal)}"

    def touched(self, event: Event) -> Iterable[str]:
        return [event.case_no] if isinstance(event, CaseEvent) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        case_no, _, viewer = scope.partition("|")
        if ids is not None and case_no not in ids:
            return []
        case = await store.stored_by_no(reader, case_no)
        unit_id = _unit_of(viewer)
        if case is None or (unit_id is not None and case.assignment_of(unit_id) is None):
            return []
        row = case.row
        return [Entity(case_no, row.version, {"version": row.version, "state": row.state})]


class UnitAssignments:
    """What a unit has to do; entities are ``UnitAssignmentView`` under the assignment's id."""

    name = "unit.assignments"

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        if not principal.may(VIEW_UNIT) or principal.unit_id is None:
            return None
        return f"{UNIT}{principal.unit_id}"

    def touched(self, event: Event) -> Iterable[str]:
        return event.assignment_ids if isinstance(event, CaseMoved | ActionProposed) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        lines = await self._cases.views.unit_assignments(reader, scope.removeprefix(UNIT), ids)
        return [Entity(line.assignment_id, line.case.version, line.model_dump(mode="json")) for line in lines]
