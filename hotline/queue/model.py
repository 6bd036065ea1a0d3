"""Words and fixed measures of the queue; pure."""

from __future__ import annotations

from datetime import timedelta
from enum import IntEnum, StrEnum

GONE_AFTER = timedelta(seconds=15)
"""An agent whose pages were all closed for so long is away: offers go back, conversations may be taken."""
PAGE_CLOSED = "page_closed"
"""The reason of the state that the router sets then."""
RETURNED = "returned"
"""The reason when the page is opened again: there, but not ready before saying so."""


class ItemState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    DONE = "done"


class AgentWord(StrEnum):
    READY = "ready"
    BUSY = "busy"
    OFFLINE = "offline"


class Priority(IntEnum):
    """Classes of the queue; see ``routing`` for what a class is worth."""

    URGENT = 0
    NORMAL = 1
