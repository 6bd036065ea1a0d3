"""When a caller is told to expect a call instead of waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hotline.calendar.model import parse_periods
from hotline.calls.duty import Duty, Service
from hotline.calls.model import MissedWhy

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in the city
GRACE = timedelta(seconds=30)


def test_nobody_is_turned_away_before_the_grace_is_over() -> None:
    duty = Duty(Service(grace=GRACE))
    duty.look(False, NOON)
    assert duty.turned_away(NOON, NOON + GRACE - timedelta(seconds=1)) is None
    assert duty.turned_away(NOON, NOON + GRACE) is MissedWhy.NOBODY_ON_DUTY


def test_whoever_comes_back_in_between_begins_the_grace_anew() -> None:
    duty = Duty(Service(grace=GRACE))
    duty.look(False, NOON)
    duty.look(True, NOON + timedelta(seconds=20))
    duty.look(False, NOON + timedelta(seconds=25))
    assert duty.turned_away(NOON, NOON + timedelta(seconds=40)) is None


def test_after_a_silence_it_is_not_known_how_long_nobody_was_there() -> None:
    duty = Duty(Service(grace=GRACE))
    duty.look(False, NOON - timedelta(hours=1))
    duty.forget()
    duty.look(False, NOON)
    assert duty.turned_away(NOON, NOON) is None


@pytest.mark.parametrize(
    ("called_at", "why"),
    [
        (NOON, None),
        (NOON.replace(hour=0), None),
        (NOON.replace(hour=12), MissedWhy.CLOSED),
        (NOON - timedelta(hours=5), MissedWhy.CLOSED),
    ],
    ids=["12:00", "08:00", "20:00", "07:00"],
)
def test_outside_the_hours_of_service_callers_hear_so(called_at: datetime, why: MissedWhy | None) -> None:
    duty = Duty(Service(parse_periods("08:00-20:00"), GRACE))
    duty.look(True, called_at)
    assert duty.turned_away(called_at, called_at) is why


def test_who_called_in_time_is_still_served_after_closing() -> None:
    duty = Duty(Service(parse_periods("08:00-20:00"), GRACE))
    duty.look(True, NOON.replace(hour=12))
    assert duty.turned_away(NOON.replace(hour=11, minute=59), NOON.replace(hour=12)) is None
