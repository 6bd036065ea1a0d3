"""Supervised workers: named loops that are restarted with backoff, and whose health can be seen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from hotline.ports.clock import Clock

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0


@dataclass
class WorkerHealth:
    """How a worker is doing: ``state`` is running, restarting or stopped."""

    name: str
    state: str = "stopped"
    restarts: int = 0
    last_error: str | None = None
    since: datetime | None = None


class Supervisor:
    """Runs workers until it is stopped. A worker that raises, or returns early, is started again."""

    def __init__(
        self,
        clock: Clock,
        first_pause: float = FIRST_PAUSE,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._first_pause = first_pause
        self._pause = pause
        self._work: dict[str, Callable[[], Awaitable[None]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.health: dict[str, WorkerHealth] = {}

    def add(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Register ``work``, a coroutine function that runs until cancelled."""
        if name in self._work:
            raise ValueError(f"worker {name} is registered already")
        self._work[name] = work
        self.health[name] = WorkerHealth(name)

    def start(self) -> None:
        """Start every registered worker."""
        self._tasks = [asyncio.create_task(self._keep(name), name=name) for name in self._work]

    async def stop(self) -> None:
        """Cancel all workers and wait until they have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _keep(self, name: str) -> None:
        health, pause = self.health[name], self._first_pause
        try:
            while True:
                health.state, health.since = "running", self._clock.now()
                started = asyncio.get_running_loop().time()
                try:
                    await self._work[name]()
                    health.last_error = "returned"
                except asyncio.CancelledError:
                    if _is_stopping():
                        raise
                    health.last_error = "cancelled"  # something it waited for was; nobody stopped the worker
                    log.warning("worker cancelled from within", extra={"worker": name})
                except Exception as error:
                    health.last_error = f"{type(error).__name__}: {error}"
                    log.exception("worker failed", extra={"worker": name})
                if asyncio.get_running_loop().time() - started > LONGEST_PAUSE:
                    pause = self._first_pause
                health.state, health.restarts = "restarting", health.restarts + 1
                await self._pause(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        finally:
            health.state = "stopped"


def _is_stopping() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
