"""Table and queries of the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata

draft = sa.Table(
    "draft",
    metadata,
    # The conversation's id, or a key of the page's own making where there is no conversation.
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.ForeignKey("staff_user.id"), nullable=False),
    # Sealed: a half-filled form holds names and numbers.
    sa.Column("form_sealed", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)
sa.Index("ix_draft_user_id", draft.c.user_id, draft.c.updated_at)


async def lock_key(tx: Tx, key: str) -> None:
    """Let other units that register under ``key`` wait; SQLite runs one at a time anyway."""
    if tx.dialect == "postgresql":
        await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(key, 0))))


async def by_id(reader: Reader, key: str) -> sa.Row[Any] | None:
    """One draft."""
    return (await reader.execute(sa.select(draft).where(draft.c.id == key))).one_or_none()


async def of_user(reader: Reader, user_id: str, limit: int) -> Sequence[sa.Row[Any]]:
    """The drafts that a person wrote to last, newest first."""
    query = sa.select(draft).where(draft.c.user_id == user_id).order_by(draft.c.updated_at.desc())
    return (await reader.execute(query.limit(limit))).all()


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a draft; ``IntegrityError`` when the key has one."""
    await tx.execute(draft.insert(), row)


async def update(tx: Tx, key: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change a draft that is still at ``version``; False when it is not."""
    changed = await tx.execute(
        draft.update()
        .where(draft.c.id == key, draft.c.version == version)
        .values(**values, version=version + 1)
    )
    return changed.rowcount == 1


async def delete(tx: Tx, key: str, user_id: str | None = None) -> None:
    """Forget a draft; with ``user_id`` only that person's."""
    where = [draft.c.id == key]
    if user_id is not None:
        where.append(draft.c.user_id == user_id)
    await tx.execute(draft.delete().where(*where))
