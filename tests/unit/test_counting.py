"""How a due instant was counted, for people to count again (DOMAIN §2.5 pt 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hotline.calendar.holidays import holiday_calendar
from hotline.calendar.model import CITY_TIME
from hotline.cases.counting import CountReason, count_steps
from hotline.cases.deadlines import due_at
from hotline.cases.sla import SLA_POLICIES, Basis, parse_sla

CALENDAR = holiday_calendar()

codes = st.sampled_from(sorted(SLA_POLICIES))
instants = st.datetimes(
    datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2026-06-30"), timezones=st.just(UTC)
)


def city(text: str) -> datetime:
    """``2025-01-27 16:00`` on the city's wall."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY_TIME)


class TestCountingForPeople:
    def test_working_hours_over_a_weekend(self) -> None:
        steps = count_steps(city("2025-03-07 17:00"), parse_sla("WH2").finish, CALENDAR)
        assert [(step.reason, step.time) for step in steps] == [
            (CountReason.COUNTED, timedelta(minutes=30)),
            (CountReason.WEEKEND, timedelta(0)),
            (CountReason.COUNTED, timedelta(minutes=90)),
        ]

    def test_working_days_over_spring_festival(self) -> None:
        steps = count_steps(city("2025-01-27 16:00"), parse_sla("WD2").finish, CALENDAR)
        reasons = [step.reason for step in steps]
        assert reasons == [CountReason.START_DAY, *[CountReason.HOLIDAY] * 8, *[CountReason.COUNTED] * 2]

    @given(codes, instants)
    def test_the_steps_join_up_and_add_up_to_the_limit(self, code: str, start: datetime) -> None:
        limit = parse_sla(code).finish
        steps = count_steps(start, limit, CALENDAR)
        assert steps[0].start_at == start
        assert steps[-1].end_at == due_at(start, limit, CALENDAR)
        assert all(a.end_at <= b.start_at for a, b in pairwise(steps))
        if limit.basis is Basis.WORKING_DAYS:
            assert sum(step.days for step in steps) == limit.amount
        else:
            assert sum((step.time for step in steps), timedelta(0)) == limit.time
