"""What others may see of cases: shapes, and how rows become them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from hotline.cases.clocks import CaseClock
from hotline.cases.deadlines import DeadlineState
from hotline.cases.forms import Kind
from hotline.cases.history import Row
from hotline.cases.model import CaseState, Urgency
from hotline.cases.store import StoredCase
from hotline.contacts.views import ContactView
from hotline.staff.views import CrewView, UnitView
from hotline.web.endpoint import Schema

DeadlineShown = Literal["running", "met", "late", "paused", "stopped"]


class UnitRef(Schema):
    """A responsible unit."""

    id: str
    code: str
    name: str


class CrewRef(Schema):
    """A crew."""

    id: str
    name: str


class CaseBrief(Schema):
    """A case in a list. ``assignment_state`` is the lead's, or the viewing unit's own share."""

    id: str
    case_no: str
    version: int
    state: CaseState
    title: str
    category_code: str | None
    category_path: list[str]
    urgency: Urgency
    sla_code: str | None
    address: str
    channel: str
    request_type: str
    lead_unit: UnitRef | None
    registered_at: datetime
    finish_due_at: datetime | None
    closed_at: datetime | None
    overdue: bool
    assignment_state: str | None


class DeadlineView(Schema):
    """A clock. ``limit`` is minutes, or days where the basis is ``working_days``; ``late``: met, but late."""

    type: str
    assignment_id: str | None
    round: int
    basis: str
    start_at: datetime
    due_at: datetime
    met_at: datetime | None
    state: DeadlineShown
    limit: int


class ReportView(Schema):
    """What a unit reported. ``labour_cost`` is always 0 (DOMAIN §3.1)."""

    result_code: str
    narrative: str
    contacted_user: bool
    labour_cost: int


class TaskView(Schema):
    """A crew's visit."""

    id: str
    state: str
    crew: CrewRef


class ReturnView(Schema):
    """A unit's wish to give the case back."""

    reason_code: str
    legal_basis: str
    suggested_unit: str
    suggested_unit_name: str | None
    at: datetime


class AssignmentView(Schema):
    """One unit's share."""

    id: str
    version: int
    unit: UnitRef
    lead: bool
    state: str
    note: str | None
    sent_at: datetime
    signed_at: datetime | None
    reported_at: datetime | None
    report: ReportView | None
    return_request: ReturnView | None
    rework: dict[str, Any] | None
    tasks: list[TaskView]


class ActionFieldView(Schema):
    """One field of an action's form."""

    name: str
    kind: Kind
    required: bool
    choices: list[str]


class ActionView(Schema):
    """A button. ``reason`` is a code and ``message`` its text, where it is not allowed now.

    ``assignment_id`` goes back in the payload where it is not null. With ``confirm_roles`` the viewer only
    proposes, and one of those roles confirms.
    """

    action: str
    assignment_id: str | None
    allowed: bool
    reason: str | None
    message: str | None
    confirm_roles: list[str]
    fields: list[ActionFieldView]


class ProposalView(Schema):
    """What waits for somebody to confirm it by doing it; blank fields are taken from ``payload``."""

    action: str
    assignment_id: str | None
    payload: dict[str, Any]
    by_name: str
    at: datetime


class CaseView(CaseBrief):
    """A case with everything on its page. ``total_elapsed_s`` is the requester's whole wait (§2.5 pt 10)."""

    content: str
    room: str | None
    repair_class: str | None
    requester: ContactView | None
    anonymous: bool
    secret: bool
    accepted_at: datetime | None
    dispatched_at: datetime | None
    reported_at: datetime | None
    close_type: str | None
    rework_round: int
    total_elapsed_s: int
    deadlines: list[DeadlineView]
    assignments: list[AssignmentView]
    proposal: ProposalView | None
    actions: list[ActionView]


class CaseEventView(Schema):
    """One step of the history; ``payload`` is empty where it was erased."""

    seq: int
    at: datetime
    actor_name: str
    role: str
    action: str
    proposed: bool
    assignment_id: str | None
    from_state: str | None
    to_state: str
    payload: dict[str, Any]


class UnitAssignmentView(Schema):
    """A line of a unit's page. ``due_type`` is the clock that counts there: ``sign`` or ``finish``."""

    assignment_id: str
    case: CaseBrief
    state: str
    group: Literal["to_sign", "in_hand", "to_mend"]
    due_type: str | None
    due_at: datetime | None
    crew: CrewRef | None


class PreviewView(Schema):
    """What filing a case so would mean: its limits counted from now, and the unit the catalogue names."""

    sla_code: str
    urgency: Urgency
    deadlines: list[DeadlineView]
    unit: UnitRef | None


def unit_ref(unit: UnitView) -> UnitRef:
    """Shape a unit."""
    return UnitRef(id=unit.id, code=unit.code, name=unit.name)


def deadline_view(clock: CaseClock) -> DeadlineView:
    """Shape a clock."""
    deadline = clock.deadline
    shown: dict[DeadlineState, DeadlineShown] = {
        DeadlineState.RUNNING: "running",
        DeadlineState.PAUSED: "paused",
        DeadlineState.MET: "met",
        DeadlineState.MISSED: "late",
        DeadlineState.STOPPED: "stopped",
    }
    return DeadlineView(
        type=deadline.type,
        assignment_id=clock.assignment_id,
        round=clock.round,
        basis=deadline.basis,
        start_at=deadline.start_at,
        due_at=deadline.due_at,
        met_at=deadline.met_at,
        state=shown[deadline.state],
        limit=deadline.limit.amount,
    )


def assignment_view(
    case: StoredCase, row: Row, units: Mapping[str, UnitView], crews: Mapping[str, CrewView]
) -> AssignmentView:
    """Shape an assignment with its visits."""
    report = None
    if row.result_code is not None:
        report = ReportView.model_validate({name: getattr(row, name) for name in ReportView.model_fields})
    asked = row.return_request
    return AssignmentView(
        id=row.id,
        version=row.version,
        unit=unit_ref(units[row.unit_id]),
        lead=row.role == "lead",
        state=row.state,
        note=row.note,
        sent_at=row.sent_at,
        signed_at=row.signed_at,
        reported_at=row.reported_at,
        report=report,
        return_request=asked and ReturnView(**{name: asked.get(name) for name in ReturnView.model_fields}),
        rework=row.rework,
        tasks=[
            TaskView(id=task.id, state=task.state, crew=crew_ref(crews[task.crew_id]))
            for task in case.tasks
            if task.assignment_id == row.id
        ],
    )


def crew_ref(crew: CrewView) -> CrewRef:
    """Shape a crew."""
    return CrewRef(id=crew.id, name=crew.name)


def event_view(row: Row) -> CaseEventView:
    """Shape a step."""
    detail = row.detail or {}
    return CaseEventView(
        seq=row.seq,
        at=row.at,
        actor_name=detail.get("actor_name", ""),
        role=row.role,
        action=row.action,
        proposed=detail.get("proposed", False),
        assignment_id=row.assignment_id,
        from_state=row.from_state,
        to_state=row.to_state,
        payload=detail.get("payload", {}),
    )
