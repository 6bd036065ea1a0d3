"""Deadlines (DOMAIN §2.5, §3.1, §3.3, §3.4 and the cases of appendix E, named here by their number)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.calendar.holidays import holiday_calendar
from hotline.calendar.model import CITY_TIME
from hotline.cases.deadline_changes import meet, pause, resume
from hotline.cases.deadlines import (
    Deadline,
    DeadlineState,
    InvalidDeadlineChange,
    deadlines_for,
    finish_due,
    process_deadline,
)
from hotline.cases.model import DeadlineType, RepairClass, UnknownSla, Urgency
from hotline.cases.sla import SLA_POLICIES, StartEvent, parse_sla, rework_limit, sla_for_repair

CALENDAR = holiday_calendar()
PUBLIC_CODES = [
    *("EM", "EM+HH6", "EM+MN12", "EM+MJ24", "EM+SP48"),
    *("HH6", "MN12", "MJ24", "SP48"),
    *("WH2", "WH4", "WH5", "WD1", "WD2", "WD4", "WD5", "WD15"),
    *("CQ", "CP5", "SG", "PR", "XF"),
]

codes = st.sampled_from(sorted(SLA_POLICIES))
instants = st.datetimes(
    datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2026-06-30"), timezones=st.just(UTC)
)


def city(text: str) -> datetime:
    """``2025-01-27 16:00`` on the city's wall."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY_TIME)


def finish(
    code: str, accepted: str, dispatched: str | None = None, appointment: str | None = None
) -> Deadline:
    return finish_due(
        parse_sla(code),
        accepted_at=city(accepted),
        dispatched_at=city(dispatched or accepted),
        calendar=CALENDAR,
        appointment_start=city(appointment) if appointment else None,
    )


class TestAppendixE:
    def test_e1_household_repair_accepted_2250_is_due_0450_next_day(self) -> None:
        assert finish("HH6", "2025-03-05 22:50").due_at == city("2025-03-06 04:50")

    def test_e2_the_same_with_a_confirmed_appointment_at_0900_is_due_1500(self) -> None:
        moved = finish("HH6", "2025-03-05 22:50", appointment="2025-03-06 09:00")
        assert moved.due_at == city("2025-03-06 15:00")
        assert moved.start_event is StartEvent.APPOINTMENT
        assert moved.original_due_at == city("2025-03-06 04:50")

    def test_e3_enquiry_accepted_friday_1720_is_due_monday_1730(self) -> None:
        assert finish("CQ", "2025-03-07 17:20").due_at == city("2025-03-10 17:30")

    def test_e3_or_the_first_working_day_after_a_holiday(self) -> None:
        assert finish("CQ", "2025-09-30 17:20").due_at == city("2025-10-09 17:30")

    def test_e4_two_working_days_from_the_eve_of_spring_festival(self) -> None:
        assert finish("WD2", "2025-01-27 16:00").due_at == city("2025-02-06 17:30")

    def test_e5_a_make_up_saturday_counts_as_a_working_day(self) -> None:
        assert finish("WD1", "2025-02-07 10:00").due_at == city("2025-02-08 17:30")
        assert finish("WH4", "2025-02-07 16:30").due_at == city("2025-02-08 11:30")

    def test_e6_met_at_the_due_instant_is_on_time(self) -> None:
        deadline = finish("MN12", "2025-03-05 08:00")
        assert not deadline.is_overdue(deadline.due_at)
        assert meet(deadline, deadline.due_at).state is DeadlineState.MET

    def test_e6_one_microsecond_later_is_late(self) -> None:
        deadline = finish("MN12", "2025-03-05 08:00")
        late = deadline.due_at + timedelta(microseconds=1)
        assert deadline.is_overdue(late)
        assert meet(deadline, late).state is DeadlineState.MISSED

    def test_e8_after_three_days_suspended_what_remained_remains(self) -> None:
        deadline = finish("MJ24", "2025-03-05 08:00")
        paused = pause(deadline, city("2025-03-05 18:00"), CALENDAR)
        resumed = resume(paused, city("2025-03-08 18:00"), CALENDAR)
        assert resumed.due_at - city("2025-03-08 18:00") == timedelta(hours=14)

    def test_e11_the_rework_clock_is_half_but_not_under_two_hours(self) -> None:
        assert rework_limit(parse_sla("MJ24").finish).time == timedelta(hours=12)
        assert rework_limit(parse_sla("XF").finish).time == timedelta(hours=2)
        assert rework_limit(parse_sla("WH5").finish).time == timedelta(hours=2, minutes=30)
        assert rework_limit(parse_sla("WD5").finish).amount == 3
        assert rework_limit(parse_sla("WD1").finish).amount == 1


