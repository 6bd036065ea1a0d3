"""How many customer-service messages an account may send to a user, and until when.

The platform's table: a message of the user allows 5 within 48 hours; following, scanning and a menu click
allow 3 within a minute. A new one of the same kind starts anew; nothing adds up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

OUT_OF_TIME = 45015
OUT_OF_COUNT = 45047
RULES = {
    "message": (5, 48 * 3600),
    "menu": (3, 60),
    "follow": (3, 60),
    "scan": (3, 60),
}
"""By what the user did: how many messages, for how many seconds."""


@dataclass
class Window:
    """One permission that has begun."""

    left: int
    ends: float


@dataclass
class Allowance:
    """The permissions that one user has given."""

    windows: dict[str, Window] = field(default_factory=dict)

    def begin(self, what: str, now: float) -> None:
        """The user did one of ``RULES``."""
        count, seconds = RULES[what]
        self.windows[what] = Window(count, now + seconds)

    def refusal(self, now: float) -> int:
        """0 when a message may be sent now, else the error code."""
        live = [window for window in self.windows.values() if window.ends > now]
        if not live:
            return OUT_OF_TIME
        return 0 if any(window.left for window in live) else OUT_OF_COUNT

    def take(self, now: float) -> None:
        """One message was sent; the permission that ends first pays."""
        live = [window for window in self.windows.values() if window.ends > now and window.left]
        min(live, key=lambda window: window.ends).left -= 1

    def end(self) -> None:
        """The user takes it all back: they do not follow any more."""
        self.windows.clear()

    def left(self, now: float) -> int:
        """Messages that may still be sent."""
        return sum(window.left for window in self.windows.values() if window.ends > now)
