"""Lease port: one owner at a time, with an epoch that outdates a frozen former owner."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol


class Held(Protocol):
    """A lease that is held; goes stale when another holder takes it."""

    @property
    def epoch(self) -> int:
        """Grows by one at each change of holder."""
        ...

    async def check(self, tx: Any) -> None:
        """Raise ``hotline.errors.Conflict`` ("stale_lease") inside ``tx`` unless still the holder."""
        ...


class Leases(Protocol):
    """Names that at most one holder owns."""

    def hold(self, name: str) -> AbstractAsyncContextManager[Held]:
        """Wait until ``name`` is ours, keep renewing it, give it back at the end."""
        ...