class TestSlaCodes:
    def test_every_code_of_the_table_is_known_and_no_other(self) -> None:
        assert sorted(SLA_POLICIES) == sorted(PUBLIC_CODES)

    @pytest.mark.parametrize("code", ["", "WD3", "em", "EM+", "EM+WH2", "EM+EM", "MN12+EM", "HH6 "])
    def test_an_unknown_code_is_refused(self, code: str) -> None:
        with pytest.raises(UnknownSla) as refused:
            parse_sla(code)
        assert refused.value.params == {"sla": code}

    @pytest.mark.parametrize(
        ("code", "due"),
        [
            ("EM", "2025-03-05 18:00"),
            ("EM+HH6", "2025-03-05 22:00"),
            ("EM+MN12", "2025-03-06 04:00"),
            ("EM+MJ24", "2025-03-06 16:00"),
            ("EM+SP48", "2025-03-07 16:00"),
            ("HH6", "2025-03-05 22:00"),
            ("MN12", "2025-03-06 04:10"),
            ("MJ24", "2025-03-06 16:10"),
            ("SP48", "2025-03-07 16:10"),
            ("WH2", "2025-03-06 09:10"),
            ("WH4", "2025-03-06 11:10"),
            ("WH5", "2025-03-06 14:40"),
            ("WD1", "2025-03-06 17:30"),
            ("WD2", "2025-03-07 17:30"),
            ("WD4", "2025-03-11 17:30"),
            ("WD5", "2025-03-12 17:30"),
            ("WD15", "2025-03-26 17:30"),
            ("CQ", "2025-03-06 17:30"),
            ("CP5", "2025-03-12 17:30"),
            ("SG", "2025-03-12 17:30"),
            ("PR", "2025-03-07 17:30"),
            ("XF", "2025-03-05 16:30"),
        ],
    )
    def test_accepted_wednesday_1600_dispatched_1610(self, code: str, due: str) -> None:
        assert finish(code, "2025-03-05 16:00", "2025-03-05 16:10").due_at == city(due)

    def test_another_repair_size_keeps_the_emergency(self) -> None:
        assert sla_for_repair("MN12", RepairClass.MAJOR) == "MJ24"
        assert sla_for_repair("EM+MN12", RepairClass.SPECIAL) == "EM+SP48"
        assert sla_for_repair("EM", RepairClass.MINOR) == "EM+MN12"


class TestBoundaries:
    def test_accepted_2359_belongs_to_that_day(self) -> None:
        assert finish("WD1", "2025-03-05 23:59").due_at == city("2025-03-06 17:30")
        assert finish("WD1", "2025-03-06 00:00").due_at == city("2025-03-07 17:30")

    def test_spring_festival_across_the_year_end_of_the_moon(self) -> None:
        assert finish("WH2", "2025-01-27 16:30").due_at == city("2025-02-05 09:30")
        assert finish("MN12", "2025-01-28 22:00").due_at == city("2025-01-29 10:00")

    def test_across_new_year(self) -> None:
        assert finish("WD1", "2024-12-31 23:59").due_at == city("2025-01-02 17:30")

    def test_suspended_over_a_weekend_in_office_hours(self) -> None:
        deadline = finish("WH5", "2025-03-07 14:30")
        paused = pause(deadline, city("2025-03-07 16:30"), CALENDAR)
        assert resume(paused, city("2025-03-10 08:30"), CALENDAR).due_at == city("2025-03-10 11:30")

    def test_the_danger_does_not_wait_for_an_appointment(self) -> None:
        emergency = finish("EM+HH6", "2025-03-05 22:50", appointment="2025-03-06 09:00")
        assert emergency.due_at == city("2025-03-06 04:50")

    def test_an_appointment_moves_household_repairs_only(self) -> None:
        minor = finish("MN12", "2025-03-05 22:50", appointment="2025-03-06 09:00")
        assert minor.due_at == city("2025-03-06 10:50")

    def test_an_appointment_before_acceptance_is_refused(self) -> None:
        with pytest.raises(InvalidDeadlineChange, match="appointment_before_acceptance"):
            finish("HH6", "2025-03-05 22:50", appointment="2025-03-05 22:49")

    def test_an_instant_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            finish_due(
                parse_sla("HH6"),
                accepted_at=datetime.fromisoformat("2025-03-05 22:50"),
                dispatched_at=city("2025-03-05 22:50"),
                calendar=CALENDAR,
            )


def dues(code: str, urgency: Urgency, **moments: str) -> dict[str, str]:
    """Due instants on the city's wall by clock, for ``accepted_at="2025-03-05 16:00"`` and the like."""
    started = deadlines_for(
        code, urgency, calendar=CALENDAR, **{name: city(text) for name, text in moments.items()}
    )
    return {str(clock): f"{d.due_at.astimezone(CITY_TIME):%d %H:%M}" for clock, d in started.items()}


