"""Table and queries of the intake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata

intake_message = sa.Table(
    "intake_message",
    metadata,
    sa.Column("channel", sa.String(20), primary_key=True),
    sa.Column("message_id", sa.String(128), primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey("conversation.id"), nullable=False),
    # What it became in the conversation.
    sa.Column("posted_id", sa.ForeignKey("message.id"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)


async def known(reader: Reader, channel: str, message_id: str) -> sa.Row[Any] | None:
    """What became of a message that entered before."""
    query = sa.select(intake_message).where(
        intake_message.c.channel == channel, intake_message.c.message_id == message_id
    )
    return (await reader.execute(query)).one_or_none()


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Note a message; ``IntegrityError`` when it entered before."""
    await tx.execute(intake_message.insert(), row)
