"""The log of notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("case_file.id"), nullable=False),
    # Once per step of the case: "<template>:<version of the case>".
    sa.Column("key", sa.String(80), nullable=False),
    sa.Column("template", sa.String(60), nullable=False),
    sa.Column("channel", sa.String(20)),
    sa.Column("message_id", sa.String(32)),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("case_id", "key"),
)


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Log a notice."""
    await tx.execute(notice.insert(), row)


async def of_case(reader: Reader, case_id: str) -> Sequence[sa.Row[Any]]:
    """Every notice of a case, oldest first."""
    return (
        await reader.execute(sa.select(notice).where(notice.c.case_id == case_id).order_by(notice.c.at))
    ).all()


async def by_key(reader: Reader, case_id: str, key: str) -> sa.Row[Any] | None:
    """The notice of one step, when it was told already."""
    query = sa.select(notice).where(notice.c.case_id == case_id, notice.c.key == key)
    return (await reader.execute(query)).one_or_none()
