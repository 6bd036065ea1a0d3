"""Rate limits that survive a restart: so many per key in a window."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hotline.errors import TooMany
from hotline.kernel.db import Database, Tx, UtcDateTime, metadata
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
        if row is not None and row._mapping["count"] >= limit.most and row.ends_at > self._clock.now():
            raise self._too_many(row.ends_at)

    async def count(self, limit: Limit, *subject: str) -> None:
        """Count one."""
        async with self._database.uow() as tx:
            await self._add_one(tx, limit, subject)

    async def spend(self, limit: Limit, *subject: str) -> None:
        """Count one, or raise ``TooMany``: of any number that come at once, ``most`` get through."""
        await self.refuse_if_spent(limit, *subject)
        async with self._database.uow() as tx:
            counted, ends_at = await self._add_one(tx, limit, subject)
        if counted > limit.most:
            raise self._too_many(ends_at)

    async def _add_one(self, tx: Tx, limit: Limit, subject: tuple[str, ...]) -> tuple[int, datetime]:
        """The count with this one, and when its window ends; one statement, for two may come at once."""
        now = self._clock.now()
        insert: Any = (sqlite if tx.dialect == "sqlite" else postgresql).insert(rate_window)
        running = rate_window.c.ends_at > now
        fresh = {"count": 1, "ends_at": now + limit.window}
        counted = await tx.execute(
            insert.values(key=_key(limit, subject), **fresh)
            .on_conflict_do_update(
                index_elements=[rate_window.c.key],
                set_={
                    "count": sa.case((running, rate_window.c.count + 1), else_=1),
                    "ends_at": sa.case((running, rate_window.c.ends_at), else_=insert.excluded.ends_at),
                },
            )
            .returning(rate_window.c.count, rate_window.c.ends_at)
        )
        row: Any = counted.one()
        return row[0], row[1]

    def _too_many(self, ends_at: datetime) -> TooMany:
        seconds = math.ceil((ends_at - self._clock.now()).total_seconds())
        return TooMany("too_many_requests", retry_after=max(1, seconds))

    async def purge(self, tx: Tx) -> int:
        """Delete windows that are over; how many."""
        return (
            await tx.execute(rate_window.delete().where(rate_window.c.ends_at <= self._clock.now()))
        ).rowcount

    async def forget(self, limit: Limit, *subject: str) -> None:
        """Start over for this key."""
        async with self._database.uow() as tx:
            await tx.execute(rate_window.delete().where(rate_window.c.key == _key(limit, subject)))


def _key(limit: Limit, subject: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join((limit.name, *subject)).encode()).hexdigest()
