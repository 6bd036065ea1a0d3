"""Office hours and day kinds, and counting on them (DOMAIN §2.5).

All instants that come in and go out are aware; results are UTC. Days are days of the city, +08:00 the whole
year: summer time does not exist here (§2.5 pt 11), so a fixed offset is the whole time zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

CITY_TIME = timezone(timedelta(hours=8), "Asia/Shanghai")
_ONE_DAY = timedelta(days=1)
_NOTHING = timedelta(0)


class DayKind(StrEnum):
    """What a date is to the office; ``makeup`` is a weekend day worked in exchange for a holiday."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"

    @property
    def is_worked(self) -> bool:
        return self in (DayKind.WORKDAY, DayKind.MAKEUP)


@dataclass(frozen=True, slots=True)
class WorkPeriod:
    """One stretch of office hours in city time, ``opens`` inclusive, ``closes`` exclusive."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens.tzinfo or self.closes.tzinfo or self.opens >= self.closes:
            raise ValueError(f"a work period opens before it closes, in city time: {self}")


DEFAULT_PERIODS = (WorkPeriod(time(8, 30), time(12)), WorkPeriod(time(14, 30), time(17, 30)))


def parse_periods(text: str) -> tuple[WorkPeriod, ...]:
    """Read the setting ``worktime``, e.g. ``08:30-12:00;14:30-17:30``; ValueError for any other form."""
    periods = []
    for part in text.split(";"):
        opens, dash, closes = part.strip().partition("-")
        if not dash:
            raise ValueError(f"office hours look like 08:30-12:00;14:30-17:30, not {text!r}")
        periods.append(WorkPeriod(time.fromisoformat(opens.strip()), time.fromisoformat(closes.strip())))
    return tuple(periods)


@dataclass(frozen=True, slots=True)
class WorkSpan:
    """A stretch of counted working time, aware UTC."""

    start_at: datetime
    end_at: datetime

    @property
    def length(self) -> timedelta:
        return self.end_at - self.start_at


@dataclass(frozen=True)
class WorkCalendar:
    """A version of the working calendar: a value, so that a stored deadline can name what it was counted on.

    ``exceptions`` holds only the dates that differ from Monday-to-Friday; ``known_years`` are the years whose
    holiday notice is in it. Any other year counts as plain Monday to Friday and is reported (§2.5 pt 4).
    """

    version: str
    exceptions: Mapping[date, DayKind] = field(default_factory=dict)
    known_years: frozenset[int] = frozenset()
    periods: tuple[WorkPeriod, ...] = DEFAULT_PERIODS

    def __post_init__(self) -> None:
        if not self.version:
            raise ValueError("a calendar states its version")
        if not self.periods:
            raise ValueError("a calendar without office hours never reaches any deadline")
        if any(earlier.closes > later.opens for earlier, later in pairwise(self.periods)):
            raise ValueError("office hours stand in order and do not overlap")
        object.__setattr__(self, "exceptions", MappingProxyType(dict(self.exceptions)))

    def day_kind(self, day: date) -> DayKind:
        """Kind of a city date; Monday to Friday where the calendar says nothing else."""
        weekly = DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKDAY
        return self.exceptions.get(day, weekly)

    def missing_years(self, start_at: datetime, end_at: datetime) -> tuple[int, ...]:
        """City years touched by the stretch whose holidays are not known; counting there is a guess."""
        years = range(city_date(start_at).year, city_date(end_at).year + 1)
        return tuple(year for year in years if year not in self.known_years)

    def is_working(self, at: datetime) -> bool:
        """Whether the office is open at this instant."""
        local = _city(at)
        return self.day_kind(local.date()).is_worked and any(
            period.opens <= local.time() < period.closes for period in self.periods
        )

    def working_spans(self, start_at: datetime, end_at: datetime) -> Iterator[WorkSpan]:
        """The office hours inside [start, end), in order; empty when end is not after start."""
        end_at = as_utc(end_at)
        for span in self._spans_from(start_at):
            if span.start_at >= end_at:
                return
            yield WorkSpan(span.start_at, min(span.end_at, end_at))

    def working_time(self, start_at: datetime, end_at: datetime) -> timedelta:
        """Office time between two instants; zero when end is not after start."""
        return sum((span.length for span in self.working_spans(start_at, end_at)), _NOTHING)

    def working_minutes(self, start_at: datetime, end_at: datetime) -> int:
        """Whole office minutes between two instants."""
        return self.working_time(start_at, end_at) // timedelta(minutes=1)

    def add_working_time(self, start_at: datetime, amount: timedelta) -> datetime:
        """The instant at which ``amount`` (> 0) of office time has passed since start (§2.5 pt 3)."""
        if amount <= _NOTHING:
            raise ValueError("a working limit is longer than nothing")
        left = amount
        for span in self._spans_from(start_at):
            if left <= span.length:
                return span.start_at + left
            left -= span.length
        raise OverflowError("the calendar ended before the limit did")

    def add_working_hours(self, start_at: datetime, hours: int) -> datetime:
        """The instant ``hours`` (> 0) of office time later."""
        return self.add_working_time(start_at, timedelta(hours=hours))

    def add_working_days(self, start_at: datetime, days: int) -> datetime:
        """Close of the ``days``-th (> 0) worked day; the day of ``start_at`` is not counted (§2.5 pt 3)."""
        if days <= 0:
            raise ValueError("a limit in working days is at least one day")
        day, left = city_date(start_at), days
        while left:
            day += _ONE_DAY
            left -= self.day_kind(day).is_worked
        return self.closing(day)

    def opening(self, day: date) -> datetime:
        """First opening of a city date, whatever its kind."""
        return _at(day, self.periods[0].opens)

    def closing(self, day: date) -> datetime:
        """Last close of a city date, whatever its kind."""
        return _at(day, self.periods[-1].closes)

    def _spans_from(self, start_at: datetime) -> Iterator[WorkSpan]:
        start_at = as_utc(start_at)
        day = city_date(start_at)
        while True:
            if self.day_kind(day).is_worked:
                for period in self.periods:
                    closes = _at(day, period.closes)
                    if closes > start_at:
                        yield WorkSpan(max(_at(day, period.opens), start_at), closes)
            day += _ONE_DAY


def city_date(at: datetime) -> date:
    """The date on the city's wall at this instant."""
    return _city(at).date()


def _city(at: datetime) -> datetime:
    return as_utc(at).astimezone(CITY_TIME)


def as_utc(at: datetime) -> datetime:
    """The same instant in UTC; ValueError when it lacks a time zone."""
    if at.tzinfo is None:
        raise ValueError("an instant without its time zone cannot be counted")
    return at.astimezone(UTC)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, CITY_TIME).astimezone(UTC)
