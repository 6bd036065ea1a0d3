"""Jobs: durable work for later, claimed with a lease, retried with backoff, parked in the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hotline.errors import NotFound
from hotline.kernel.db import Database, Reader, Tx, UtcDateTime, metadata
from hotline.kernel.ids import new_id
from hotline.ports.clock import Clock

log = logging.getLogger(__name__)

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(80), nullable=False),
    sa.Column("key", sa.String(120), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("run_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("leased_by", sa.String(32)),
    sa.Column("error", sa.String(500)),
    sa.UniqueConstraint("kind", "key"),
)
sa.Index(
    "ix_job_due",
    job.c.run_at,
    sqlite_where=job.c.state == "planned",
    postgresql_where=job.c.state == "planned",
)

POLL_SECONDS = 2.0
LEASE = timedelta(seconds=60)
ATTEMPTS = 8


@dataclass(frozen=True)
class Job:
    """A claimed job. ``key`` makes its effect idempotent where the outside can use one.

    ``attempts`` counts this one; ``claim`` tells this claim of the job from a later one.
    """

    id: str
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int
    claim: str


@dataclass(frozen=True)
class ParkedJob:
    """A job that gave up, for the operator: what, why, since when."""

    id: str
    kind: str
    key: str
    attempts: int
    error: str
    parked_at: datetime


JobHandler = Callable[[Tx, Job], Awaitable[None]]


class JobQueue:
    """Implements ``ports.jobs.Jobs``; a handler and the job's completion are one unit of work."""

    def __init__(
        self, database: Database, clock: Clock, first_backoff: timedelta = timedelta(seconds=2)
    ) -> None:
        self._database = database
        self._clock = clock
        self._first_backoff = first_backoff
        self._handlers: dict[str, JobHandler] = {}
        self._wake = asyncio.Event()

    def register(self, kind: str, handler: JobHandler) -> None:
        """Let ``handler(tx, job)`` do the jobs of ``kind``."""
        self._handlers[kind] = handler

    def wake(self, _recorded: Sequence[Any] = ()) -> None:
        """Look for due jobs now; meant as a commit listener."""
        self._wake.set()

    async def enqueue(
        self, tx: Tx, kind: str, key: str, payload: Mapping[str, Any], run_at: datetime | None = None
    ) -> bool:
        values = {
            "id": new_id(),
            "kind": kind,
            "key": key,
            "payload": dict(payload),
            "state": "planned",
            "run_at": run_at or self._clock.now(),
            "attempts": 0,
        }
        try:
            async with tx.savepoint():
                await tx.execute(job.insert(), values)
        except sa.exc.IntegrityError:
            # The key is taken; only a job that was cancelled makes way for a new one.
            again = {"payload": values["payload"], "state": "planned", "run_at": values["run_at"]}
            where = (job.c.kind == kind, job.c.key == key, job.c.state == "cancelled")
            planned = await tx.execute(job.update().where(*where).values(**again, attempts=0, error=None))
            return planned.rowcount > 0
        return True

    async def cancel(self, tx: Tx, kind: str, key: str) -> bool:
        """Drop a job that has not run yet; False when there is none."""
        where = (job.c.kind == kind, job.c.key == key, job.c.state == "planned")
        return (await tx.execute(job.update().where(*where).values(state="cancelled"))).rowcount > 0

    async def parked(self, reader: Reader, limit: int = 200) -> Sequence[ParkedJob]:
        """Jobs that gave up, the latest first."""
        query = sa.select(job).where(job.c.state == "parked").order_by(job.c.run_at.desc()).limit(limit)
        return [
            ParkedJob(row.id, row.kind, row.key, row.attempts, row.error or "", row.run_at)
            for row in await reader.execute(query)
        ]

    async def replay(self, tx: Tx, job_id: str) -> None:
        """Plan a parked job anew, from its first attempt; ``NotFound`` when it is not parked."""
        changed = await tx.execute(
            job.update()
            .where(job.c.id == job_id, job.c.state == "parked")
            .values(state="planned", attempts=0, run_at=self._clock.now(), leased_by=None)
        )
        if changed.rowcount == 0:
            raise NotFound("not_parked")

    async def run(self) -> None:
        """Work for ever; start several to work in parallel."""
        while True:
            self._wake.clear()
            while await self.run_one():
                pass
            # Not wait_for: before Python 3.12 it can lose a cancellation that meets the wake-up.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()

    async def run_one(self) -> bool:
        """Claim and do one due job; False when none is due."""
        claimed = await self._claim()
        if claimed is None:
            return False
        try:
            if claimed.attempts > ATTEMPTS:
                raise RuntimeError("the worker died at every attempt")
            async with self._database.uow() as tx:
                if not await self._still_ours(tx, claimed):
                    return True
                await tx.execute(
                    job.update()
                    .where(job.c.id == claimed.id)
                    .values(state="done", leased_by=None, error=None)
                )
                await self._handlers[claimed.kind](tx, claimed)
        except Exception as error:
            log.warning("job failed", extra={"kind": claimed.kind, "error": repr(error)})
            await self._failed(claimed, error)
        return True

    async def _claim(self) -> Job | None:
        now = self._clock.now()
        due = (
            sa.select(job)
            .where(job.c.state == "planned", job.c.run_at <= now, job.c.kind.in_(self._handlers))
            .order_by(job.c.run_at, job.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        async with self._database.uow() as tx:
            row = (await tx.execute(due)).one_or_none()
            if row is None:
                return None
            claimed = Job(row.id, row.kind, row.key, row.payload, row.attempts + 1, new_id())
            # While leased, the next turn lies behind the lease: a dead worker's job comes up again. Counted
            # now, for a job that kills its worker never gets to count its failure.
            lease = {"run_at": now + LEASE, "leased_by": claimed.claim, "attempts": claimed.attempts}
            await tx.execute(job.update().where(job.c.id == row.id).values(**lease))
        return claimed

    async def _still_ours(self, tx: Tx, claimed: Job) -> bool:
        query = sa.select(job.c.leased_by, job.c.state).where(job.c.id == claimed.id).with_for_update()
        row = (await tx.execute(query)).one()
        return bool(row.state == "planned" and row.leased_by == claimed.claim)

    async def _failed(self, claimed: Job, error: Exception) -> None:
        parked, now = claimed.attempts >= ATTEMPTS, self._clock.now()
        async with self._database.uow() as tx:
            await tx.execute(
                job.update()
                .where(job.c.id == claimed.id, job.c.leased_by == claimed.claim)
                .values(
                    state="parked" if parked else "planned",
                    run_at=now if parked else now + self._first_backoff * 2 ** (claimed.attempts - 1),
                    leased_by=None,
                    error=f"{type(error).__name__}: {error}"[:500],
                )
            )
