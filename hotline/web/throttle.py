"""Rate limits that survive a restart: so many per key in a window."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from hotline.errors import TooMany
from hotline.kernel.db import Database, UtcDateTime, metadata
from hotline.ports.clock import Clock

rate_window = sa.Table(
    "rate_window",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True)
class Limit:
    """``most`` times per ``window``; ``name`` keeps limits of the same subject apart."""

    name: str
    most: int
    window: timedelta


class Throttle:
    """Counts per key; keys are stored hashed, for they hold addresses and account names."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def refuse_if_spent(self, limit: Limit, *subject: str) -> None:
        """Raise ``TooMany`` with the seconds to wait when the window is full; counts nothing."""
        async with self._database.read() as reader:
            query = sa.select(rate_window).where(rate_window.c.key == _key(limit, subject))
            row = (await reader.execute(query)).one_or_none()
        now = self._clock.now()
        if row is not None and row._mapping["count"] >= limit.most and row.ends_at > now:
            raise TooMany("too_many_requests", retry_after=math.ceil((row.ends_at - now).total_seconds()))

    async def count(self, limit: Limit, *subject: str) -> None:
        """Count one."""
        now, key = self._clock.now(), _key(limit, subject)
        async with self._database.uow() as tx:
            running = await tx.execute(
                rate_window.update()
                .where(rate_window.c.key == key, rate_window.c.ends_at > now)
                .values(count=rate_window.c.count + 1)
            )
            if running.rowcount == 0:
                await tx.execute(rate_window.delete().where(rate_window.c.key == key))
                row = {"key": key, "count": 1, "ends_at": now + limit.window}
                await tx.execute(rate_window.insert(), row)

    async def spend(self, limit: Limit, *subject: str) -> None:
        """Count one, or raise ``TooMany``."""
        await self.refuse_if_spent(limit, *subject)
        await self.count(limit, *subject)

    async def forget(self, limit: Limit, *subject: str) -> None:
        """Start over for this key."""
        async with self._database.uow() as tx:
            await tx.execute(rate_window.delete().where(rate_window.c.key == _key(limit, subject)))


def _key(limit: Limit, subject: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join((limit.name, *subject)).encode()).hexdigest()
