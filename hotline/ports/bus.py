"""Bus port: wake-ups and fan-out; losing a message costs latency, never data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol


class Bus(Protocol):
    """Publish and subscribe by topic. At most once, ordered per publisher."""

    def publish(self, topic: str, message: Any) -> None:
        """Hand ``message`` to everyone listening now; never blocks and never raises for a slow listener."""
        ...

    def subscribe(self, topic: str, limit: int = 1024) -> AbstractAsyncContextManager[AsyncIterator[Any]]:
        """Listen while the context is open. A listener more than ``limit`` behind loses the oldest."""
        ...
