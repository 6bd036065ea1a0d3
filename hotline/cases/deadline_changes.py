"""What happens to a deadline once it runs: met, stopped, paused, resumed, extended (DOMAIN §2.5, §2.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hotline.calendar.model import WorkCalendar
from hotline.cases.deadlines import Deadline, DeadlineState, Extension, InvalidDeadlineChange, Pause
from hotline.cases.model import DeadlineType
from hotline.cases.sla import Basis


def meet(deadline: Deadline, at: datetime) -> Deadline:
    """What was due has happened. At the due instant is on time (§2.5 pt 11); only the first time counts."""
    if deadline.state is DeadlineState.PAUSED:
        raise InvalidDeadlineChange("deadline_paused", type=deadline.type)
    if deadline.state is not DeadlineState.RUNNING:
        return deadline
    on_time = at <= deadline.due_at
    return replace(deadline, met_at=at, state=DeadlineState.MET if on_time else DeadlineState.MISSED)


def stop(deadline: Deadline) -> Deadline:
    """It no longer applies: cancelled, answered directly, merged, returned. What was met or missed stays."""
    if deadline.state in (DeadlineState.RUNNING, DeadlineState.PAUSED):
        return replace(deadline, state=DeadlineState.STOPPED)
    return deadline


def pause(deadline: Deadline, at: datetime, calendar: WorkCalendar) -> Deadline:
    """Suspend the finish clock, the only one that can be (§2.5 pt 6); an overdue one stays overdue."""
    if deadline.type is not DeadlineType.FINISH:
        raise InvalidDeadlineChange("deadline_not_pausable", type=deadline.type)
    if deadline.state is not DeadlineState.RUNNING or deadline.is_overdue(at):
        return deadline
    pauses = (*deadline.paused, Pause(at, _remaining(deadline, at, calendar)))
    return replace(deadline, paused=pauses, state=DeadlineState.PAUSED)


def resume(deadline: Deadline, at: datetime, calendar: WorkCalendar) -> Deadline:
    """Run again with what remained when it was paused (§2.5 pt 6); one that was not paused stays as it is."""
    if deadline.state is not DeadlineState.PAUSED:
        return deadline
    *earlier, last = deadline.paused
    if last.remaining <= timedelta(0):
        due = at
    elif deadline.basis is Basis.WALL:
        due = at + last.remaining
    else:
        due = calendar.add_working_time(at, last.remaining)
    return replace(
        deadline,
        due_at=due,
        paused=(*earlier, replace(last, end_at=at)),
        state=DeadlineState.RUNNING,
        calendar_version=calendar.version,
    )


def extend(
    deadline: Deadline, due: datetime, *, requested_at: datetime, approved_at: datetime, approved_by: str
) -> Deadline:
    """A later due instant, approved; refused when it was asked for after the old one (§2.6)."""
    if deadline.state is not DeadlineState.RUNNING or due <= deadline.due_at:
        raise InvalidDeadlineChange(type=deadline.type)
    if requested_at > deadline.due_at:
        raise InvalidDeadlineChange("extension_after_due", type=deadline.type)
    extension = Extension(requested_at, approved_at, approved_by, deadline.due_at, due)
    return replace(deadline, due_at=due, extensions=(*deadline.extensions, extension))


def _remaining(deadline: Deadline, at: datetime, calendar: WorkCalendar) -> timedelta:
    if deadline.basis is Basis.WALL:
        return deadline.due_at - at
    return calendar.working_time(at, deadline.due_at)