class TestProcessClocks:
    def test_before_dispatch_only_the_centres_own_clock_runs(self) -> None:
        assert dues("MN12", Urgency.E1, accepted_at="2025-03-05 16:00") == {"dispatch": "05 16:10"}

    def test_an_ordinary_repair(self) -> None:
        assert dues("MN12", Urgency.N, accepted_at="2025-03-05 16:00", dispatched_at="2025-03-05 16:10") == {
            "dispatch": "05 17:00",
            "sign": "05 17:10",
            "contact": "06 11:10",
            "finish": "06 04:10",
        }

    def test_the_thirty_minutes_count_from_the_crews_assignment(self) -> None:
        assert (
            dues(
                "MN12",
                Urgency.N,
                accepted_at="2025-03-05 16:00",
                dispatched_at="2025-03-05 16:10",
                crew_assigned_at="2025-03-05 18:00",
            )["arrive"]
            == "05 18:30"
        )

    def test_at_home_they_count_from_the_appointment(self) -> None:
        assert (
            dues(
                "HH6",
                Urgency.N,
                accepted_at="2025-03-05 16:00",
                dispatched_at="2025-03-05 16:10",
                crew_assigned_at="2025-03-05 18:00",
                appointment_start="2025-03-06 09:00",
            )["arrive"]
            == "06 09:30"
        )

    def test_an_emergency_counts_everything_from_acceptance(self) -> None:
        assert dues(
            "EM+MJ24", Urgency.E0, accepted_at="2025-03-05 16:00", dispatched_at="2025-03-05 16:02"
        ) == {
            "dispatch": "05 16:02",
            "sign": "05 16:03",
            "contact": "05 16:10",
            "arrive": "05 16:30",
            "control": "05 18:00",
            "finish": "06 16:00",
        }

    def test_an_emergency_code_has_its_limits_whatever_the_urgency(self) -> None:
        moments = {"accepted_at": "2025-03-05 16:00", "dispatched_at": "2025-03-05 16:02"}
        assert dues("EM+MN12", Urgency.E1, **moments) == dues("EM+MN12", Urgency.E0, **moments)

    @pytest.mark.parametrize(
        ("code", "urgency", "counted"),
        [
            ("CQ", Urgency.N, False),
            ("XF", Urgency.E0, False),
            ("CP5", Urgency.E1, False),
            ("WD5", Urgency.N, False),
            ("WH2", Urgency.E1, True),
            ("WD5", Urgency.E1, True),
            ("HH6", Urgency.N, True),
        ],
    )
    def test_arrival_is_counted_for_visits(self, code: str, urgency: Urgency, counted: bool) -> None:
        at = "2025-03-05 16:00"
        clocks = dues(code, urgency, accepted_at=at, dispatched_at=at, crew_assigned_at=at)
        assert ("arrive" in clocks) is counted

    @pytest.mark.parametrize(
        ("clock", "e0", "e1", "n"),
        [
            (DeadlineType.ACCEPT, None, "05 16:10", "05 16:30"),
            (DeadlineType.RETURN_DECISION, "05 16:30", "05 16:30", "06 11:00"),
            (DeadlineType.REVIEW, "05 16:30", "05 18:00", "06 17:30"),
            (DeadlineType.CHECK, "05 18:00", "05 20:00", "06 17:30"),
            (DeadlineType.CALLBACK, "06 16:00", "06 16:00", "07 17:30"),
        ],
    )
    def test_the_centres_clocks(self, clock: DeadlineType, e0: str | None, e1: str, n: str) -> None:
        counted = []
        for urgency in Urgency:
            deadline = process_deadline(clock, urgency, city("2025-03-05 16:00"), CALENDAR)
            counted.append(deadline and f"{deadline.due_at.astimezone(CITY_TIME):%d %H:%M}")
        assert counted == [e0, e1, n]


class TestClocksInGeneral:
    @given(codes, instants, st.timedeltas(timedelta(0), timedelta(days=3)))
    def test_a_later_dispatch_is_never_due_earlier(
        self, code: str, start: datetime, delay: timedelta
    ) -> None:
        policy = parse_sla(code)
        prompt = finish_due(policy, accepted_at=start, dispatched_at=start, calendar=CALENDAR)
        slow = finish_due(policy, accepted_at=start, dispatched_at=start + delay, calendar=CALENDAR)
        assert start < prompt.due_at <= slow.due_at

    @given(codes, st.sampled_from(Urgency), instants)
    def test_every_clock_ends_after_it_starts(self, code: str, urgency: Urgency, start: datetime) -> None:
        started = deadlines_for(
            code,
            urgency,
            accepted_at=start,
            dispatched_at=start,
            crew_assigned_at=start,
            calendar=CALENDAR,
        )
        assert all(d.due_at > d.start_at and d.due_at.tzinfo is UTC for d in started.values())
