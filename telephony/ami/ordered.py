"""The one ordered queue: everything that the reader saw, handled one after the other."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

HIGH = 10_000
LOW = 2_000
HANDLER_SECONDS = 10.0
log = logging.getLogger(__name__)

Step = Callable[[], Awaitable[None] | None]


class OrderedQueue:
    """Runs steps in the order in which they were put; a step that raises or hangs stops none after it.

    ``on_full`` is called when ``HIGH`` steps wait, ``on_free`` when no more than ``LOW`` are left: the reader
    pauses in between, so that memory is bounded.
    """

    def __init__(self, on_full: Callable[[], None], on_free: Callable[[], None]) -> None:
        self._steps: deque[tuple[str, Step]] = deque()
        self._something = asyncio.Event()
        self._on_full = on_full
        self._on_free = on_free
        self.is_full = False
        self.failures = 0
        """Steps that raised or took longer than ``HANDLER_SECONDS``."""

    def __len__(self) -> int:
        return len(self._steps)

    def put(self, name: str, step: Step) -> None:
        """Append a step; ``name`` is what the log calls it."""
        self._steps.append((name, step))
        self._something.set()
        if not self.is_full and len(self._steps) >= HIGH:
            self.is_full = True
            self._on_full()

    async def run(self) -> None:
        """Runs steps until cancelled."""
        while True:
            while self._steps:
                name, step = self._steps.popleft()
                await self._run_one(name, step)
                if self.is_full and len(self._steps) <= LOW:
                    self.is_full = False
                    self._on_free()
            self._something.clear()
            await self._something.wait()

    async def _run_one(self, name: str, step: Step) -> None:
        try:
            doing = step()
            if doing is not None:
                async with asyncio.timeout(HANDLER_SECONDS):
                    await doing
        except Exception as error:
            self.failures += 1
            log.error("handling %s failed: %s", name, type(error).__name__, exc_info=True)
        if len(self._steps) % 64 == 0:
            await asyncio.sleep(0)  # handlers that never wait must not starve the reader
