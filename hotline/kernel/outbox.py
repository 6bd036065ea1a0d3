"""Outbox: events are rows of the same transaction as the change they tell of."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hotline.kernel.db.schema import BigId, UtcDateTime, metadata
from hotline.kernel.events import Event, Recorded
from hotline.kernel.ids import new_id

if TYPE_CHECKING:
    from hotline.kernel.db.interface import Tx

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("event_id", sa.String(32), nullable=False, unique=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("aggregate", sa.String(120), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("occurred_at", UtcDateTime, nullable=False),
    # "pending" until every subscriber has it or has parked it; a partial index keeps the relay's look cheap.
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False),
)
sa.Index(
    "ix_outbox_pending",
    outbox.c.id,
    sqlite_where=outbox.c.state == "pending",
    postgresql_where=outbox.c.state == "pending",
)

_insert = outbox.insert()

AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
"""A new event is due whatever the clocks of the nodes say."""


_SQLITE_INSERT = """
    INSERT INTO outbox (event_id, name, aggregate, payload, occurred_at, state, next_at)
    VALUES (?, ?, ?, ?, ?, 'pending', ?)
"""


async def write_events(tx: Tx, events: Sequence[Event]) -> list[Recorded]:
    """Insert ``events`` as pending rows, in order. Called once, at the end of a unit of work."""
    if not events:
        return []
    recorded = _recorded(events)
    await tx.execute(
        _insert,
        [
            {
                "event_id": r.event_id,
                "name": r.event.name,
                "aggregate": r.event.aggregate,
                "payload": r.event.to_payload(),
                "occurred_at": r.occurred_at,
                "state": "pending",
                "next_at": AT_ONCE,
            }
            for r in recorded
        ],
    )
    return recorded


def write_events_sqlite(raw: sqlite3.Connection, events: Sequence[Event]) -> list[Recorded]:
    """As ``write_events``, with the driver alone: nearly every unit does it, and so it costs a third."""
    if not events:
        return []
    recorded = _recorded(events)
    occurred_at, at_once = _as_stored(recorded[0].occurred_at), _as_stored(AT_ONCE)
    raw.executemany(
        _SQLITE_INSERT,
        [
            (
                r.event_id,
                r.event.name,
                r.event.aggregate,
                json.dumps(r.event.to_payload()),
                occurred_at,
                at_once,
            )
            for r in recorded
        ],
    )
    return recorded


def _recorded(events: Sequence[Event]) -> list[Recorded]:
    now = datetime.now(UTC)
    return [Recorded(new_id(), now, event) for event in events]


def _as_stored(instant: datetime) -> str:
    """What SQLAlchemy's type makes of an instant on SQLite."""
    return instant.replace(tzinfo=None).isoformat(" ", "microseconds")
