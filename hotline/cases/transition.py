"""What a row of the transition table is (DOMAIN §2.3, §2.4).

The rows stand in ``case_rows`` (C1-C20) and ``unit_rows`` (A1-A5, T1-T5); ``transitions`` applies them.
An action may have rows in several layers: ``report`` moves the unit's assignment (A5), thereby perhaps the
case (C11), and ends the crew's open visits (T6). The row that names roles is what a person does; rows
without roles follow it. Rows the text does not have are marked ``ours`` [D].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from hotline.cases.model import AssignmentState, CaseState, DeadlineType, TaskState

S = TypeVar("S", CaseState, AssignmentState, TaskState)


class Layer(StrEnum):
    CASE = "case"
    ASSIGNMENT = "assignment"
    TASK = "task"


class Action(StrEnum):
    """What is done; a capability and a button each (DOMAIN §1.2)."""

    REGISTER = "register"
    DIRECT_ANSWER = "direct_answer"
    REJECT_ACCEPTANCE = "reject_acceptance"
    SEND_VERIFIER = "send_verifier"
    CONFIRM_VERIFICATION = "confirm_verification"
    REFUTE_VERIFICATION = "refute_verification"
    ACCEPT = "accept"
    DISPATCH = "dispatch"
    REASSIGN = "reassign"
    SUSPEND = "suspend"
    RESUME = "resume"
    SEND_CHECK = "send_check"
    REWORK_AFTER_CHECK = "rework_after_check"
    PASS = "pass"  # noqa: S105 - a verb, no password
    CLOSE = "close"
    REWORK_AFTER_SURVEY = "rework_after_survey"
    REOPEN = "reopen"
    ARCHIVE = "archive"
    MERGE = "merge"
    CANCEL = "cancel"
    SIGN = "sign"
    REQUEST_RETURN = "request_return"
    APPROVE_RETURN = "approve_return"
    REFUSE_RETURN = "refuse_return"
    START_WORK = "start_work"
    REPORT = "report"
    OFFER_TASK = "offer_task"
    ACCEPT_TASK = "accept_task"
    DECLINE_TASK = "decline_task"
    EXPIRE_TASK = "expire_task"
    DEPART = "depart"
    ARRIVE = "arrive"
    BEGIN_TASK = "begin_task"
    BLOCK_TASK = "block_task"
    UNBLOCK_TASK = "unblock_task"
    FINISH_TASK = "finish_task"


class Actor(StrEnum):
    """Who acts besides people with a role."""

    REQUESTER = "requester"
    CHANNEL_GATEWAY = "channel_gateway"
    DEVICE = "device"
    RULE_ENGINE = "rule_engine"
    UNIT_SYSTEM = "unit_system"
    ROBOT = "robot"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Clocks:
    """Effects on deadlines. ``meets``: what they waited for has happened; ``stops``: they no longer apply."""

    starts: tuple[DeadlineType, ...] = ()
    meets: tuple[DeadlineType, ...] = ()
    stops: tuple[DeadlineType, ...] = ()
    pauses: tuple[DeadlineType, ...] = ()
    resumes: tuple[DeadlineType, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition(Generic[S]):
    """One row: from ``sources`` (none: it is created) to ``target``.

    ``roles`` may do it, or only propose it where ``confirm_roles`` are named; ``urgent_roles`` stand in
    their place for E0 and E1. ``within`` are the states the parent may be in beforehand (empty: any).
    ``required`` names rules of ``required_fields``; ``notice`` names who is told.
    """

    code: str
    action: Action
    sources: tuple[S, ...]
    target: S
    roles: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    clocks: Clocks = Clocks()
    notice: tuple[str, ...] = ()
    actors: tuple[Actor, ...] = ()
    confirm_roles: tuple[str, ...] = ()
    urgent_roles: tuple[str, ...] = ()
    within: tuple[CaseState | AssignmentState, ...] = ()
    ours: bool = False

    @property
    def layer(self) -> Layer:
        return {CaseState: Layer.CASE, AssignmentState: Layer.ASSIGNMENT, TaskState: Layer.TASK}[
            type(self.target)
        ]


AnyRow = Transition[CaseState] | Transition[AssignmentState] | Transition[TaskState]
