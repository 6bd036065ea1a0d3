"""Table and queries of calls. Numbers are sealed; a blind index finds the earlier calls of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.calls.model import ENDED, Missed, Standing
from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata
from hotline.ports.pbx import CallState

phone_call = sa.Table(
    "phone_call",
    metadata,
    # The exchange's name of the citizen's channel.
    sa.Column("id", sa.String(100), primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey("conversation.id"), nullable=False, unique=True),
    sa.Column("direction", sa.String(10), nullable=False),
    # Both null when the number was withheld.
    sa.Column("number_sealed", sa.Text),
    sa.Column("number_blind", sa.String(64)),
    sa.Column("called", sa.String(40), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("arrived_at", UtcDateTime, nullable=False),
    sa.Column("waiting_since", UtcDateTime),
    sa.Column("ringing_at", UtcDateTime),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    # Who is rung, talks, or did last.
    sa.Column("agent_id", sa.ForeignKey("staff_user.id")),
    sa.Column("result", sa.String(12)),
    sa.Column("cause", sa.Integer),
    # Answered while nobody could write anything down: somebody has to, afterwards.
    sa.Column("to_be_filed", sa.Boolean, nullable=False),
    # Null unless it is, or was, on the worklist of missed calls.
    sa.Column("missed", sa.String(12)),
    # Set before the end for whom we turn away.
    sa.Column("missed_why", sa.String(16)),
    sa.Column("missed_by", sa.ForeignKey("staff_user.id")),
    sa.Column("missed_at", UtcDateTime),
    # Of our own calls: the missed one that it answers.
    sa.Column("callback_of", sa.ForeignKey("phone_call.id")),
    sa.Column("version", sa.Integer, nullable=False),
)
sa.Index("ix_phone_call_number_blind", phone_call.c.number_blind, phone_call.c.arrived_at)
sa.Index("ix_phone_call_agent_id", phone_call.c.agent_id, phone_call.c.arrived_at)
sa.Index(
    "ix_phone_call_open",
    phone_call.c.id,
    sqlite_where=phone_call.c.state != "ended",
    postgresql_where=phone_call.c.state != "ended",
)
sa.Index(
    "ix_phone_call_missed",
    phone_call.c.arrived_at,
    sqlite_where=phone_call.c.missed == "open",
    postgresql_where=phone_call.c.missed == "open",
)
sa.Index(
    "ix_phone_call_to_be_filed",
    phone_call.c.arrived_at,
    sqlite_where=phone_call.c.to_be_filed,
    postgresql_where=phone_call.c.to_be_filed,
)


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a call; ``IntegrityError`` when it is known."""
    await tx.execute(phone_call.insert(), row)


async def by_id(reader: Reader, call_id: str, *, lock: bool = False) -> sa.Row[Any] | None:
    """One call; ``lock`` keeps other units from it before this one ends."""
    query = sa.select(phone_call).where(phone_call.c.id == call_id)
    return (await reader.execute(query.with_for_update() if lock else query)).one_or_none()


async def by_conversations(reader: Reader, ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """The calls behind some conversations, by conversation."""
    if not ids:
        return {}
    query = sa.select(phone_call).where(phone_call.c.conversation_id.in_(ids))
    return {row.conversation_id: row for row in await reader.execute(query)}


def standing(row: sa.Row[Any]) -> Standing:
    """What of a call decides the meaning of the next fact."""
    return Standing(
        row.state,
        row.agent_id,
        row.answered_at is not None,
        row.direction,
        row.waiting_since,
        row.ringing_at is not None,
        row.missed_why,
    )


async def update(tx: Tx, call_id: str, values: Mapping[str, Any], *where: Any) -> bool:
    """Change a call when ``where`` still holds; False when it does not."""
    changed = await tx.execute(
        phone_call.update()
        .where(phone_call.c.id == call_id, *where)
        .values(**values, version=phone_call.c.version + 1)
    )
    return changed.rowcount == 1


async def going_on(reader: Reader, *states: CallState) -> Sequence[sa.Row[Any]]:
    """Every call that has not ended, or those of them in ``states``."""
    query = sa.select(phone_call).where(phone_call.c.state != ENDED)
    if states:
        query = query.where(phone_call.c.state.in_(states))
    return (await reader.execute(query.order_by(phone_call.c.id))).all()


async def of_number(reader: Reader, blind: str, but: str, limit: int) -> Sequence[sa.Row[Any]]:
    """The newest calls from and to a number, without the one called ``but``."""
    query = sa.select(phone_call).where(phone_call.c.number_blind == blind, phone_call.c.id != but)
    return (await reader.execute(query.order_by(phone_call.c.arrived_at.desc()).limit(limit))).all()


async def missed(reader: Reader, ids: Sequence[str] | None, limit: int) -> Sequence[sa.Row[Any]]:
    """The worklist, the newest first; or those of ``ids`` that are on it."""
    query = sa.select(phone_call).where(phone_call.c.missed == Missed.OPEN)
    if ids is not None:
        query = query.where(phone_call.c.id.in_(ids))
    return (await reader.execute(query.order_by(phone_call.c.arrived_at.desc()).limit(limit))).all()


async def to_be_filed(reader: Reader, ids: Sequence[str] | None, limit: int) -> Sequence[sa.Row[Any]]:
    """Calls that are over and were not written down, the newest first; or those of ``ids`` that are."""
    query = sa.select(phone_call).where(phone_call.c.to_be_filed, phone_call.c.state == ENDED)
    if ids is not None:
        query = query.where(phone_call.c.id.in_(ids))
    return (await reader.execute(query.order_by(phone_call.c.arrived_at.desc()).limit(limit))).all()


async def missed_of_number(reader: Reader, blind: str) -> Sequence[sa.Row[Any]]:
    """What of the worklist one number left there."""
    query = sa.select(phone_call).where(
        phone_call.c.missed == Missed.OPEN, phone_call.c.number_blind == blind
    )
    return (await reader.execute(query)).all()
