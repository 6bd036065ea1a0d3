"""The rows of the units' two layers: DOMAIN §2.4, A1 to A5 and T1 to T5, and our own beyond them [D]."""

from __future__ import annotations

from hotline.cases.case_rows import UNIT_CLOCKS
from hotline.cases.model import AssignmentState as A
from hotline.cases.model import CaseState as C
from hotline.cases.model import DeadlineType as D
from hotline.cases.model import TaskState as T
from hotline.cases.transition import Action, Actor, Clocks, Transition

UNIT_CASE_STATES = (C.ACCEPTED, C.DISPATCHED, C.HANDLING)
"""Where units act. Accepted too: a co-unit goes on while the lead is chosen anew (§2.2)."""

_UNFINISHED = (A.SENT, A.SIGNED, A.RETURN_REQUESTED, A.IN_PROGRESS, A.REPORTED, A.REWORK)
_AT_WORK = (A.SIGNED, A.IN_PROGRESS, A.REWORK)
_OPEN_TASK = (T.OFFERED, T.ACCEPTED, T.EN_ROUTE, T.ARRIVED, T.WORKING, T.BLOCKED)
_LEFT_UNIT = Clocks(meets=(D.RETURN_DECISION,), stops=UNIT_CLOCKS)

ASSIGNMENT_TRANSITIONS: tuple[Transition[A], ...] = (
    Transition(
        "A1",
        Action.SIGN,
        (A.SENT,),
        A.SIGNED,
        roles=("unit_clerk",),
        urgent_roles=("unit_clerk", "crew_captain"),
        actors=(Actor.UNIT_SYSTEM,),
        required=("sign_user",),
        clocks=Clocks(meets=(D.SIGN,)),
        within=UNIT_CASE_STATES,
    ),
    Transition(
        "A2",
        Action.REQUEST_RETURN,
        (A.SENT, A.SIGNED),
        A.RETURN_REQUESTED,
        roles=("unit_clerk",),
        urgent_roles=("unit_hotline_deputy",),
        required=("reason_code", "legal_basis", "suggested_unit"),
        clocks=Clocks(starts=(D.RETURN_DECISION,)),
        notice=("dispatcher",),
        within=UNIT_CASE_STATES,
    ),
    Transition(
        "A3",
        Action.APPROVE_RETURN,
        (A.RETURN_REQUESTED,),
        A.RETURNED,
        roles=("dispatcher",),
        confirm_roles=("shift_lead",),
        required=("return_id", "decision", "reason"),
        clocks=_LEFT_UNIT,
        notice=("unit_clerk",),
        within=UNIT_CASE_STATES,
    ),
    Transition(
        "A3",
        Action.REFUSE_RETURN,
        (A.RETURN_REQUESTED,),
        A.SIGNED,
        roles=("dispatcher",),
        confirm_roles=("shift_lead",),
        required=("return_id", "decision", "reason"),
        clocks=Clocks(meets=(D.RETURN_DECISION, D.SIGN)),
        notice=("unit_clerk",),
        within=UNIT_CASE_STATES,
    ),
    Transition(
        "A4",
        Action.START_WORK,
        (A.SIGNED,),
        A.IN_PROGRESS,
        roles=("unit_clerk", "crew_captain", "crew_member"),
        required=("worker",),
        within=UNIT_CASE_STATES,
    ),
    Transition(
        "A5",
        Action.REPORT,
        (A.IN_PROGRESS,),
        A.REPORTED,
        roles=("unit_clerk",),
        required=("result_code", "narrative", "photos", "contacted_user", "labor_fee"),
        # [D] What is reported was reached by then at the latest; ``contact`` only if contacted_user says so.
        clocks=Clocks(meets=(D.FINISH, D.ARRIVE, D.CONTROL)),
        within=UNIT_CASE_STATES,
    ),
    Transition("A5", Action.PASS, (A.REPORTED,), A.PASSED, within=(C.REPORTED, C.CHECKING)),
    Transition(
        "A5",
        Action.REWORK_AFTER_CHECK,
        (A.REPORTED, A.PASSED),
        A.REWORK,
        within=(C.REPORTED, C.CHECKING),
    ),
    Transition("A5", Action.REWORK_AFTER_SURVEY, (A.PASSED,), A.REWORK, within=(C.SURVEYING,)),
    Transition("A5", Action.REOPEN, (A.PASSED,), A.REWORK, within=(C.CLOSED,)),
    Transition(
        "A6",
        Action.START_WORK,
        (A.REWORK,),
        A.IN_PROGRESS,
        required=("worker",),
        within=UNIT_CASE_STATES,
        ours=True,
    ),
    Transition(
        "A7",
        Action.REASSIGN,
        (A.SENT, A.SIGNED, A.RETURN_REQUESTED, A.IN_PROGRESS, A.REWORK),
        A.WITHDRAWN,
        clocks=_LEFT_UNIT,
        notice=("unit_clerk",),
        within=UNIT_CASE_STATES,
        ours=True,
    ),
    *(
        Transition(
            "A7", ended, _UNFINISHED, A.WITHDRAWN, clocks=_LEFT_UNIT, notice=("unit_clerk",), ours=True
        )
        for ended in (Action.MERGE, Action.CANCEL)
    ),
)

