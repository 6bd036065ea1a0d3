"""Deadlines: which clocks a case starts, when each is due, and how that was counted (DOMAIN §2.5, §3).

A due instant is computed once and stored with the version of the calendar it was counted on; nothing here
reads a clock. All instants are aware; a deadline is met on time when it is met no later than ``due_at``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hotline.calendar.model import WorkCalendar, as_utc
from hotline.cases.model import DeadlineType, Urgency
from hotline.cases.sla import (
    CONTROL_LIMIT,
    Basis,
    Limit,
    SlaPolicy,
    StartEvent,
    parse_sla,
    process_limit,
    rework_limit,
)
from hotline.errors import DomainError

_Starts = dict[DeadlineType, tuple[StartEvent, datetime]]


class DeadlineState(StrEnum):
    """``missed``: met, but late. ``stopped``: it no longer applies. Overdue is a running one past its due."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    STOPPED = "stopped"


class InvalidDeadlineChange(DomainError):
    """A change the rules of §2.5 and §2.6 refuse; ``params``: type."""

    status = 409
    default_code = "deadline_change_refused"


@dataclass(frozen=True, slots=True)
class Pause:
    """One suspension; ``remaining`` is what was left then, on the deadline's own clock."""

    start_at: datetime
    remaining: timedelta
    end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """An approved later due instant, and the one it replaced."""

    requested_at: datetime
    approved_at: datetime
    approved_by: str
    former_due_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Deadline:
    """One clock of a case or an assignment (§2.5 pt 1).

    ``original_due_at`` keeps the due instant that a confirmed appointment replaced (§2.5 pt 7).
    """

    type: DeadlineType
    start_event: StartEvent
    start_at: datetime
    limit: Limit
    due_at: datetime
    calendar_version: str
    paused: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()
    met_at: datetime | None = None
    state: DeadlineState = DeadlineState.RUNNING
    original_due_at: datetime | None = None

    @property
    def basis(self) -> Basis:
        return self.limit.basis

    def is_overdue(self, now: datetime) -> bool:
        """Still running after its due instant; a paused clock does not run."""
        return self.state is DeadlineState.RUNNING and now > self.due_at


def due_at(start_at: datetime, limit: Limit, calendar: WorkCalendar) -> datetime:
    """When a limit that starts here ends (§2.5 pt 3)."""
    match limit.basis:
        case Basis.WALL:
            return start_at + limit.time
        case Basis.WORKING_HOURS:
            return calendar.add_working_time(start_at, limit.time)
        case Basis.WORKING_DAYS:
            return calendar.add_working_days(start_at, limit.amount)


def start_deadline(
    clock: DeadlineType, limit: Limit, event: StartEvent, start_at: datetime, calendar: WorkCalendar
) -> Deadline:
    """A running deadline from this instant."""
    start_at = as_utc(start_at)
    return Deadline(clock, event, start_at, limit, due_at(start_at, limit, calendar), calendar.version)


_PROCESS_STARTS = {
    DeadlineType.ACCEPT: StartEvent.REGISTERED,
    DeadlineType.RETURN_DECISION: StartEvent.RETURN_REQUESTED,
    DeadlineType.REVIEW: StartEvent.REPORTED,
    DeadlineType.CHECK: StartEvent.CHECK_SENT,
    DeadlineType.CALLBACK: StartEvent.PASSED,
}


def process_deadline(
    clock: DeadlineType, urgency: Urgency, start_at: datetime, calendar: WorkCalendar
) -> Deadline | None:
    """A clock of the centre itself (§3.4): accept, return_decision, review, check, callback; or None."""
    limit = process_limit(clock, urgency)
    if limit is None:
        return None
    return start_deadline(clock, limit, _PROCESS_STARTS[clock], start_at, calendar)


