"""Table and queries of files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata

stored_file = sa.Table(
    "stored_file",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("mime", sa.String(40), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a file."""
    await tx.execute(stored_file.insert(), row)


async def by_id(reader: Reader, file_id: str) -> sa.Row[Any] | None:
    """One file."""
    return (await reader.execute(sa.select(stored_file).where(stored_file.c.id == file_id))).one_or_none()
