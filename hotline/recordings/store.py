"""Tables and queries of recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata
from hotline.recordings.model import State

recording = sa.Table(
    "recording",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("call_id", sa.String(100), nullable=False, unique=True),
    # Of the mixed file: caller on the left, agents on the right.
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("seconds", sa.Float),
    sa.Column("bytes", sa.BigInteger),
    # When the call was over; the files are looked for from then on.
    sa.Column("ended_at", UtcDateTime),
    sa.Column("version", sa.Integer, nullable=False),
)
sa.Index(
    "ix_recording_expected",
    recording.c.id,
    sqlite_where=recording.c.state == "expected",
    postgresql_where=recording.c.state == "expected",
)

recording_leg = sa.Table(
    "recording_leg",
    metadata,
    # The file's name in the folder of recordings; unique there for ever.
    sa.Column("file", sa.String(255), primary_key=True),
    sa.Column("recording_id", sa.ForeignKey("recording.id"), nullable=False),
    # "caller", or who it is.
    sa.Column("leg", sa.String(64), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("seconds", sa.Float),
    sa.Column("bytes", sa.BigInteger),
)
sa.Index("ix_recording_leg_recording_id", recording_leg.c.recording_id)


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a recording; ``IntegrityError`` when the call has one."""
    await tx.execute(recording.insert(), row)


async def insert_leg(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a leg; ``IntegrityError`` when the file is known."""
    await tx.execute(recording_leg.insert(), row)


async def of_call(reader: Reader, call_id: str) -> sa.Row[Any] | None:
    """The recording of a call."""
    return (await reader.execute(sa.select(recording).where(recording.c.call_id == call_id))).one_or_none()


async def of_calls(reader: Reader, call_ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """The recordings of several calls, by call."""
    if not call_ids:
        return {}
    query = sa.select(recording).where(recording.c.call_id.in_(call_ids))
    return {row.call_id: row for row in await reader.execute(query)}


async def by_id(reader: Reader, recording_id: str) -> sa.Row[Any] | None:
    """One recording."""
    return (await reader.execute(sa.select(recording).where(recording.c.id == recording_id))).one_or_none()


async def legs_of(reader: Reader, recording_id: str) -> Sequence[sa.Row[Any]]:
    """The legs of a recording, in the order in which they began."""
    query = sa.select(recording_leg).where(recording_leg.c.recording_id == recording_id)
    return (await reader.execute(query.order_by(recording_leg.c.started_at, recording_leg.c.file))).all()


async def growing(reader: Reader) -> Sequence[sa.Row[Any]]:
    """The legs of calls that go on."""
    query = (
        sa.select(recording_leg)
        .join(recording, recording.c.id == recording_leg.c.recording_id)
        .where(recording.c.ended_at.is_(None))
    )
    return (await reader.execute(query)).all()


async def missing_files(reader: Reader, files: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """Those of ``files`` that are legs whose sound was not found."""
    query = sa.select(recording_leg).where(
        recording_leg.c.file.in_(files), recording_leg.c.state == State.MISSING
    )
    return (await reader.execute(query)).all()


async def known_files(reader: Reader, files: Sequence[str]) -> set[str]:
    """Those of ``files`` that are legs of something."""
    query = sa.select(recording_leg.c.file).where(recording_leg.c.file.in_(files))
    return set((await reader.execute(query)).scalars())


async def expected(reader: Reader) -> Sequence[sa.Row[Any]]:
    """Recordings whose call is over and whose sound was not found yet, the oldest first."""
    query = sa.select(recording).where(recording.c.state == State.EXPECTED, recording.c.ended_at.is_not(None))
    return (await reader.execute(query.order_by(recording.c.id))).all()


async def update(tx: Tx, recording_id: str, values: Mapping[str, Any]) -> None:
    """Change a recording."""
    await tx.execute(
        recording.update()
        .where(recording.c.id == recording_id)
        .values(**values, version=recording.c.version + 1)
    )


async def update_leg(tx: Tx, file: str, values: Mapping[str, Any]) -> None:
    """Change a leg."""
    await tx.execute(recording_leg.update().where(recording_leg.c.file == file).values(**values))
