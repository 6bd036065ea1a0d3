"""Words and fixed measures of the queue; pure."""

from __future__ import annotations

from datetime import timedelta
from enum import IntEnum, StrEnum

GONE_AFTER = timedelta(seconds=12)
"""An agent whose pages were all closed for so long is away: offers go back, conversations may be taken.
With the time it takes to notice, that is within the 15 s of QUALITY (fault 11)."""
PAGE_CLOSED = "page_closed"
"""The reason of the state that the router sets then."""
RETURNED = "returned"
"""The reason when the page is opened again: there, but not ready before saying so."""


class ItemState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    DONE = "done"


PHONE = "phone"
"""The channel of calls: the telephone answers them, and one is all that an agent can do at a time."""
LONGEST_WRAP_UP = timedelta(minutes=10)
"""An agent may extend a wrap-up up to so much altogether."""
RING_GRACE = timedelta(seconds=10)
"""A call that was offered is given back by the exchange; this much later by the router, if that is lost."""


class AgentWord(StrEnum):
    """What agents say of themselves."""

    READY = "ready"
    BUSY = "busy"
    OFFLINE = "offline"


class Activity(StrEnum):
    """What the telephone makes of an agent, whatever the agent's word is.

    ``CALL``: from the moment the exchange was told to ring, or dial, until the citizen's side is gone.
    ``WRAP_UP``: after a call, with an end.
    """

    CALL = "call"
    WRAP_UP = "wrap_up"


class Priority(IntEnum):
    """Classes of the queue; see ``routing`` for what a class is worth."""

    URGENT = 0
    NORMAL = 1
    LAST = 2
