"""The working calendar (DOMAIN §2.5 pts 3, 4 and 11)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.calendar.holidays import announced_years, holiday_calendar, missing_years
from hotline.calendar.model import CITY_TIME, DayKind, WorkCalendar, WorkPeriod, parse_periods

CALENDAR = holiday_calendar()

instants = st.datetimes(
    datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2026-06-30"), timezones=st.just(UTC)
)
amounts = st.timedeltas(timedelta(minutes=1), timedelta(hours=80))


def city(text: str) -> datetime:
    """``2025-01-27 16:00`` on the city's wall."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY_TIME)


class TestDayKinds:
    @pytest.mark.parametrize(
        ("day", "kind"),
        [
            (date(2025, 1, 24), DayKind.WORKDAY),
            (date(2025, 1, 25), DayKind.WEEKEND),
            (date(2025, 1, 26), DayKind.MAKEUP),
            (date(2025, 1, 29), DayKind.HOLIDAY),
            (date(2025, 2, 1), DayKind.HOLIDAY),
            (date(2025, 2, 8), DayKind.MAKEUP),
        ],
    )
    def test_spring_festival_2025(self, day: date, kind: DayKind) -> None:
        assert CALENDAR.day_kind(day) is kind

    def test_the_override_table_wins(self) -> None:
        calendar = holiday_calendar({date(2025, 1, 29): DayKind.MAKEUP, date(2025, 3, 5): DayKind.HOLIDAY})
        assert calendar.day_kind(date(2025, 1, 29)) is DayKind.MAKEUP
        assert calendar.day_kind(date(2025, 3, 5)) is DayKind.HOLIDAY

    def test_a_year_without_its_notice_is_monday_to_friday_and_reported(self) -> None:
        year = max(announced_years()) + 3
        kinds = {CALENDAR.day_kind(date(year, 10, 1) + timedelta(days=n)) for n in range(7)}
        assert kinds == {DayKind.WORKDAY, DayKind.WEEKEND}
        assert CALENDAR.missing_years(city(f"{year}-01-01 09:00"), city(f"{year}-01-02 09:00")) == (year,)
        assert missing_years(CALENDAR, date(year, 3, 1)) == (year,)

    def test_in_december_the_next_years_notice_is_due(self) -> None:
        last = max(announced_years())
        assert missing_years(CALENDAR, date(last, 11, 30)) == ()
        assert missing_years(CALENDAR, date(last, 12, 1)) == (last + 1,)

    def test_entering_a_years_notice_makes_the_year_known(self) -> None:
        year = max(announced_years()) + 1
        one_correction = holiday_calendar({date(year, 1, 1): DayKind.HOLIDAY})
        whole_notice = holiday_calendar({date(year, 1, 1): DayKind.HOLIDAY}, entered_years=[year])
        assert missing_years(one_correction, date(year, 2, 1)) == (year,)
        assert missing_years(whole_notice, date(year, 2, 1)) == ()


class TestVersion:
    def test_the_same_content_has_the_same_version(self) -> None:
        days = {date(2025, 3, 5): DayKind.HOLIDAY, date(2025, 3, 8): DayKind.MAKEUP}
        assert holiday_calendar(days).version == holiday_calendar(dict(reversed(days.items()))).version

    def test_any_change_of_content_changes_it(self) -> None:
        versions = {
            CALENDAR.version,
            holiday_calendar({date(2025, 3, 5): DayKind.HOLIDAY}).version,
            holiday_calendar({date(2025, 3, 5): DayKind.MAKEUP}).version,
            holiday_calendar(entered_years=[2031]).version,
            holiday_calendar(periods=parse_periods("08:00-12:00;15:00-18:00")).version,
        }
        assert len(versions) == 5

    def test_it_must_be_stated(self) -> None:
        with pytest.raises(ValueError, match="version"):
            WorkCalendar(version="")


class TestOfficeHours:
    @pytest.mark.parametrize(
        ("at", "open_"),
        [
            ("2025-03-05 08:29", False),
            ("2025-03-05 08:30", True),
            ("2025-03-05 11:59", True),
            ("2025-03-05 12:00", False),
            ("2025-03-05 14:30", True),
            ("2025-03-05 17:30", False),
            ("2025-03-08 10:00", False),
            ("2025-01-26 10:00", True),
            ("2025-01-29 10:00", False),
        ],
    )
    def test_the_office_is_open(self, at: str, open_: bool) -> None:
        assert CALENDAR.is_working(city(at)) is open_

    def test_the_setting_is_read(self) -> None:
        assert parse_periods("08:00-12:00; 15:00-18:00") == (
            WorkPeriod(time(8), time(12)),
            WorkPeriod(time(15), time(18)),
        )

    @pytest.mark.parametrize("text", ["", "8-12", "08:30", "12:00-08:30", "25:00-26:00"])
    def test_a_broken_setting_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError):
            parse_periods(text)

    @pytest.mark.parametrize("text", ["14:30-17:30;08:30-12:00", "08:30-12:00;11:00-17:30"])
    def test_periods_out_of_order_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="in order"):
            WorkCalendar(version="1", periods=parse_periods(text))

    def test_a_calendar_without_periods_is_refused(self) -> None:
        with pytest.raises(ValueError, match="office hours"):
            WorkCalendar(version="1", periods=())


