"""Words and rules of recordings; pure."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from enum import StrEnum

CALLER = "caller"
"""The leg of the citizen's side; any other is named by its agent."""
LINK_LASTS = timedelta(minutes=10)
"""DOMAIN §10 item 12: signed addresses of recordings hold ten minutes at most."""


class State(StrEnum):
    """``EXPECTED``: begun, or not mixed yet. ``MISSING``: there is no sound where there should be."""

    EXPECTED = "expected"
    READY = "ready"
    MISSING = "missing"


def sign_link(key: bytes, recording_id: str, user_id: str, until: datetime) -> str:
    """A token with which one person may fetch one recording until then: ``<seconds since 1970>.<digest>``."""
    seconds = int(until.timestamp())
    return f"{seconds}.{_digest(key, recording_id, user_id, seconds)}"


def is_link_good(key: bytes, token: str, recording_id: str, user_id: str, now: datetime) -> bool:
    """Whether the token is this person's for this recording, and its time is not over."""
    seconds, _, digest = token.partition(".")
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) < 12 and digest.isascii()):
        return False
    good = hmac.compare_digest(digest, _digest(key, recording_id, user_id, int(seconds)))
    return good and now <= datetime.fromtimestamp(int(seconds), UTC)


def _digest(key: bytes, recording_id: str, user_id: str, seconds: int) -> str:
    text = f"{recording_id}\n{user_id}\n{seconds}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
