"""The one way a case moves: every action, by whomever, goes through ``CaseSteps.act`` (DOMAIN §2.2-§2.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hotline.calendar.model import WorkCalendar
from hotline.cases import store
from hotline.cases.actor import CaseActor
from hotline.cases.case_rows import CASE_TRANSITIONS
from hotline.cases.forms import ASSIGNMENT, FORMS, as_form_problem, payload_problems
from hotline.cases.history import events_of, state_at
from hotline.cases.model import AssignmentState, CaseState, IllegalTransition
from hotline.cases.outcome import execute, propose
from hotline.cases.plans import Deed, Plan, plan
from hotline.cases.required_fields import missing_fields
from hotline.cases.scope import require_case
from hotline.cases.store import Row, StoredCase
from hotline.cases.taxonomy import Taxonomy
from hotline.cases.transition import Action, AnyRow
from hotline.cases.unit_rows import ASSIGNMENT_TRANSITIONS
from hotline.errors import Conflict, FieldProblem, Forbidden, InvalidInput
from hotline.kernel.db import Tx
from hotline.ports.clock import Clock

ON_ASSIGNMENT = frozenset(
    {
        *(Action.SIGN, Action.START_WORK, Action.REPORT, Action.REASSIGN),
        *(Action.REQUEST_RETURN, Action.APPROVE_RETURN, Action.REFUSE_RETURN),
    }
)
"""Actions done to one unit's share; without ``assignment_id`` it is the actor's unit's, or the only one."""


class CaseSteps:
    """The use case."""

    def __init__(self, clock: Clock, calendar: WorkCalendar, taxonomy: Taxonomy) -> None:
        self._clock = clock
        self._calendar = calendar
        self._taxonomy = taxonomy

    async def act(
        self, tx: Tx, case_no: str, action: str, version: int, payload: Mapping[str, Any], actor: CaseActor
    ) -> StoredCase:
        """Do ``action`` to the case as it is at ``version``; returns the case afterwards.

        Raises ``NotFound`` (also for another unit's case), ``Forbidden``, ``Conflict`` ("changed_meanwhile",
        with ``from``, ``to`` and what happened since), ``IllegalTransition`` and ``InvalidInput`` with the
        fields. ``sign`` with a ``crew_id`` also starts the work. What the actor may only propose is kept for
        another to confirm.
        """
        wanted = known_action(action)
        case = await require_case(tx, case_no, actor, lock=True)
        if version != case.row.version:
            raise await _changed_meanwhile(tx, case, version)
        given = {k: v for k, v in payload.items() if v is not None and v != ""}
        problems = payload_problems(wanted, given)
        if problems:
            raise InvalidInput(problems)
        if wanted is Action.SIGN and "crew_id" in given:
            signing = {k: v for k, v in given.items() if k != "crew_id"}
            signed = await self._step(tx, case, wanted, signing, actor)
            return await self._step(tx, signed, Action.START_WORK, given, actor)
        return await self._step(tx, case, wanted, given, actor)

    async def _step(
        self, tx: Tx, case: StoredCase, action: Action, payload: Mapping[str, Any], actor: CaseActor
    ) -> StoredCase:
        _refuse_without_right(case, action, actor)
        on = _targets(case, action, payload.get(ASSIGNMENT), actor)
        confirmers = actor.must_be_confirmed_by(action)
        given = {k: v for k, v in payload.items() if k != ASSIGNMENT}
        if not confirmers:
            given = {**_proposed(case, action, on), **given}
        deed = Deed(case, action, given, actor, self._clock.now(), on)
        rows = _rows_from(case, action, on)
        if not rows:
            raise IllegalTransition(
                "step_wrong_state",
                layer="case",
                action=str(action),
                state=case.row.state,
                reason="wrong_state",
            )
        made = await plan(tx, deed, self._taxonomy)
        _refuse_what_is_wrong(rows, made)
        if confirmers:
            await propose(tx, deed, made)
        else:
            await execute(tx, deed, made, self._calendar)
        return await store.reread(tx, case.id)


def known_action(name: str) -> Action:
    """The action of this name that can be done; ``InvalidInput`` for any other."""
    try:
        action = Action(name)
    except ValueError:
        action = None
    if action is None or action not in FORMS:
        raise InvalidInput([FieldProblem("action", "field_choice")])
    return action


def _refuse_without_right(case: StoredCase, action: Action, actor: CaseActor) -> None:
    if not actor.may(action, case.facts.urgency):
        raise Forbidden("step_not_permitted", action=str(action))
    if action is Action.CLOSE and case.row.registered_by == actor.actor:
        # §1.1: nobody asks the requester about a case of their own.
        raise Forbidden("step_own_case", action=str(action))


def _targets(
    case: StoredCase, action: Action, assignment_id: str | None, actor: CaseActor
) -> tuple[Row, ...]:
    if action not in ON_ASSIGNMENT:
        return ()
    mine = [a for a in case.effective if actor.sees_all or a.unit_id == actor.sees_unit]
    if assignment_id:
        named = tuple(a for a in mine if a.id == assignment_id)
        if not named:
            raise InvalidInput([FieldProblem(ASSIGNMENT, "field_choice")])
        return named
    ready = [a for a in mine if _assignment_rows(action, a)]
    if len(ready) > 1:
        raise InvalidInput([FieldProblem(ASSIGNMENT, "field_missing")])
    return tuple(ready or mine[:1])


def _assignment_rows(action: Action, assignment: Row) -> list[AnyRow]:
    state = AssignmentState(assignment.state)
    return [row for row in ASSIGNMENT_TRANSITIONS if row.action is action and state in row.sources]


def _rows_from(case: StoredCase, action: Action, on: Sequence[Row]) -> list[AnyRow]:
    """The rows that could be followed, before it is known to which state."""
    state = CaseState(case.row.state)
    of_case: list[AnyRow] = [r for r in CASE_TRANSITIONS if r.action is action and state in r.sources]
    of_units = [row for assignment in on for row in _assignment_rows(action, assignment)]
    return of_units if action in ON_ASSIGNMENT and not of_units else [*of_case, *of_units]


def _refuse_what_is_wrong(rows: Sequence[AnyRow], made: Plan) -> None:
    missing = [as_form_problem(found) for found in missing_fields(rows, made.facts)]
    named = {problem.field for problem in made.problems}
    problems = [*made.problems, *(problem for problem in missing if problem.field not in named)]
    if problems:
        raise InvalidInput(problems)


def _proposed(case: StoredCase, action: Action, on: Sequence[Row]) -> dict[str, Any]:
    """What was proposed for this very action and waits to be confirmed."""
    proposal = case.row.proposal
    assignment_id = on[0].id if on else None
    if proposal and proposal["action"] == action and proposal["assignment_id"] == assignment_id:
        return dict(proposal["payload"])
    return {}


async def _changed_meanwhile(tx: Tx, case: StoredCase, version: int) -> Conflict:
    since = await events_of(tx, case.id, after_version=version)
    changes = [
        {
            "action": row.action,
            "at": row.at.isoformat(),
            "actor_name": row.detail["actor_name"] if row.detail else None,
        }
        for row in since
    ]
    seen = await state_at(tx, case.id, version)
    params = {"from": seen, "to": case.row.state, "version": case.row.version, "changes": changes}
    return Conflict("changed_meanwhile", **params)
