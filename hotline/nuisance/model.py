"""Words and rules of the list; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

LONGEST = timedelta(days=90)
"""Nobody stays on the list longer without a new proposal and a new review."""


class Standing(StrEnum):
    """``LIFTED``: by a person before its end. ``ENDED``: by its date."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    LIFTED = "lifted"
    ENDED = "ended"


OPEN = (Standing.PROPOSED, Standing.CONFIRMED)


def end_problem(until: datetime, now: datetime) -> str | None:
    """What is wrong with an end that a reviewer chose: a code, None when nothing is."""
    if until <= now:
        return "nuisance_end_past"
    if until > now + LONGEST:
        return "nuisance_end_far"
    return None
