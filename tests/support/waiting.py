"""Waiting for a condition, never for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds after which a condition counts as never met. Far beyond what a busy machine needs."""
PAUSE = 0.02


def wait_until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Returns as soon as the condition holds; fails the test, naming it, when it never does."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience:.0f} s in vain until {what}"
        time.sleep(PAUSE)


async def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """`wait_until` for code that runs in the event loop that has to make the condition true."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience:.0f} s in vain until {what}"
        await asyncio.sleep(PAUSE)
