"""The audit chain: who did what to what, in an order that cannot be rewritten (DOMAIN §10, item 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import sqlalchemy as sa

from hotline.kernel import chain
from hotline.kernel.db import Database, Reader, Tx, UtcDateTime, metadata
from hotline.kernel.db.schema import BigId
from hotline.ports.clock import Clock

audit_entry = sa.Table(
    "audit_entry",
    metadata,
    sa.Column("seq", BigId, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("action", sa.String(80), nullable=False),
    sa.Column("object", sa.String(120), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("detail_digest", sa.String(64), nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
sa.Index("ix_audit_entry_object", audit_entry.c.object)
sa.Index("ix_audit_entry_actor", audit_entry.c.actor, audit_entry.c.seq)

audit_detail = sa.Table(
    "audit_detail",
    metadata,
    sa.Column("seq", BigId, primary_key=True, autoincrement=False),
    sa.Column("salt", sa.String(32), nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("seq", BigId, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)


@dataclass(frozen=True)
class Act:
    """One act; ``actor`` and ``object`` are ``kind:id``, ``outcome`` is ``done`` or ``denied``."""

    actor: str
    action: str
    object: str
    outcome: str = "done"
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BrokenLink:
    """The first row of a chain that does not verify, and why."""

    chain: str
    seq: int
    reason: str


class Audit:
    """Appends acts inside the caller's unit of work and verifies the whole chain."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def append(self, tx: Tx, act: Act) -> int:
        """Write ``act`` as the next link and return its number; concurrent units wait for each other."""
        head = (await tx.execute(sa.select(audit_head).where(audit_head.c.id == 1).with_for_update())).one()
        salt = chain.new_salt()
        row = {
            "seq": head.seq + 1,
            "at": self._clock.now(),
            "actor": act.actor,
            "action": act.action,
            "object": act.object,
            "outcome": act.outcome,
            "detail_digest": chain.digest(salt, act.detail),
        }
        hashed = chain.link(head.hash, _open_fields(row))
        await tx.execute(audit_entry.insert(), {**row, "previous": head.hash, "hash": hashed})
        await tx.execute(audit_detail.insert(), {"seq": row["seq"], "salt": salt, "detail": dict(act.detail)})
        await tx.execute(audit_head.update().where(audit_head.c.id == 1).values(seq=row["seq"], hash=hashed))
        return int(row["seq"])

    async def denied(self, database: Database, actor: str, action: str, what: str, **detail: Any) -> None:
        """Record a refusal in a unit of its own, for the refused unit is undone."""
        async with database.uow() as tx:
            await self.append(tx, Act(actor, action, what, "denied", detail))

    async def verify(self, reader: Reader) -> tuple[int, BrokenLink | None]:
        """Check every link: how many hold, and the first that does not."""
        previous, count = chain.GENESIS, 0
        async for row in _rows(reader):
            broken = _broken(row, previous, count + 1)
            if broken:
                return count, BrokenLink("audit", count + 1, broken)
            previous, count = row.hash, count + 1
        head = (await reader.execute(sa.select(audit_head).where(audit_head.c.id == 1))).one_or_none()
        if head is None or head.seq != count or head.hash != previous:
            return count, BrokenLink("audit", count + 1, "missing_at_end")
        return count, None


def _open_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    fields = {k: row[k] for k in ("seq", "actor", "action", "object", "outcome", "detail_digest")}
    return {**fields, "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds")}


def _broken(row: sa.Row[Any], previous: str, expected_seq: int) -> str | None:
    values = {str(k): v for k, v in row._mapping.items()}
    if row.seq != expected_seq:
        return "missing_row"
    if row.previous != previous or row.hash != chain.link(previous, _open_fields(values)):
        return "changed_row"
    if row.salt is not None and row.detail_digest != chain.digest(row.salt, row.detail):
        return "changed_detail"
    return None


async def _rows(reader: Reader, page: int = 2000) -> AsyncIterator[sa.Row[Any]]:
    last = 0
    joined = audit_entry.outerjoin(audit_detail, audit_entry.c.seq == audit_detail.c.seq)
    columns = [*audit_entry.c, audit_detail.c.salt, audit_detail.c.detail]
    while True:
        query = (
            sa.select(*columns)
            .select_from(joined)
            .where(audit_entry.c.seq > last)
            .order_by(audit_entry.c.seq)
            .limit(page)
        )
        rows = (await reader.execute(query)).all()
        for row in rows:
            yield row
        if len(rows) < page:
            return
        last = rows[-1].seq
