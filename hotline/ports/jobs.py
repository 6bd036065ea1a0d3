"""Jobs port: durable work for later, at most one per key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


class Jobs(Protocol):
    """Enqueue inside the caller's transaction; a registered worker runs it after the commit."""

    async def enqueue(
        self, tx: Any, kind: str, key: str, payload: Mapping[str, Any], run_at: datetime | None = None
    ) -> bool:
        """Plan a job; False when ``(kind, key)`` is planned or was done already. ``run_at`` None: at once."""
        ...
