"""Words and rules of recordings; pure."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """``EXPECTED``: begun, or not mixed yet. ``MISSING``: there is no sound where there should be."""

    EXPECTED = "expected"
    READY = "ready"
    MISSING = "missing"
