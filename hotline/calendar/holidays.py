"""Day kinds as the State Council announces them each November, from ``chinesecalendar`` (DOMAIN §2.5 pt 4).

The only module that knows that package. The centre's own table wins over it: a correction takes effect at
once, and the next year's notice can be entered before the package carries it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.metadata import version

import chinese_calendar  # type: ignore[import-untyped]

from hotline.calendar.model import DEFAULT_PERIODS, DayKind, WorkCalendar, WorkPeriod


def announced_days() -> dict[date, DayKind]:
    """Holidays and make-up working days of every year the package covers."""
    days: dict[date, DayKind] = dict.fromkeys(chinese_calendar.holidays, DayKind.HOLIDAY)
    days.update(dict.fromkeys(chinese_calendar.workdays, DayKind.MAKEUP))
    return days


def announced_years() -> frozenset[int]:
    """Years whose notice the package carries; no year has a notice without a National Day."""
    return frozenset(day.year for day in chinese_calendar.holidays if (day.month, day.day) == (10, 1))


def holiday_calendar(
    overrides: Mapping[date, DayKind] | None = None,
    *,
    entered_years: Iterable[int] = (),
    periods: tuple[WorkPeriod, ...] = DEFAULT_PERIODS,
) -> WorkCalendar:
    """The calendar in force: announced days, then ``overrides`` on top.

    ``entered_years`` are years whose whole notice stands in ``overrides``; single corrections do not make a
    year known. The version changes whenever the package, an override or the office hours change.
    """
    own = dict(overrides or {})
    years = frozenset(entered_years)
    return WorkCalendar(
        version=_version(own, years, periods),
        exceptions=announced_days() | own,
        known_years=announced_years() | years,
        periods=periods,
    )


def missing_years(calendar: WorkCalendar, today: date) -> tuple[int, ...]:
    """Years to warn of on the front page: this one, and in December the next (announced in November)."""
    due = (today.year, today.year + 1) if today.month == 12 else (today.year,)
    return tuple(year for year in due if year not in calendar.known_years)


def _version(own: Mapping[date, DayKind], years: frozenset[int], periods: tuple[WorkPeriod, ...]) -> str:
    released = f"chinesecalendar-{version('chinesecalendar')}"
    if not own and not years and periods == DEFAULT_PERIODS:
        return released
    parts = [f"{day}={kind}" for day, kind in sorted(own.items())]
    parts += [str(year) for year in sorted(years)]
    parts += [f"{period.opens}-{period.closes}" for period in periods]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
    return f"{released}+{digest}"