def deadlines_for(
    sla_code: str,
    urgency: Urgency,
    *,
    accepted_at: datetime,
    calendar: WorkCalendar,
    dispatched_at: datetime | None = None,
    crew_assigned_at: datetime | None = None,
    appointment_start: datetime | None = None,
) -> dict[DeadlineType, Deadline]:
    """The clocks that C6, C7 and T1 have started by the moments given (§2.3, §3.1, §3.3, §3.4).

    Before dispatch that is only ``dispatch``; a preview of the rest passes the present as ``dispatched_at``.
    ``arrive`` counts from acceptance in an emergency, from a confirmed appointment at home, else from the
    crew's assignment, and is absent before that.
    """
    policy = parse_sla(sla_code)
    starts = {DeadlineType.DISPATCH: (StartEvent.ACCEPTED, accepted_at)}
    if dispatched_at is not None:
        starts |= _unit_starts(policy, accepted_at, dispatched_at)
        starts |= _arrive_start(policy, accepted_at, appointment_start, crew_assigned_at)
    deadlines = {
        clock: start_deadline(clock, limit, event, start_at, calendar)
        for clock, (event, start_at) in starts.items()
        if (limit := _unit_limit(clock, urgency, policy))
    }
    if dispatched_at is not None:
        deadlines[DeadlineType.FINISH] = finish_due(
            policy,
            accepted_at=accepted_at,
            dispatched_at=dispatched_at,
            calendar=calendar,
            appointment_start=appointment_start,
        )
    return deadlines


def _unit_limit(clock: DeadlineType, urgency: Urgency, policy: SlaPolicy) -> Limit | None:
    return CONTROL_LIMIT if clock is DeadlineType.CONTROL else process_limit(clock, urgency, policy)


def _unit_starts(policy: SlaPolicy, accepted_at: datetime, dispatched_at: datetime) -> _Starts:
    if not policy.emergency:
        begin = (StartEvent.DISPATCHED, dispatched_at)
        return {DeadlineType.SIGN: begin, DeadlineType.CONTACT: begin}
    begin = (StartEvent.ACCEPTED, accepted_at)
    return {DeadlineType.SIGN: begin, DeadlineType.CONTACT: begin, DeadlineType.CONTROL: begin}


def _arrive_start(
    policy: SlaPolicy,
    accepted_at: datetime,
    appointment_start: datetime | None,
    crew_assigned_at: datetime | None,
) -> _Starts:
    if policy.emergency:
        return {DeadlineType.ARRIVE: (StartEvent.ACCEPTED, accepted_at)}
    if policy.by_appointment and appointment_start is not None:
        return {DeadlineType.ARRIVE: (StartEvent.APPOINTMENT, appointment_start)}
    if crew_assigned_at is not None:
        return {DeadlineType.ARRIVE: (StartEvent.CREW_ASSIGNED, crew_assigned_at)}
    return {}


def finish_due(
    policy: SlaPolicy,
    *,
    accepted_at: datetime,
    dispatched_at: datetime,
    calendar: WorkCalendar,
    appointment_start: datetime | None = None,
) -> Deadline:
    """The limit of the whole job (§3.1, §3.3); a confirmed appointment at home moves it (§2.5 pt 7)."""
    start_at = accepted_at if policy.finish_from is StartEvent.ACCEPTED else dispatched_at
    finish = start_deadline(DeadlineType.FINISH, policy.finish, policy.finish_from, start_at, calendar)
    if appointment_start is None or not policy.by_appointment:
        return finish
    if appointment_start < accepted_at:
        raise InvalidDeadlineChange("appointment_before_acceptance", type=finish.type)
    moved = start_deadline(finish.type, policy.finish, StartEvent.APPOINTMENT, appointment_start, calendar)
    return replace(moved, original_due_at=finish.due_at)


def rework_finish(policy: SlaPolicy, ordered_at: datetime, calendar: WorkCalendar) -> Deadline:
    """The finish clock of a rework round (§2.5 pt 9); the first round's deadline stays as it was."""
    limit = rework_limit(policy.finish)
    return start_deadline(DeadlineType.FINISH, limit, StartEvent.REWORK_ORDERED, ordered_at, calendar)
