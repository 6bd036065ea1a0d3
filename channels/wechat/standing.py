"""How the account is doing, put together from what happens on its ways in and out."""

from __future__ import annotations

from datetime import datetime, timedelta

from hotline.ports.channel import ChannelCondition
from hotline.ports.clock import Clock

REMEMBERED = timedelta(minutes=15)
"""A refused call counts as trouble for so long: whoever has the token meant it, and it did not work."""


class Standing:
    """Notes of the way in (``heard``, ``refused``) and of the way out (``linked``, ``cut_off``)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._in: tuple[str, datetime] | None = None
        self._out = ""
        self._is_linked = False

    def heard(self) -> None:
        """A call of the platform was kept."""
        self._in = None

    def refused(self, why: str) -> None:
        """A call that knew the token was refused."""
        self._in = (why, self._clock.now())

    def linked(self) -> None:
        """The platform's API answers us."""
        self._out, self._is_linked = "", True

    def cut_off(self, why: str) -> bool:
        """It does not; whether that is news."""
        is_news, self._out, self._is_linked = why != self._out, why, False
        return is_news

    @property
    def condition(self) -> ChannelCondition:
        """What of it an operator should know; trouble of the way out comes first."""
        if self._out:
            return ChannelCondition("degraded", self._out)
        if self._in is not None and self._clock.now() - self._in[1] <= REMEMBERED:
            return ChannelCondition("degraded", self._in[0])
        return ChannelCondition("ok", "linked" if self._is_linked else "calls are taken")
