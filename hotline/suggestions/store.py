"""Tables and queries of alarms and suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.cases.model import CaseState
from hotline.cases.tables import case_file
from hotline.conversations.store import conversation
from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata
from hotline.suggestions.model import OPEN

danger_alarm = sa.Table(
    "danger_alarm",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey("conversation.id"), nullable=False),
    # U1 to U11 (DOMAIN §4.4).
    sa.Column("rule", sa.String(4), nullable=False),
    sa.Column("urgency", sa.String(2), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("source_kind", sa.String(10), nullable=False),
    sa.Column("source_id", sa.String(120), nullable=False),
    sa.Column("span_start", sa.Integer, nullable=False),
    sa.Column("span_end", sa.Integer, nullable=False),
    sa.Column("quote", sa.Text, nullable=False),
    sa.Column("words", sa.JSON, nullable=False),
    # Why no guard silenced it.
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # The last who decided; the reason is a cancellation's.
    sa.Column("decided_by", sa.ForeignKey("staff_user.id")),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("reason", sa.String(500)),
    sa.Column("version", sa.Integer, nullable=False),
)
sa.Index(
    "uq_danger_alarm_open",
    danger_alarm.c.conversation_id,
    danger_alarm.c.rule,
    unique=True,
    sqlite_where=danger_alarm.c.state.in_(["raised", "confirmed"]),
    postgresql_where=danger_alarm.c.state.in_(["raised", "confirmed"]),
)
sa.Index("ix_danger_alarm_conversation_id", danger_alarm.c.conversation_id)

suggestion = sa.Table(
    "suggestion",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey("conversation.id"), nullable=False),
    sa.Column("field", sa.String(20), nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("needs_human", sa.Boolean, nullable=False),
    # All null when no single utterance carries it.
    sa.Column("source_kind", sa.String(10)),
    sa.Column("source_id", sa.String(120)),
    sa.Column("span_start", sa.Integer),
    sa.Column("span_end", sa.Integer),
    sa.Column("quote", sa.Text),
    sa.Column("reason", sa.JSON, nullable=False),
    # "" where none was asked.
    sa.Column("model", sa.String(80), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    # Values that a person rejected: they are not proposed again.
    sa.Column("rejected", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("decided_by", sa.ForeignKey("staff_user.id")),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("version", sa.Integer, nullable=False),
    sa.UniqueConstraint("conversation_id", "field"),
)

reading = sa.Table(
    "suggestion_reading",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversation.id"), primary_key=True),
    # Counts what was said; read up to ``done``.
    sa.Column("wanted", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("wanted_at", UtcDateTime, nullable=False),
    # Of the last reading; null while there was none with a model.
    sa.Column("model", sa.String(80)),
    # Open cases that may be the same matter: case_id, similarity, distance_m, reason.
    sa.Column("duplicates", sa.JSON, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)
sa.Index(
    "ix_suggestion_reading_due",
    reading.c.wanted_at,
    sqlite_where=reading.c.wanted > reading.c.done,
    postgresql_where=reading.c.wanted > reading.c.done,
)

OVER = (
    *(CaseState.REJECTED, CaseState.CLOSED, CaseState.ARCHIVED, CaseState.MERGED, CaseState.CANCELLED),
    # The work is done; what is said now is not about the same.
    CaseState.SURVEYING,
)


async def insert_alarm(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add an alarm; ``IntegrityError`` when the rule has an open one in this conversation."""
    await tx.execute(danger_alarm.insert(), row)


async def alarm_by_id(reader: Reader, alarm_id: str, *, lock: bool = False) -> sa.Row[Any] | None:
    """One alarm; ``lock`` keeps other units from it before this one ends."""
    query = sa.select(danger_alarm).where(danger_alarm.c.id == alarm_id)
    return (await reader.execute(query.with_for_update() if lock else query)).one_or_none()


