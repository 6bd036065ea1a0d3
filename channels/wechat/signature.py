"""The platform's signature: SHA-1 over the sorted parts, compared in constant time, and only while fresh."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

FRESH = timedelta(minutes=5)
"""QUALITY, abuse 8: what was signed earlier is a replay. It holds for a clock that is ahead as well."""
LONGEST_TIMESTAMP = 12


def signature_of(*parts: str) -> str:
    """The signature over some parts, in hexadecimal."""
    return hashlib.sha1(b"".join(sorted(_bytes(part) for part in parts)), usedforsecurity=False).hexdigest()


def is_signed(given: str, *parts: str) -> bool:
    """Whether ``given`` is the signature over the parts, whatever characters it has."""
    return hmac.compare_digest(_bytes(given), signature_of(*parts).encode())


def age_of(timestamp: str, now: datetime) -> timedelta | None:
    """How long ago something was signed; negative when it was in the future. None for no timestamp."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= LONGEST_TIMESTAMP):
        return None
    return timedelta(seconds=now.timestamp() - int(timestamp))


def is_fresh(age: timedelta) -> bool:
    """Whether something signed so long ago may still be acted upon."""
    return abs(age) <= FRESH


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
