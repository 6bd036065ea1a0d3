"""Clock port: the one source of the present."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Tests inject one that stands still or jumps."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        ...
