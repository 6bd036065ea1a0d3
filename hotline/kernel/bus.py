"""In-process bus: enough for one node."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hotline.kernel.db.interface import CommitListener
from hotline.ports.bus import Bus


class _Listener:
    def __init__(self, limit: int) -> None:
        self._messages: deque[Any] = deque(maxlen=limit)
        self._ready = asyncio.Event()

    def put(self, message: Any) -> None:
        self._messages.append(message)
        self._ready.set()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        while not self._messages:
            self._ready.clear()
            await self._ready.wait()
        return self._messages.popleft()


COMMITTED = "committed"
"""The topic of committed events: each message is what one unit of work recorded."""


async def pass_on_wake_ups(bus: Bus, listeners: Sequence[CommitListener]) -> None:
    """A worker: wakes those who look into the database when something was committed, here or elsewhere.

    A lost message costs them a poll. Whoever must not miss any listens to the commits themselves.
    """
    async with bus.subscribe(COMMITTED) as batches:
        async for recorded in batches:
            for listener in listeners:
                listener(recorded)


class InProcessBus:
    """Implements ``ports.bus.Bus`` among the tasks of one process."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[_Listener]] = defaultdict(set)

    def publish(self, topic: str, message: Any) -> None:
        for listener in tuple(self._listeners.get(topic, ())):
            listener.put(message)

    @asynccontextmanager
    async def subscribe(self, topic: str, limit: int = 1024) -> AsyncIterator[AsyncIterator[Any]]:
        listener = _Listener(limit)
        self._listeners[topic].add(listener)
        try:
            yield listener
        finally:
            self._listeners[topic].discard(listener)
            if not self._listeners[topic]:
                del self._listeners[topic]
