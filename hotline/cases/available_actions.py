"""What can be done with a case now, and by whom: the buttons of every page (DOMAIN §2.3, §2.4).

A capability is ``case.<action>``; where a row names other roles for E0 and E1, those hold
``case.<action>.urgent``; where it names who confirms, those hold ``case.<action>.confirm``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from hotline.cases.case_rows import CASE_TRANSITIONS
from hotline.cases.model import AssignmentFacts, CaseFacts, IllegalTransition, Urgency
from hotline.cases.transition import Action, AnyRow
from hotline.cases.transitions import next_assignment_state
from hotline.cases.unit_rows import ASSIGNMENT_TRANSITIONS, TASK_TRANSITIONS

ALL_ROWS: tuple[AnyRow, ...] = (*CASE_TRANSITIONS, *ASSIGNMENT_TRANSITIONS, *TASK_TRANSITIONS)
_UNIT_ACTIONS = tuple(dict.fromkeys(row.action for row in ASSIGNMENT_TRANSITIONS if row.roles))
_CASE_ACTIONS = tuple(
    dict.fromkeys(row.action for row in CASE_TRANSITIONS if row.sources and (row.roles or row.actors))
)


@dataclass(frozen=True, slots=True)
class ActionChoice:
    """One button. ``reason`` is None when it may be pressed; ``confirm_roles`` must then still confirm it.

    ``assignment_id`` is None for actions of the whole case. Reasons: ``not_permitted``, ``wrong_state``,
    ``own_case``, ``return_used``.
    """

    action: Action
    assignment_id: str | None
    reason: str | None
    confirm_roles: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.reason is None


def available_actions(
    case: CaseFacts,
    assignments: Sequence[AssignmentFacts],
    capabilities: Collection[str],
    *,
    actor_id: str | None = None,
) -> tuple[ActionChoice, ...]:
    """Every action on the case and on the assignments given, each allowed or with the reason it is not.

    A unit's page hands in its own assignments only. Crew actions are on the task's page.
    """
    return (
        *(_case_choice(case, action, capabilities, actor_id) for action in _CASE_ACTIONS),
        *(
            _unit_choice(case, assignment, action, capabilities)
            for assignment in assignments
            for action in _UNIT_ACTIONS
        ),
    )


def capability(action: Action) -> str:
    """The capability an action asks for, e.g. ``case.dispatch``."""
    return f"case.{action}"


def is_permitted(action: Action, urgency: Urgency, capabilities: Collection[str]) -> bool:
    """Whether these capabilities carry the action on a case of this urgency, at least to propose it."""
    name = capability(action)
    if urgency.is_urgent and any(row.urgent_roles for row in ALL_ROWS if row.action is action):
        return f"{name}.urgent" in capabilities
    return name in capabilities or f"{name}.confirm" in capabilities


def confirming_roles(action: Action, capabilities: Collection[str]) -> tuple[str, ...]:
    """Roles that must confirm what these capabilities only propose; empty when nobody must."""
    if f"{capability(action)}.confirm" in capabilities:
        return ()
    return tuple(
        dict.fromkeys(role for row in ALL_ROWS if row.action is action for role in row.confirm_roles)
    )


def role_capabilities() -> dict[str, frozenset[str]]:
    """The case capabilities of each role the table names: the default of the roles' data."""
    found: dict[str, set[str]] = {}
    for role, name in _granted():
        found.setdefault(role, set()).add(name)
    return {role: frozenset(names) for role, names in found.items()}


def _granted() -> Iterator[tuple[str, str]]:
    for row in ALL_ROWS:
        name = capability(row.action)
        yield from ((role, name) for role in row.roles)
        yield from ((role, f"{name}.confirm") for role in row.confirm_roles)
        yield from ((role, f"{name}.urgent") for role in row.urgent_roles)


def _case_choice(
    case: CaseFacts, action: Action, capabilities: Collection[str], actor_id: str | None
) -> ActionChoice:
    sources = {state for row in CASE_TRANSITIONS if row.action is action for state in row.sources}
    reason = None
    if not is_permitted(action, case.urgency, capabilities):
        reason = "not_permitted"
    elif case.state not in sources:
        reason = "wrong_state"
    elif action is Action.CLOSE and actor_id is not None and actor_id == case.registered_by:
        # §1.1: nobody asks the requester about a case of their own.
        reason = "own_case"
    return ActionChoice(action, None, reason, () if reason else confirming_roles(action, capabilities))


def _unit_choice(
    case: CaseFacts, assignment: AssignmentFacts, action: Action, capabilities: Collection[str]
) -> ActionChoice:
    reason = None
    if not is_permitted(action, case.urgency, capabilities):
        reason = "not_permitted"
    else:
        try:
            next_assignment_state(assignment, action, case.state)
        except IllegalTransition as refused:
            reason = str(refused.params["reason"])
    confirm = () if reason else confirming_roles(action, capabilities)
    return ActionChoice(action, assignment.id, reason, confirm)
