"""A clock that a test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class MovableClock:
    """Implements `ports.clock.Clock`; stands still until it is moved."""

    def __init__(self, at: datetime = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Forwards or backwards by `timedelta(**by)`."""
        self.at += timedelta(**by)
