"""How many calls one person may have dialled within a minute. Pure."""

from __future__ import annotations

import math
from collections import deque

from hotline.errors import TooMany

WINDOW = 60.0
"""Seconds."""


class Allowance:
    """A sliding window of ``limit`` dialled calls a minute for each person."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._spent: dict[str, deque[float]] = {}

    def spend(self, who: str, now: float) -> None:
        """Count one call at ``now`` (seconds of a clock that never goes back).

        Raises ``TooMany`` ("originate_limit", ``retry_after`` seconds), which counts nothing.
        """
        self._forget(now)
        spent = self._spent.setdefault(who, deque())
        if len(spent) >= self.limit:
            raise TooMany("originate_limit", retry_after=math.ceil(spent[0] + WINDOW - now))
        spent.append(now)

    def _forget(self, now: float) -> None:
        for who, spent in list(self._spent.items()):
            while spent and spent[0] <= now - WINDOW:
                spent.popleft()
            if not spent:
                del self._spent[who]
