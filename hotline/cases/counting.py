"""How a due instant was counted, step by step, so that a person can count it again (DOMAIN §2.5 pt 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hotline.calendar.model import DayKind, WorkCalendar, city_date
from hotline.cases.deadlines import due_at
from hotline.cases.sla import Basis, Limit

_NOTHING = timedelta(0)


class CountReason(StrEnum):
    """Why a step counts or not; everything but ``counted`` counts nothing."""

    COUNTED = "counted"
    START_DAY = "start_day"
    OFF_HOURS = "off_hours"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class CountStep:
    """A stretch and what it counts: ``time`` for limits in hours and minutes, ``days`` for working days."""

    start_at: datetime
    end_at: datetime
    reason: CountReason
    time: timedelta = _NOTHING
    days: int = 0


def count_steps(start_at: datetime, limit: Limit, calendar: WorkCalendar) -> tuple[CountStep, ...]:
    """The steps from start to due; their ``time`` (or ``days``) add up to the limit."""
    end_at = due_at(start_at, limit, calendar)
    match limit.basis:
        case Basis.WALL:
            return (CountStep(start_at, end_at, CountReason.COUNTED, end_at - start_at),)
        case Basis.WORKING_HOURS:
            return tuple(_hour_steps(start_at, end_at, calendar))
        case Basis.WORKING_DAYS:
            return tuple(_day_steps(start_at, end_at, calendar))


def _hour_steps(start_at: datetime, end_at: datetime, calendar: WorkCalendar) -> list[CountStep]:
    steps: list[CountStep] = []
    reached = start_at
    for span in calendar.working_spans(start_at, end_at):
        if span.start_at > reached:
            steps.append(CountStep(reached, span.start_at, _gap_reason(reached, span.start_at, calendar)))
        steps.append(CountStep(span.start_at, span.end_at, CountReason.COUNTED, span.length))
        reached = span.end_at
    return steps


def _gap_reason(start_at: datetime, end_at: datetime, calendar: WorkCalendar) -> CountReason:
    first, last = city_date(start_at), city_date(end_at)
    kinds = {calendar.day_kind(first + timedelta(days=n)) for n in range((last - first).days + 1)}
    if DayKind.HOLIDAY in kinds:
        return CountReason.HOLIDAY
    return CountReason.WEEKEND if DayKind.WEEKEND in kinds else CountReason.OFF_HOURS


def _day_steps(start_at: datetime, end_at: datetime, calendar: WorkCalendar) -> list[CountStep]:
    day, last = city_date(start_at), city_date(end_at)
    steps = [CountStep(start_at, max(start_at, calendar.closing(day)), CountReason.START_DAY)]
    while day < last:
        day += timedelta(days=1)
        opens, closes, kind = calendar.opening(day), calendar.closing(day), calendar.day_kind(day)
        if kind.is_worked:
            steps.append(CountStep(opens, closes, CountReason.COUNTED, days=1))
        else:
            steps.append(CountStep(opens, closes, CountReason(kind.value)))
    return steps
