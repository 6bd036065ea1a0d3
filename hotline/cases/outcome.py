"""Writing down a step: the three layers, the clocks, the history and the events, all in one unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from hotline.calendar.model import WorkCalendar
from hotline.cases import store
from hotline.cases.case_rows import CASE_TRANSITIONS
from hotline.cases.clocks import CaseClocks, Moment
from hotline.cases.events import ActionProposed, CaseMoved
from hotline.cases.history import Happened, append_event
from hotline.cases.model import (
    FINAL_CASE_STATES,
    AssignmentFacts,
    AssignmentRole,
    AssignmentState,
    CaseState,
    DeadlineType,
    IllegalTransition,
    SurveyExempt,
    TaskState,
    Urgency,
)
from hotline.cases.plans import Deed, Plan
from hotline.cases.store import StoredCase
from hotline.cases.tables import case_assignment, case_task
from hotline.cases.transition import Action, Clocks
from hotline.cases.transitions import Step, advance, next_task_state
from hotline.cases.unit_rows import ASSIGNMENT_TRANSITIONS
from hotline.errors import Conflict
from hotline.kernel.db import Tx
from hotline.kernel.ids import new_id


def foresee(deed: Deed, made: Plan) -> Step:
    """Where the action leads in all three layers; ``IllegalTransition`` ("step_<reason>") where nowhere."""
    exempt = made.case.get("exempt_code")
    facts = replace(
        deed.case.facts,
        notified=deed.case.facts.notified or made.case.get("notified") is not None,
        exempt_code=SurveyExempt(exempt) if exempt else deed.case.facts.exempt_code,
    )
    new = tuple(
        AssignmentFacts(
            row["id"],
            row["unit_id"],
            AssignmentRole(row["role"]),
            AssignmentState.SENT,
            row["return_requests"],
        )
        for row in made.new_assignments
    )
    try:
        return advance(
            facts,
            (*deed.case.assignment_facts, *new),
            deed.case.task_facts,
            deed.action,
            on=[row.id for row in deed.on],
        )
    except IllegalTransition as refused:
        raise IllegalTransition(f"step_{refused.params['reason']}", **refused.params) from refused


async def propose(tx: Tx, deed: Deed, made: Plan) -> None:
    """Keep the action with its payload until somebody confirms it by doing it."""
    foresee(deed, made)
    proposal = {
        "action": str(deed.action),
        "assignment_id": deed.assignment_id,
        "payload": dict(deed.payload),
        "by": deed.actor.actor,
        "by_name": deed.actor.name,
        "at": deed.now.isoformat(),
    }
    state = deed.case.row.state
    await _write_case(tx, deed, {"proposal": proposal}, state, made.told, proposed=True)
    tx.emit(
        ActionProposed(
            aggregate=f"case:{deed.case.id}",
            case_id=deed.case.id,
            case_no=deed.case.row.case_no,
            action=str(deed.action),
            version=deed.case.row.version + 1,
            **_concerned(deed.case, made),
        )
    )


async def execute(tx: Tx, deed: Deed, made: Plan, calendar: WorkCalendar) -> None:
    """Take the step."""
    step = foresee(deed, made)
    values = {**made.case, **_milestones(deed, step.case)}
    for row in made.new_assignments:
        await tx.execute(case_assignment.insert(), row)
    touched = await _write_layers(tx, deed, made, step)
    clocks = CaseClocks(calendar, await store.deadlines(tx, [deed.case.id]))
    _run_clocks(clocks, deed, made, step, touched, values)
    await clocks.save(tx, deed.case.id)
    values |= {"state": str(step.case), **_finish(clocks, step)}
    if not _still_stands(deed.case.row.proposal, step):
        values["proposal"] = None
    await _write_case(tx, deed, values, str(step.case), made.told)
    tx.emit(
        CaseMoved(
            aggregate=f"case:{deed.case.id}",
            case_id=deed.case.id,
            case_no=deed.case.row.case_no,
            action=str(deed.action),
            from_state=deed.case.row.state,
            to_state=str(step.case),
            version=deed.case.row.version + 1,
            **_concerned(deed.case, made),
        )
    )


def _milestones(deed: Deed, target: CaseState) -> dict[str, Any]:
    """Instants of the case that the new state brings."""
    row, now = deed.case.row, deed.now
    values: dict[str, Any] = {}
    if target is CaseState.ACCEPTED and row.state != target:
        values = {"accepted_at": row.accepted_at or now, "clocks_from_at": now, "dispatched_at": None}
    elif deed.action is Action.DISPATCH:
        values = {"dispatched_at": now, "holder": None}
    elif target is CaseState.REPORTED and row.state != target:
        values = {"reported_at": now}
    if target in FINAL_CASE_STATES:
        values |= {"closed_at": now, "holder": None}
    return values


async def _write_layers(tx: Tx, deed: Deed, made: Plan, step: Step) -> set[str]:
    """Assignments and tasks as the step leaves them; returns the assignments it was done to."""
    rows = {row.id: row for row in deed.case.assignments}
    touched = {row.id for row in deed.on}
    for facts in step.assignments:
        row = rows.get(facts.id)
        if row is not None and (facts.state != row.state or row.id in touched):
            touched.add(row.id)
            await store.update_assignment(tx, row, {**made.assignment, "state": str(facts.state)})
    tasks = {row.id: row for row in deed.case.tasks}
    for task in step.tasks:
        if task.state != tasks[task.id].state:
            ended = None if task.is_open else deed.now
            await store.update_task(tx, tasks[task.id], {"state": str(task.state), "ended_at": ended})
    if made.crew_id is not None:
        await _offer(tx, deed, made.crew_id)
    return touched


async def _offer(tx: Tx, deed: Deed, crew_id: str) -> None:
    """The unit sends a crew (T1) with the start of its work; skill and ETA are for a search to find."""
    assignment = deed.on[0]
    state = next_task_state(None, Action.OFFER_TASK, AssignmentState(assignment.state))
    row = {
        "id": new_id(),
        "case_id": deed.case.id,
        "assignment_id": assignment.id,
        "crew_id": crew_id,
        "state": str(TaskState(state)),
        "version": 1,
        "offered_by": deed.actor.actor,
        "offered_at": deed.now,
    }
    await tx.execute(case_task.insert(), row)


def _run_clocks(
    clocks: CaseClocks, deed: Deed, made: Plan, step: Step, touched: set[str], values: Mapping[str, Any]
) -> None:
    case = {**deed.case.row._mapping, **values}
    moment = Moment(
        deed.now,
        Urgency(case["urgency"]),
        case["sla_code"],
        case["clocks_from_at"],
        case["appointment_at"],
        case["rework_round"],
    )
    if deed.action in (Action.REFUSE_RETURN, Action.APPROVE_RETURN):
        for assignment_id in touched:
            clocks.hold_for_late_decision(assignment_id, deed.now)
    effects = [row.clocks for row in step.rows]
    if deed.action is Action.REPORT and deed.payload.get("contacted_user") is True:
        effects.append(Clocks(meets=(DeadlineType.CONTACT,)))
    if step.case in FINAL_CASE_STATES:
        # What never happened (a requester whom the unit did not call) is not waited for any more.
        effects.append(Clocks(stops=tuple(DeadlineType)))
        touched = {a.id for a in step.assignments}
    clocks.apply(effects, touched, moment)
    for row in made.new_assignments:
        clocks.start_unit(row["id"], moment)
    if made.crew_id is not None:
        clocks.start_unit(deed.on[0].id, moment, crew_assigned=True)


def _finish(clocks: CaseClocks, step: Step) -> dict[str, datetime | str | None]:
    lead = next((a.id for a in step.assignments if a.is_effective and a.role is AssignmentRole.LEAD), None)
    clock = clocks.latest(DeadlineType.FINISH, lead) if lead else None
    if clock is None:
        return {"finish_due_at": None, "finish_state": None}
    return {"finish_due_at": clock.deadline.due_at, "finish_state": str(clock.deadline.state)}


def _still_stands(proposal: Mapping[str, Any] | None, step: Step) -> bool:
    """Whether what was proposed could still be done after the step."""
    if not proposal:
        return False
    if proposal["assignment_id"] is None:
        return any(r.action == proposal["action"] and step.case in r.sources for r in CASE_TRANSITIONS)
    state = next(a.state for a in step.assignments if a.id == proposal["assignment_id"])
    return any(r.action == proposal["action"] and state in r.sources for r in ASSIGNMENT_TRANSITIONS)


async def _write_case(
    tx: Tx,
    deed: Deed,
    values: Mapping[str, Any],
    to_state: str,
    told: Mapping[str, Any],
    *,
    proposed: bool = False,
) -> None:
    row = deed.case.row
    happened = Happened(
        deed.now,
        deed.actor,
        deed.action,
        row.state,
        to_state,
        row.version + 1,
        deed.assignment_id,
        proposed,
        told,
    )
    hashed = await append_event(tx, row.id, row.event_seq + 1, row.event_hash, happened)
    head = {"event_seq": row.event_seq + 1, "event_hash": hashed, "anchored": False}
    if not await store.update_case(tx, row.id, row.version, {**values, **head}):
        raise Conflict("changed_meanwhile")


def _concerned(case: StoredCase, made: Plan) -> dict[str, list[str]]:
    """Every unit and assignment of the case, the former and the new ones."""
    rows = [(a.unit_id, a.id) for a in case.assignments]
    rows += [(a["unit_id"], a["id"]) for a in made.new_assignments]
    return {
        "unit_ids": list(dict.fromkeys(unit_id for unit_id, _ in rows)),
        "assignment_ids": [assignment_id for _, assignment_id in rows],
    }
