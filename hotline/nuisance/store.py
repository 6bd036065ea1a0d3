"""Table and queries of the list. Numbers are sealed; a blind index finds one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata
from hotline.nuisance.model import OPEN

nuisance_caller = sa.Table(
    "nuisance_caller",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("number_sealed", sa.Text, nullable=False),
    sa.Column("number_blind", sa.String(64), nullable=False),
    # The call during or after which it was proposed; calls are the slice above.
    sa.Column("call_id", sa.String(100), nullable=False),
    sa.Column("standing", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("proposed_by", sa.ForeignKey("staff_user.id"), nullable=False),
    sa.Column("proposed_at", UtcDateTime, nullable=False),
    # The last who decided, and what was noted.
    sa.Column("reviewed_by", sa.ForeignKey("staff_user.id")),
    sa.Column("reviewed_at", UtcDateTime),
    sa.Column("note", sa.String(500)),
    # When a confirmed number leaves the list by itself.
    sa.Column("until", UtcDateTime),
    sa.Column("version", sa.Integer, nullable=False),
)
sa.Index(
    "ix_nuisance_caller_open",
    nuisance_caller.c.number_blind,
    unique=True,
    sqlite_where=nuisance_caller.c.standing.in_(["proposed", "confirmed"]),
    postgresql_where=nuisance_caller.c.standing.in_(["proposed", "confirmed"]),
)
sa.Index("ix_nuisance_caller_proposed_at", nuisance_caller.c.proposed_at)


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add an entry; ``IntegrityError`` when the number has an open one."""
    await tx.execute(nuisance_caller.insert(), row)


async def by_id(reader: Reader, entry_id: str, *, lock: bool = False) -> sa.Row[Any] | None:
    """One entry; ``lock`` keeps other units from it before this one ends."""
    query = sa.select(nuisance_caller).where(nuisance_caller.c.id == entry_id)
    return (await reader.execute(query.with_for_update() if lock else query)).one_or_none()


async def open_of(reader: Reader, blinds: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """The open entries of some numbers."""
    if not blinds:
        return []
    query = sa.select(nuisance_caller).where(
        nuisance_caller.c.number_blind.in_(blinds), nuisance_caller.c.standing.in_(OPEN)
    )
    return (await reader.execute(query)).all()


async def all_open(reader: Reader, ids: Sequence[str] | None = None) -> Sequence[sa.Row[Any]]:
    """What is proposed or in force, the newest first; or what of ``ids`` is."""
    query = sa.select(nuisance_caller).where(nuisance_caller.c.standing.in_(OPEN))
    if ids is not None:
        query = query.where(nuisance_caller.c.id.in_(ids))
    return (await reader.execute(query.order_by(nuisance_caller.c.proposed_at.desc()))).all()


async def page(reader: Reader, limit: int) -> Sequence[sa.Row[Any]]:
    """The newest entries of every standing."""
    query = sa.select(nuisance_caller).order_by(nuisance_caller.c.proposed_at.desc(), nuisance_caller.c.id)
    return (await reader.execute(query.limit(limit))).all()


async def update(tx: Tx, entry_id: str, values: Mapping[str, Any]) -> None:
    """Change an entry."""
    await tx.execute(
        nuisance_caller.update()
        .where(nuisance_caller.c.id == entry_id)
        .values(**values, version=nuisance_caller.c.version + 1)
    )
