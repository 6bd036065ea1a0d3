"""What an operator looks after: deliveries that wait for a decision, and the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.kernel.audit import Act, Audit, audit_detail, audit_entry
from hotline.kernel.db import Database, Reader
from hotline.kernel.inbox import Inbox
from hotline.kernel.jobs import JobQueue
from hotline.staff import views
from hotline.web.endpoint import Schema

JOB = "job:"


class FailureView(Schema):
    """A delivery that failed for good, or whose outcome nobody knows; ``error`` names the reason."""

    subscriber: str
    event_id: str
    event: str
    aggregate: str
    attempts: int
    error: str
    parked_at: datetime


class AuditView(Schema):
    """One act. ``actor`` and ``object`` are ``kind:id``; ``actor_name`` is set for members of staff."""

    seq: int
    at: datetime
    actor: str
    actor_name: str | None
    action: str
    object: str
    outcome: str
    detail: dict[str, Any] | None


@dataclass(frozen=True)
class AuditFilter:
    """Which acts; None asks for nothing. ``since`` and ``until`` enclose the moment of the act."""

    actor: str | None = None
    object: str | None = None
    action: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Oversight:
    """Parked deliveries and the audit trail."""

    def __init__(self, database: Database, audit: Audit, inbox: Inbox, jobs: JobQueue) -> None:
        self._database = database
        self._audit = audit
        self._inbox = inbox
        self._jobs = jobs

    async def failures(self, reader: Reader) -> list[FailureView]:
        """The newest parked deliveries and jobs; a job's ``subscriber`` is ``job:<kind>``."""
        jobs = [
            FailureView(
                subscriber=f"{JOB}{one.kind}",
                event_id=one.id,
                event=one.kind,
                aggregate=one.key,
                attempts=one.attempts,
                error=one.error,
                parked_at=one.parked_at,
            )
            for one in await self._jobs.parked(reader)
        ]
        deliveries = [
            FailureView(
                subscriber=one.subscriber,
                event_id=one.event_id,
                event=one.event,
                aggregate=one.aggregate,
                attempts=one.attempts,
                error=one.error,
                parked_at=one.parked_at,
            )
            for one in await self._inbox.parked(reader)
        ]
        return sorted([*deliveries, *jobs], key=lambda one: one.parked_at, reverse=True)

    async def replay(self, actor: str, subscriber: str, event_id: str) -> None:
        """Try a parked delivery again; ``NotFound`` ("not_parked") when it is settled by now."""
        async with self._database.uow() as tx:
            if subscriber.startswith(JOB):
                await self._jobs.replay(tx, event_id)
            else:
                await self._inbox.replay(tx, subscriber, event_id)
            what = f"delivery:{event_id}"
            await self._audit.append(
                tx, Act(actor, "failure.replay", what, detail={"subscriber": subscriber})
            )

    async def audit_page(
        self, reader: Reader, wanted: AuditFilter, before: int | None, limit: int
    ) -> tuple[list[AuditView], int | None]:
        """The newest acts first, from those older than number ``before``; then where the next page begins."""
        query = (
            sa.select(*audit_entry.c, audit_detail.c.detail)
            .join_from(audit_entry, audit_detail, audit_detail.c.seq == audit_entry.c.seq, isouter=True)
            .where(*_conditions(wanted, before))
            .order_by(audit_entry.c.seq.desc())
            .limit(limit + 1)
        )
        rows = (await reader.execute(query)).all()
        shown = rows[:limit]
        names = await views.user_names(reader, [_staff_id(row.actor) for row in shown])
        entries = [_audit_view(row, names.get(_staff_id(row.actor) or "")) for row in shown]
        return entries, shown[-1].seq if len(rows) > limit else None


def _conditions(wanted: AuditFilter, before: int | None) -> Sequence[sa.ColumnElement[bool]]:
    columns = audit_entry.c
    where: list[sa.ColumnElement[bool]] = []
    for name in ("actor", "object", "action", "outcome"):
        if (value := getattr(wanted, name)) is not None:
            where.append(columns[name] == value)
    if wanted.since is not None:
        where.append(columns.at >= wanted.since)
    if wanted.until is not None:
        where.append(columns.at < wanted.until)
    if before is not None:
        where.append(columns.seq < before)
    return where


def _staff_id(actor: str) -> str | None:
    kind, _, actor_id = actor.partition(":")
    return actor_id if kind == "staff" else None


def _audit_view(row: sa.Row[Any], actor_name: str | None) -> AuditView:
    return AuditView(
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        actor_name=actor_name,
        action=row.action,
        object=row.object,
        outcome=row.outcome,
        detail=row.detail,
    )