async def alarms_of(reader: Reader, conversation_id: str) -> Sequence[sa.Row[Any]]:
    """A conversation's alarms, the oldest first."""
    query = sa.select(danger_alarm).where(danger_alarm.c.conversation_id == conversation_id)
    return (await reader.execute(query.order_by(danger_alarm.c.at, danger_alarm.c.id))).all()


async def open_rules(reader: Reader, conversation_id: str) -> list[str]:
    """The rules whose alarms are open, the oldest first."""
    return [row.rule for row in await alarms_of(reader, conversation_id) if row.state in OPEN]


async def update_alarm(tx: Tx, alarm_id: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change an alarm that is still at ``version``; False when it is not."""
    here = (danger_alarm.c.id == alarm_id, danger_alarm.c.version == version)
    changed = await tx.execute(danger_alarm.update().where(*here).values(**values, version=version + 1))
    return changed.rowcount == 1


async def suggestion_by_id(reader: Reader, suggestion_id: str) -> sa.Row[Any] | None:
    """One suggestion."""
    return (await reader.execute(sa.select(suggestion).where(suggestion.c.id == suggestion_id))).one_or_none()


async def suggestions_of(reader: Reader, conversation_id: str) -> dict[str, sa.Row[Any]]:
    """A conversation's suggestions by field."""
    query = sa.select(suggestion).where(suggestion.c.conversation_id == conversation_id)
    return {row.field: row for row in await reader.execute(query)}


async def insert_suggestion(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a suggestion; ``IntegrityError`` when the field has one."""
    await tx.execute(suggestion.insert(), row)


async def update_suggestion(tx: Tx, suggestion_id: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change a suggestion that is still at ``version``; False when it is not."""
    here = (suggestion.c.id == suggestion_id, suggestion.c.version == version)
    changed = await tx.execute(suggestion.update().where(*here).values(**values, version=version + 1))
    return changed.rowcount == 1


async def reading_of(reader: Reader, conversation_id: str) -> sa.Row[Any] | None:
    """How far a conversation was read."""
    query = sa.select(reading).where(reading.c.conversation_id == conversation_id)
    return (await reader.execute(query)).one_or_none()


async def insert_reading(tx: Tx, row: Mapping[str, Any]) -> None:
    """Begin to read a conversation; ``IntegrityError`` when it was begun."""
    await tx.execute(reading.insert(), row)


async def update_reading(tx: Tx, conversation_id: str, values: Mapping[str, Any]) -> bool:
    """Change a reading; False when there is none."""
    changed = await tx.execute(
        reading.update()
        .where(reading.c.conversation_id == conversation_id)
        .values(**values, version=reading.c.version + 1)
    )
    return changed.rowcount == 1


async def due(reader: Reader, limit: int, *, has_model: bool) -> Sequence[sa.Row[Any]]:
    """Conversations to be read, the one that has waited longest first.

    With a model also those open ones that were read without it.
    """
    is_due = reading.c.wanted > reading.c.done
    query = sa.select(reading).order_by(reading.c.wanted_at, reading.c.conversation_id).limit(limit)
    rows = (await reader.execute(query.where(is_due))).all()
    if rows or not has_model:
        return rows
    still_open = sa.and_(conversation.c.id == reading.c.conversation_id, conversation.c.state == "open")
    late = query.join(conversation, still_open).where(reading.c.model.is_(None))
    return (await reader.execute(late)).all()


async def open_cases(
    reader: Reader, group_code: str | None, since: datetime, limit: int
) -> Sequence[sa.Row[Any]]:
    """The newest cases that are not over, registered ``since``; of one group (second level) where given."""
    table = case_file
    query = sa.select(table).where(table.c.state.not_in(OVER), table.c.registered_at >= since)
    if group_code is not None:
        query = query.where(table.c.category_code.startswith(f"{group_code}-", autoescape=True))
    return (await reader.execute(query.order_by(table.c.id.desc()).limit(limit))).all()
