"""Whether anybody could take a call: open, and somebody on duty. Pure but for what it remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.calendar.model import CITY_TIME, WorkPeriod
from hotline.calls.model import MissedWhy

SOUNDS: Mapping[MissedWhy, str] = {
    MissedWhy.NOBODY_ON_DUTY: "hotline/nobody-on-duty",
    MissedWhy.CLOSED: "hotline/after-hours",
}
"""The last that a caller hears, by the reason."""


@dataclass(frozen=True)
class Service:
    """``hours`` of every day in city time, empty: round the clock. ``grace``: a page is reloaded, a shift
    handed over; so long nobody is turned away although nobody is on duty."""

    hours: Sequence[WorkPeriod] = ()
    grace: timedelta = timedelta(seconds=30)

    def is_open(self, at: datetime) -> bool:
        """Whether who called at this moment is served."""
        then = at.astimezone(CITY_TIME).time()
        return not self.hours or any(period.opens <= then < period.closes for period in self.hours)


class Duty:
    """On duty is who is signed in with a telephone, ready, busy or wrapping up."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._nobody_since: datetime | None = None

    def look(self, somebody: bool, now: datetime) -> None:
        """Whether anybody is on duty now."""
        self._nobody_since = None if somebody else self._nobody_since or now

    def forget(self) -> None:
        """Nobody could be seen for a while: it begins anew."""
        self._nobody_since = None

    def turned_away(self, arrived_at: datetime, now: datetime) -> MissedWhy | None:
        """Why a caller who waits is told to expect a call instead; None while waiting makes sense."""
        if not self._service.is_open(arrived_at):
            return MissedWhy.CLOSED
        if self._nobody_since is not None and now - self._nobody_since >= self._service.grace:
            return MissedWhy.NOBODY_ON_DUTY
        return None
