"""Table and queries of alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata

alarm = sa.Table(
    "alarm",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    # Who or what it is about: "staff:<id>", or empty.
    sa.Column("subject", sa.String(80), nullable=False),
    # No personal detail: whoever may see alarms need not be allowed to see citizens.
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    # Who saw to it; null as well when it ended by itself.
    sa.Column("over_at", UtcDateTime),
    sa.Column("over_by", sa.ForeignKey("staff_user.id")),
    sa.Column("version", sa.Integer, nullable=False),
)
sa.Index(
    "ix_alarm_open",
    alarm.c.kind,
    alarm.c.subject,
    unique=True,
    sqlite_where=alarm.c.over_at.is_(None),
    postgresql_where=alarm.c.over_at.is_(None),
)


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add an alarm; ``IntegrityError`` when the same one is open."""
    await tx.execute(alarm.insert(), row)


async def open_one(reader: Reader, kind: str, subject: str) -> sa.Row[Any] | None:
    """The open alarm of a kind about somebody or something."""
    query = sa.select(alarm).where(
        alarm.c.kind == kind, alarm.c.subject == subject, alarm.c.over_at.is_(None)
    )
    return (await reader.execute(query)).one_or_none()


async def all_open(reader: Reader, ids: Sequence[str] | None = None) -> Sequence[sa.Row[Any]]:
    """Every open alarm, the newest first; or those of ``ids`` that are open."""
    query = sa.select(alarm).where(alarm.c.over_at.is_(None))
    if ids is not None:
        query = query.where(alarm.c.id.in_(ids))
    return (await reader.execute(query.order_by(alarm.c.raised_at.desc(), alarm.c.id))).all()


async def update(tx: Tx, alarm_id: str, values: Mapping[str, Any]) -> sa.Row[Any] | None:
    """Change an open alarm; None when there is no such one, else as it is now."""
    changed = await tx.execute(
        alarm.update()
        .where(alarm.c.id == alarm_id, alarm.c.over_at.is_(None))
        .values(**values, version=alarm.c.version + 1)
        .returning(alarm)
    )
    return changed.one_or_none()
