"""Supervised workers: started again after longer and longer pauses, and what their health tells."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hotline.kernel.workers import LONGEST_PAUSE, Supervisor
from tests.support.clock import MovableClock


class Pauses:
    """Stands for the pauses between two starts; the last one never ends."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.seconds: list[float] = []
        self.over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if len(self.seconds) == self.most:
            self.over.set()
            await asyncio.Event().wait()


async def supervised(work: Callable[[], Awaitable[None]], pauses: Pauses) -> Supervisor:
    """A supervisor whose one worker has been started so many times."""
    supervisor = Supervisor(MovableClock(), first_pause=1, pause=pauses)
    supervisor.add("relay", work)
    supervisor.start()
    await pauses.over.wait()
    return supervisor


async def test_a_worker_that_fails_is_started_again_after_longer_and_longer_pauses() -> None:
    async def fail() -> None:
        raise ValueError("broken")

    pauses = Pauses(8)
    supervisor = await supervised(fail, pauses)
    assert pauses.seconds == [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    health = supervisor.health["relay"]
    assert (health.state, health.restarts, health.last_error) == ("restarting", 8, "ValueError: broken")
    await supervisor.stop()
    assert health.state == "stopped"


async def test_a_worker_that_returns_is_started_again() -> None:
    async def give_up() -> None:
        return

    supervisor = await supervised(give_up, Pauses(2))
    assert supervisor.health["relay"].last_error == "returned"
    await supervisor.stop()


async def test_a_worker_that_is_cancelled_from_within_is_started_again() -> None:
    """Something that it waited for was cancelled; nobody stopped the worker itself."""

    async def wait_for_the_cancelled() -> None:
        other = asyncio.ensure_future(asyncio.Event().wait())
        other.cancel()
        await other

    supervisor = await supervised(wait_for_the_cancelled, Pauses(3))
    assert supervisor.health["relay"].last_error == "cancelled"
    await supervisor.stop()


async def test_a_worker_that_runs_is_seen_running_and_is_stopped() -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    supervisor = Supervisor(MovableClock())
    supervisor.add("router", work)
    supervisor.start()
    await started.wait()
    assert supervisor.health["router"].state == "running"
    await supervisor.stop()
    assert stopped.is_set()
    assert supervisor.health["router"].state == "stopped"


async def test_a_name_is_taken_once() -> None:
    async def work() -> None:
        return

    supervisor = Supervisor(MovableClock())
    supervisor.add("router", work)
    with pytest.raises(ValueError, match="router"):
        supervisor.add("router", work)