TASK_TRANSITIONS: tuple[Transition[T], ...] = (
    Transition(
        "T1",
        Action.OFFER_TASK,
        (),
        T.OFFERED,
        roles=("crew_captain", "unit_clerk"),
        actors=(Actor.RULE_ENGINE,),
        required=("crew_id", "skill", "eta"),
        # The thirty minutes of §3.1 count from here, unless danger or an appointment set them before.
        clocks=Clocks(starts=(D.ARRIVE,)),
        notice=("crew_member",),
        within=_AT_WORK,
    ),
    Transition("T2", Action.ACCEPT_TASK, (T.OFFERED,), T.ACCEPTED, roles=("crew_member",), within=_AT_WORK),
    Transition(
        "T2",
        Action.DECLINE_TASK,
        (T.OFFERED,),
        T.DECLINED,
        roles=("crew_member",),
        required=("decline_reason",),
        notice=("crew_captain",),
        within=_AT_WORK,
    ),
    Transition(
        "T2",
        Action.EXPIRE_TASK,
        (T.OFFERED,),
        T.EXPIRED,
        actors=(Actor.SYSTEM,),
        notice=("crew_captain",),
    ),
    Transition("T3", Action.DEPART, (T.ACCEPTED,), T.EN_ROUTE, roles=("crew_member",), within=_AT_WORK),
    Transition(
        "T3",
        Action.ARRIVE,
        (T.EN_ROUTE,),
        T.ARRIVED,
        roles=("crew_member",),
        required=("arrival_position",),
        clocks=Clocks(meets=(D.ARRIVE,)),
        within=_AT_WORK,
    ),
    Transition("T4", Action.BEGIN_TASK, (T.ARRIVED,), T.WORKING, roles=("crew_member",), within=_AT_WORK),
    Transition(
        "T4",
        Action.FINISH_TASK,
        (T.WORKING,),
        T.DONE,
        roles=("crew_member",),
        required=("photos", "result_code", "user_confirmation"),
        notice=("unit_clerk",),
        within=_AT_WORK,
    ),
    Transition(
        "T5",
        Action.BLOCK_TASK,
        (T.WORKING,),
        T.BLOCKED,
        roles=("crew_member",),
        required=("block_reason",),
        notice=("unit_clerk",),
        within=_AT_WORK,
    ),
    # A crew may have told its clerk by phone: the unit's report ends its open visits.
    Transition("T6", Action.REPORT, _OPEN_TASK, T.DONE, within=(A.IN_PROGRESS,), ours=True),
    *(
        Transition("T7", ended, _OPEN_TASK, T.CANCELLED, notice=("crew_member",), ours=True)
        for ended in (Action.APPROVE_RETURN, Action.REASSIGN, Action.MERGE, Action.CANCEL)
    ),
    Transition(
        "T8",
        Action.UNBLOCK_TASK,
        (T.BLOCKED,),
        T.WORKING,
        roles=("crew_member",),
        within=_AT_WORK,
        ours=True,
    ),
)