class TestCounting:
    @pytest.mark.parametrize(
        ("start", "hours", "due"),
        [
            ("2025-03-05 09:00", 2, "2025-03-05 11:00"),
            ("2025-03-05 11:00", 2, "2025-03-05 15:30"),
            ("2025-03-05 10:00", 2, "2025-03-05 12:00"),
            ("2025-03-05 12:30", 2, "2025-03-05 16:30"),
            ("2025-03-07 17:00", 4, "2025-03-10 12:00"),
            ("2025-01-27 17:00", 1, "2025-02-05 09:00"),
            ("2024-12-31 17:00", 1, "2025-01-02 09:00"),
        ],
    )
    def test_working_hours_run_in_office_hours_only(self, start: str, hours: int, due: str) -> None:
        assert CALENDAR.add_working_hours(city(start), hours) == city(due)

    @pytest.mark.parametrize(
        ("start", "days", "due"),
        [
            ("2025-03-05 00:00", 1, "2025-03-06 17:30"),
            ("2025-03-05 23:59", 1, "2025-03-06 17:30"),
            ("2025-03-06 00:00", 1, "2025-03-07 17:30"),
            ("2025-03-08 10:00", 1, "2025-03-10 17:30"),
            ("2025-01-25 10:00", 1, "2025-01-26 17:30"),
            ("2025-02-07 16:00", 1, "2025-02-08 17:30"),
        ],
    )
    def test_working_days_skip_the_day_of_acceptance(self, start: str, days: int, due: str) -> None:
        assert CALENDAR.add_working_days(city(start), days) == city(due)

    def test_results_are_utc(self) -> None:
        assert CALENDAR.add_working_hours(city("2025-03-05 09:00"), 1).tzinfo is UTC
        assert CALENDAR.add_working_days(city("2025-03-05 09:00"), 1).tzinfo is UTC

    def test_an_instant_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            CALENDAR.add_working_hours(datetime.fromisoformat("2025-03-05 09:00"), 1)

    def test_a_limit_of_nothing_is_refused(self) -> None:
        with pytest.raises(ValueError):
            CALENDAR.add_working_hours(city("2025-03-05 09:00"), 0)
        with pytest.raises(ValueError):
            CALENDAR.add_working_days(city("2025-03-05 09:00"), 0)

    def test_working_minutes_over_a_weekend(self) -> None:
        assert CALENDAR.working_minutes(city("2025-03-07 17:00"), city("2025-03-10 09:00")) == 60
        assert CALENDAR.working_minutes(city("2025-03-10 09:00"), city("2025-03-07 17:00")) == 0

    @given(instants, amounts)
    def test_what_was_added_is_what_is_counted_back(self, start: datetime, amount: timedelta) -> None:
        assert CALENDAR.working_time(start, CALENDAR.add_working_time(start, amount)) == amount

    @given(instants, amounts, amounts)
    def test_counting_in_two_steps_is_counting_in_one(
        self, start: datetime, first: timedelta, second: timedelta
    ) -> None:
        there = CALENDAR.add_working_time(start, first)
        assert CALENDAR.add_working_time(there, second) == CALENDAR.add_working_time(start, first + second)

    @given(instants, instants, amounts)
    def test_a_later_start_is_never_due_earlier(
        self, one: datetime, other: datetime, amount: timedelta
    ) -> None:
        early, late = sorted((one, other))
        assert CALENDAR.add_working_time(early, amount) <= CALENDAR.add_working_time(late, amount)

    @given(instants, st.integers(1, 15))
    def test_working_days_end_at_close_of_a_worked_day(self, start: datetime, days: int) -> None:
        due = CALENDAR.add_working_days(start, days).astimezone(CITY_TIME)
        first = start.astimezone(CITY_TIME).date() + timedelta(days=1)
        counted = [first + timedelta(days=n) for n in range((due.date() - first).days + 1)]
        assert due.time() == time(17, 30)
        assert sum(CALENDAR.day_kind(day).is_worked for day in counted) == days
        assert CALENDAR.day_kind(due.date()).is_worked

    @given(instants, instants)
    def test_spans_are_ordered_and_inside(self, one: datetime, other: datetime) -> None:
        start, end = sorted((one, other))
        end = min(end, start + timedelta(days=40))
        edges = [edge for span in CALENDAR.working_spans(start, end) for edge in (span.start_at, span.end_at)]
        assert edges == sorted(edges)
        assert all(start <= edge <= end for edge in edges)
