"""Words of a case: its three layers, and the facts the rules judge by (DOMAIN §1, §2.2).

A case is the whole request, an assignment is one unit's share of it, a task is one visit of a crew. The
facts here are only what a rule asks for; what is stored and shown is richer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hotline.errors import Conflict, DomainError


class CaseState(StrEnum):
    REGISTERED = "registered"
    VERIFYING = "verifying"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    SUSPENDED = "suspended"
    REPORTED = "reported"
    CHECKING = "checking"
    SURVEYING = "surveying"
    CLOSED = "closed"
    ARCHIVED = "archived"
    MERGED = "merged"
    CANCELLED = "cancelled"


class AssignmentState(StrEnum):
    SENT = "sent"
    SIGNED = "signed"
    RETURN_REQUESTED = "return_requested"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    IN_PROGRESS = "in_progress"
    REPORTED = "reported"
    PASSED = "passed"
    REWORK = "rework"


class TaskState(StrEnum):
    OFFERED = "offered"
    DECLINED = "declined"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ARRIVED = "arrived"
    WORKING = "working"
    BLOCKED = "blocked"
    DONE = "done"
    CANCELLED = "cancelled"


class Urgency(StrEnum):
    """E0: danger to life or public safety; E1: spreading or touching many; N: the rest (§4.1)."""

    E0 = "E0"
    E1 = "E1"
    N = "N"

    @property
    def is_urgent(self) -> bool:
        return self is not Urgency.N


class RequestType(StrEnum):
    CONSULT = "consult"
    HELP = "help"
    COMPLAINT = "complaint"
    REPORT = "report"
    SUGGESTION = "suggestion"
    PRAISE = "praise"


class Channel(StrEnum):
    """Where a request came from (§1.4)."""

    PHONE = "phone"
    PHONE_12345 = "phone_12345"
    WECHAT_MP = "wechat_mp"
    MINI_PROGRAM = "mini_program"
    APP = "app"
    WEB = "web"
    SMS = "sms"
    WALK_IN = "walk_in"
    SNAP_REPORT = "snap_report"
    PATROL = "patrol"
    IOT = "iot"
    VIDEO_AI = "video_ai"
    LEADER = "leader"
    MEDIA = "media"
    PLATFORM_12345 = "platform_12345"
    PLATFORM_110 = "platform_110"
    COMPANY_CS = "company_cs"


class RepairClass(StrEnum):
    """How big a repair is (§3.2)."""

    HOUSEHOLD = "household"
    MINOR = "minor"
    MAJOR = "major"
    SPECIAL = "special"


class RejectCode(StrEnum):
    """Why a request is not accepted (§2.7); the catalogue explains each to the citizen."""

    R1 = "R1"
    R2 = "R2"
    R3 = "R3"
    R4 = "R4"
    R5 = "R5"
    R6 = "R6"
    R7 = "R7"
    R8 = "R8"


class SurveyExempt(StrEnum):
    """Why a case may close without its requester having been asked (§2.3 C15, §6.2)."""

    ANONYMOUS = "anonymous"
    NO_ANSWER = "exempt_no_answer"
    DECLINED = "declined"
    CONFIDENTIAL = "confidential"


class AssignmentRole(StrEnum):
    """The lead unit answers for the case, co-units help (§1.1)."""

    LEAD = "lead"
    CO = "co"


class DeadlineType(StrEnum):
    """The clocks of a case (§2.5 pt 2).

    ``control`` (danger under control, §3.3 EM) and ``return_request`` (§3.4) have limits in the text but no
    name in that list; they are named here [D].
    """

    ACCEPT = "accept"
    VERIFY = "verify"
    DISPATCH = "dispatch"
    SIGN = "sign"
    CONTACT = "contact"
    ARRIVE = "arrive"
    CONTROL = "control"
    FINISH = "finish"
    RETURN_REQUEST = "return_request"
    RETURN_DECISION = "return_decision"
    REVIEW = "review"
    CHECK = "check"
    CALLBACK = "callback"
    SUPERVISE_FEEDBACK = "supervise_feedback"


FINAL_CASE_STATES = frozenset(
    {CaseState.REJECTED, CaseState.CLOSED, CaseState.ARCHIVED, CaseState.MERGED, CaseState.CANCELLED}
)
"""A closed case is final until it is reopened (C17) or archived (C18)."""

ENDED_ASSIGNMENT_STATES = frozenset({AssignmentState.RETURNED, AssignmentState.WITHDRAWN})
ENDED_TASK_STATES = frozenset({TaskState.DECLINED, TaskState.EXPIRED, TaskState.DONE, TaskState.CANCELLED})


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the rules need to know of a case. ``notified``: a notice record to the requester exists."""

    state: CaseState
    urgency: Urgency = Urgency.N
    notified: bool = False
    exempt_code: SurveyExempt | None = None
    registered_by: str | None = None


@dataclass(frozen=True, slots=True)
class AssignmentFacts:
    """What the rules need to know of one unit's assignment."""

    id: str
    unit_id: str
    role: AssignmentRole
    state: AssignmentState
    return_requests: int = 0

    @property
    def is_effective(self) -> bool:
        """Still the unit's to answer for: neither returned nor withdrawn."""
        return self.state not in ENDED_ASSIGNMENT_STATES


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What the rules need to know of one visit."""

    id: str
    assignment_id: str
    crew_id: str
    state: TaskState

    @property
    def is_open(self) -> bool:
        return self.state not in ENDED_TASK_STATES


class IllegalTransition(Conflict):
    """The table has no such step from here; ``params``: layer, action, state, reason."""

    default_code = "illegal_transition"


class UnknownSla(DomainError):
    """A code that §3.3 does not list; ``params``: sla."""

    status = 422
    default_code = "unknown_sla"


def closed_has_answer(case: CaseFacts) -> bool:
    """Invariant (a) of §2.3: a closed case has a notice on record, or the code that exempts from it."""
    if case.state not in (CaseState.CLOSED, CaseState.ARCHIVED):
        return True
    return case.notified or case.exempt_code is not None


def at_most_one_lead(assignments: Sequence[AssignmentFacts]) -> bool:
    """Invariant (b) of §2.3: no more than one effective lead assignment at any time."""
    return sum(a.is_effective and a.role is AssignmentRole.LEAD for a in assignments) <= 1
