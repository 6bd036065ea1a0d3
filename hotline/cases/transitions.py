"""Applying the transition table: pure functions from facts to next states (DOMAIN §2.2-§2.4).

Nothing else decides a state. Between ``dispatched`` and ``reported`` a case's state is folded from its
assignments; everywhere else the C rows move it. Every refusal is an ``IllegalTransition`` with a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from hotline.cases.case_rows import CASE_TRANSITIONS
from hotline.cases.model import (
    AssignmentFacts,
    AssignmentRole,
    AssignmentState,
    CaseFacts,
    CaseState,
    IllegalTransition,
    TaskFacts,
    TaskState,
    at_most_one_lead,
    closed_has_answer,
)
from hotline.cases.transition import Action, AnyRow, S, Transition
from hotline.cases.unit_rows import ASSIGNMENT_TRANSITIONS, TASK_TRANSITIONS, UNIT_CASE_STATES

FOLDED_ACTIONS = frozenset(
    {
        *(Action.SIGN, Action.START_WORK, Action.REPORT, Action.DISPATCH, Action.REASSIGN),
        *(Action.REQUEST_RETURN, Action.APPROVE_RETURN, Action.REFUSE_RETURN),
    }
)
REWORK_ACTIONS = frozenset({Action.REWORK_AFTER_CHECK, Action.REWORK_AFTER_SURVEY, Action.REOPEN})
TASK_ACTIONS = frozenset(row.action for row in TASK_TRANSITIONS if row.roles or row.actors)


def fold_assignments(assignments: Iterable[AssignmentFacts]) -> CaseState:
    """The case's state between dispatched and reported, from its effective assignments (§2.2).

    Without a lead it waits for one (accepted), so a co-unit's return never sends a case back. Once one unit
    has reported and another has not begun, work is under way [D].
    """
    effective = [a for a in assignments if a.is_effective]
    if not any(a.role is AssignmentRole.LEAD for a in effective):
        return CaseState.ACCEPTED
    states = {a.state for a in effective}
    if states <= {AssignmentState.REPORTED, AssignmentState.PASSED}:
        return CaseState.REPORTED
    begun = {
        *(AssignmentState.IN_PROGRESS, AssignmentState.REWORK),
        *(AssignmentState.REPORTED, AssignmentState.PASSED),
    }
    return CaseState.HANDLING if states & begun else CaseState.DISPATCHED


def next_state(case: CaseFacts | None, assignments: Sequence[AssignmentFacts], action: Action) -> CaseState:
    """The case's state after ``action``; ``case`` is None before it is registered.

    ``assignments`` stand as the action leaves them (see ``next_assignment_state``), new ones included;
    ``case`` as before it, except that ``notified`` and ``exempt_code`` include what the action records.
    """
    source = case.state if case else None
    if case is None:
        target = _only_target(action, None)
    elif action in FOLDED_ACTIONS:
        target = _folded_target(case.state, assignments, action)
    else:
        target = _only_target(action, case.state)
    reason = _contradiction(case, assignments, action, target)
    if reason:
        raise _illegal("case", action, source, reason)
    return target


def next_assignment_state(assignment: AssignmentFacts, action: Action, case: CaseState) -> AssignmentState:
    """One assignment's state after ``action``; ``case`` is the case's state before it."""
    row = _row(ASSIGNMENT_TRANSITIONS, action, assignment.state)
    if row is None or (row.within and case not in row.within):
        raise _illegal("assignment", action, assignment.state, "wrong_state")
    if action is Action.REQUEST_RETURN and assignment.return_requests:
        raise _illegal("assignment", action, assignment.state, "return_used")
    return row.target


def next_task_state(task: TaskFacts | None, action: Action, assignment: AssignmentState) -> TaskState:
    """One task's state after ``action`` (None: it is offered); ``assignment`` is its parent's before it."""
    source = task.state if task else None
    row = _row(TASK_TRANSITIONS, action, source)
    if row is None or (row.within and assignment not in row.within):
        raise _illegal("task", action, source, "wrong_state")
    return row.target


@dataclass(frozen=True, slots=True)
class Step:
    """What one action changes: every layer as it stands afterwards, and the rows that were followed."""

    case: CaseState
    assignments: tuple[AssignmentFacts, ...]
    tasks: tuple[TaskFacts, ...]
    rows: tuple[AnyRow, ...]


def advance(
    case: CaseFacts,
    assignments: Sequence[AssignmentFacts],
    tasks: Sequence[TaskFacts],
    action: Action,
    *,
    on: Collection[str] = (),
) -> Step:
    """Carry an action of the case or of a unit through all three layers.

    ``on`` are the ids of the assignments it is done to; for actions of the whole case empty means every one
    that has such a step. The new assignments of ``dispatch`` are handed in with the rest, as sent.
    Crew actions touch their task only: ``next_task_state``.
    """
    if action in TASK_ACTIONS:
        raise _illegal("case", action, case.state, "task_action")
    touched = _touched(case, assignments, action, on)
    rows: list[AnyRow] = []
    after = []
    for assignment in assignments:
        if assignment.id in touched:
            rows += _rows_to(ASSIGNMENT_TRANSITIONS, action, assignment.state)
            target = next_assignment_state(assignment, action, case.state)
            used = assignment.return_requests + (action is Action.REQUEST_RETURN)
            assignment = replace(assignment, state=target, return_requests=used)
        after.append(assignment)
    ended = []
    for task in tasks:
        if task.assignment_id in touched and (found := _rows_to(TASK_TRANSITIONS, action, task.state)):
            rows += found
            task = replace(task, state=found[0].target)
        ended.append(task)
    target_state = next_state(case, after, action)
    rows += [r for r in _rows_to(CASE_TRANSITIONS, action, case.state) if r.target is target_state]
    return Step(target_state, tuple(after), tuple(ended), tuple(rows))


def _touched(
    case: CaseFacts, assignments: Sequence[AssignmentFacts], action: Action, on: Collection[str]
) -> frozenset[str]:
    if on:
        unknown = frozenset(on) - {a.id for a in assignments}
        if unknown:
            raise _illegal("assignment", action, case.state, "unknown_assignment")
        return frozenset(on)
    if action in FOLDED_ACTIONS - {Action.DISPATCH}:
        raise _illegal("assignment", action, case.state, "no_assignment_named")
    return frozenset(a.id for a in assignments if _row(ASSIGNMENT_TRANSITIONS, action, a.state))


def _rows_to(table: Iterable[Transition[S]], action: Action, source: S | None) -> list[Transition[S]]:
    return [
        row
        for row in table
        if row.action is action and (source in row.sources if source is not None else not row.sources)
    ]


def _row(table: Iterable[Transition[S]], action: Action, source: S | None) -> Transition[S] | None:
    return next(iter(_rows_to(table, action, source)), None)


def _only_target(action: Action, source: CaseState | None) -> CaseState:
    row = _row(CASE_TRANSITIONS, action, source)
    if row is None:
        raise _illegal("case", action, source, "wrong_state")
    return row.target


def _folded_target(source: CaseState, assignments: Sequence[AssignmentFacts], action: Action) -> CaseState:
    if source not in UNIT_CASE_STATES:
        raise _illegal("case", action, source, "wrong_state")
    target = fold_assignments(assignments)
    is_inner_step = target is source and action is not Action.DISPATCH
    if not is_inner_step and not any(
        row.target is target for row in _rows_to(CASE_TRANSITIONS, action, source)
    ):
        reason = "no_lead" if target is CaseState.ACCEPTED else "wrong_state"
        raise _illegal("case", action, source, reason)
    return target


def _contradiction(
    case: CaseFacts | None, assignments: Sequence[AssignmentFacts], action: Action, target: CaseState
) -> str | None:
    """Why the layers would not agree afterwards, or an invariant of §2.3 break."""
    effective = [a.state for a in assignments if a.is_effective]
    if not at_most_one_lead(assignments):
        return "two_leads"
    if action in REWORK_ACTIONS and fold_assignments(assignments) is not CaseState.HANDLING:
        return "nothing_to_rework"
    if action is Action.PASS and set(effective) != {AssignmentState.PASSED}:
        return "not_all_passed"
    if action in (Action.MERGE, Action.CANCEL) and set(effective) - {AssignmentState.PASSED}:
        return "assignment_open"
    if case is not None and not closed_has_answer(replace(case, state=target)):
        return "no_notice"
    return None


def _illegal(layer: str, action: Action, state: str | None, reason: str) -> IllegalTransition:
    return IllegalTransition(layer=layer, action=str(action), state=state, reason=reason)
