"""Access tokens: the two ways to get one, and how each ends.

``stable_token`` gives the same token as long as it is good for more than five minutes; then a new one, and
both work for the five minutes of the handover. ``force_refresh`` ends the former at once, but works only
every 30 seconds and 20 times a day. ``token`` always gives a new one, and the former works for five minutes.
The two know nothing of each other.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

LIFE = 7200
HANDOVER = 300
FORCE_EVERY = 30
FORCE_MOST = 20
DAY = 86400
INVALID = 40001
EXPIRED = 42001


@dataclass
class Token:
    """One that was given out. ``kind`` is "stable" or "plain"."""

    text: str
    kind: str
    ends: float
    revoked: bool = False


@dataclass
class Tokens:
    """All that were given out."""

    given: list[Token] = field(default_factory=list)
    forced: list[float] = field(default_factory=list)

    def stable(self, now: float, force: bool) -> Token:
        """The current stable token, or a new one where the rules say so."""
        current = self._current("stable", now)
        if force and self._may_force(now):
            self.forced.append(now)
            if current is not None:
                current.revoked = True
            return self._new("stable", now)
        if current is None or current.ends - now <= HANDOVER:
            return self._new("stable", now)
        return current

    def plain(self, now: float) -> Token:
        """A new token; the former lives on for the handover."""
        former = self._current("plain", now)
        if former is not None:
            former.ends = min(former.ends, now + HANDOVER)
        return self._new("plain", now)

    def error(self, text: str, now: float) -> int:
        """0 for a token that is good, else the error code."""
        token = next((one for one in self.given if one.text == text), None)
        if token is None or token.revoked:
            return INVALID
        return 0 if token.ends > now else EXPIRED

    def expire(self, now: float) -> None:
        """All that were given out are too old from now on."""
        for token in self.given:
            token.ends = min(token.ends, now)

    def revoke(self) -> None:
        """All that were given out are no longer known."""
        for token in self.given:
            token.revoked = True

    def _current(self, kind: str, now: float) -> Token | None:
        good = [one for one in self.given if one.kind == kind and one.ends > now and not one.revoked]
        return good[-1] if good else None

    def _may_force(self, now: float) -> bool:
        today = [at for at in self.forced if now - at < DAY]
        return len(today) < FORCE_MOST and (not today or now - today[-1] >= FORCE_EVERY)

    def _new(self, kind: str, now: float) -> Token:
        token = Token(secrets.token_urlsafe(96), kind, now + LIFE)
        self.given.append(token)
        return token
