"""What happens to a deadline once it runs (DOMAIN §2.5, §2.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.calendar.holidays import holiday_calendar
from hotline.calendar.model import CITY_TIME
from hotline.cases.deadline_changes import extend, meet, pause, resume, stop
from hotline.cases.deadlines import (
    Deadline,
    DeadlineState,
    InvalidDeadlineChange,
    deadlines_for,
    finish_due,
    rework_finish,
)
from hotline.cases.model import DeadlineType, Urgency
from hotline.cases.sla import SLA_POLICIES, StartEvent, parse_sla

CALENDAR = holiday_calendar()
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


class TestWhatHappensToADeadline:
    def test_it_names_the_calendar_it_was_counted_on(self) -> None:
        assert finish("WD1", "2025-03-05 16:00").calendar_version == CALENDAR.version

    def test_only_the_first_meeting_counts(self) -> None:
        deadline = finish("HH6", "2025-03-05 08:00")
        first = meet(deadline, city("2025-03-05 10:00"))
        assert meet(first, city("2025-03-05 20:00")) == first

    def test_only_the_finish_clock_can_be_paused(self) -> None:
        sign = deadlines_for(
            "MN12",
            Urgency.N,
            accepted_at=city("2025-03-05 16:00"),
            dispatched_at=city("2025-03-05 16:10"),
            calendar=CALENDAR,
        )[DeadlineType.SIGN]
        with pytest.raises(InvalidDeadlineChange, match="deadline_not_pausable"):
            pause(sign, city("2025-03-05 16:20"), CALENDAR)

    def test_a_paused_clock_is_neither_overdue_nor_met(self) -> None:
        paused = pause(finish("HH6", "2025-03-05 08:00"), city("2025-03-05 09:00"), CALENDAR)
        assert not paused.is_overdue(city("2025-04-01 09:00"))
        with pytest.raises(InvalidDeadlineChange, match="deadline_paused"):
            meet(paused, city("2025-03-05 10:00"))

    def test_suspending_an_overdue_case_does_not_undo_the_overdue(self) -> None:
        deadline = finish("HH6", "2025-03-05 08:00")
        assert pause(deadline, city("2025-03-05 14:01"), CALENDAR) == deadline
        assert resume(deadline, city("2025-03-06 14:01"), CALENDAR) == deadline

    def test_stopping_leaves_what_was_met_or_missed(self) -> None:
        deadline = finish("HH6", "2025-03-05 08:00")
        assert stop(deadline).state is DeadlineState.STOPPED
        assert stop(meet(deadline, city("2025-03-05 09:00"))).state is DeadlineState.MET
        assert stop(meet(deadline, city("2025-03-06 09:00"))).state is DeadlineState.MISSED

    def test_an_extension_keeps_the_due_it_replaced(self) -> None:
        deadline = finish("MN12", "2025-03-05 08:00")
        asked, agreed = city("2025-03-05 19:00"), city("2025-03-05 21:00")
        longer = extend(
            deadline,
            city("2025-03-06 08:00"),
            requested_at=asked,
            approved_at=agreed,
            approved_by="u-7",
        )
        assert longer.due_at == city("2025-03-06 08:00")
        assert longer.extensions[0].former_due_at == deadline.due_at

    def test_an_extension_asked_for_after_the_due_changes_nothing(self) -> None:
        deadline = finish("MN12", "2025-03-05 08:00")
        late = city("2025-03-05 20:01")
        with pytest.raises(InvalidDeadlineChange, match="extension_after_due"):
            extend(deadline, city("2025-03-06 08:00"), requested_at=late, approved_at=late, approved_by="u-7")

    def test_rework_starts_a_clock_of_its_own(self) -> None:
        second = rework_finish(parse_sla("MN12"), city("2025-03-06 10:00"), CALENDAR)
        assert second.due_at == city("2025-03-06 16:00")
        assert second.start_event is StartEvent.REWORK_ORDERED

    @given(codes, instants, st.floats(0, 0.99), st.timedeltas(timedelta(0), timedelta(days=20)))
    def test_a_pause_never_shortens_and_keeps_what_remained(
        self, code: str, start: datetime, part: float, length: timedelta
    ) -> None:
        running = finish_due(parse_sla(code), accepted_at=start, dispatched_at=start, calendar=CALENDAR)
        at = start + (running.due_at - start) * part
        paused = pause(running, at, CALENDAR)
        resumed = resume(paused, at + length, CALENDAR)
        assert resumed.due_at >= running.due_at
        again = pause(resumed, at + length, CALENDAR)
        assert again.paused[-1].remaining == paused.paused[-1].remaining
