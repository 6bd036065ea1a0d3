"""Tables and queries of transcripts. Versions are added, never changed: what an engine understood stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata

transcript = sa.Table(
    "transcript",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    # Of what call; its recording has the same one.
    sa.Column("call_id", sa.String(100), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    # "live" while they talked, or "archive" from the recording.
    sa.Column("source", sa.String(10), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("engine", sa.String(80), nullable=False),
    sa.Column("model", sa.String(120), nullable=False),
    sa.Column("model_hash", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    # Of those that wait: when they are due, and how often it was tried.
    sa.Column("run_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # A message code; the words are for the operator.
    sa.Column("error", sa.String(80)),
    sa.Column("detail", sa.String(500)),
    sa.UniqueConstraint("call_id", "version"),
)
sa.Index(
    "ix_transcript_due",
    transcript.c.run_at,
    sqlite_where=transcript.c.state == "planned",
    postgresql_where=transcript.c.state == "planned",
)

transcript_segment = sa.Table(
    "transcript_segment",
    metadata,
    sa.Column("transcript_id", sa.ForeignKey("transcript.id"), primary_key=True),
    # "citizen" or "agent".
    sa.Column("leg", sa.String(10), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    # Seconds from the beginning: of the talk (live), of the recording (archive).
    sa.Column("start_s", sa.Float, nullable=False),
    sa.Column("end_s", sa.Float, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("confidence", sa.Float),
    # When it was said; null in an archive's.
    sa.Column("at", UtcDateTime),
)


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a transcript; ``IntegrityError`` when the call has one of that version."""
    await tx.execute(transcript.insert(), row)


async def insert_segments(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add segments."""
    if rows:
        await tx.execute(transcript_segment.insert(), list(rows))


async def of_call(reader: Reader, call_id: str) -> Sequence[sa.Row[Any]]:
    """Every version of a call, the first one first."""
    query = sa.select(transcript).where(transcript.c.call_id == call_id)
    return (await reader.execute(query.order_by(transcript.c.version))).all()


async def by_id(reader: Reader, transcript_id: str) -> sa.Row[Any] | None:
    """One transcript."""
    return (await reader.execute(sa.select(transcript).where(transcript.c.id == transcript_id))).one_or_none()


async def segments_of(reader: Reader, transcript_ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """The segments of some transcripts in the order in which they were said."""
    if not transcript_ids:
        return []
    part = transcript_segment
    query = sa.select(part).where(part.c.transcript_id.in_(transcript_ids))
    return (await reader.execute(query.order_by(part.c.start_s, part.c.end_s, part.c.leg))).all()


async def live_segments(reader: Reader, call_id: str) -> Sequence[sa.Row[Any]]:
    """What was heard while they talked, whatever engine heard it, in the order in which it was said."""
    rows = await of_call(reader, call_id)
    return await segments_of(reader, [row.id for row in rows if row.source == "live"])


async def live_calls(reader: Reader) -> Sequence[str]:
    """Calls whose live transcript is not finished."""
    query = sa.select(transcript.c.call_id).where(transcript.c.state == "running").distinct()
    return list((await reader.execute(query)).scalars())


async def due(reader: Reader, now: datetime) -> sa.Row[Any] | None:
    """The archive transcript that has waited longest and is due."""
    query = sa.select(transcript).where(transcript.c.state == "planned", transcript.c.run_at <= now)
    return (await reader.execute(query.order_by(transcript.c.run_at, transcript.c.id).limit(1))).one_or_none()


async def update(tx: Tx, transcript_id: str, values: Mapping[str, Any]) -> None:
    """Change a transcript that is not finished."""
    await tx.execute(transcript.update().where(transcript.c.id == transcript_id).values(**values))
