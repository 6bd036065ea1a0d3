"""The inbox: which subscriber has which event, and what an operator sees of failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.errors import NotFound
from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata
from hotline.kernel.outbox import outbox
from hotline.ports.clock import Clock

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("subscriber", sa.String(80), primary_key=True),
    sa.Column("event_id", sa.String(32), primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.String(500)),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)
sa.Index(
    "ix_inbox_parked",
    inbox.c.updated_at,
    sqlite_where=inbox.c.state == "parked",
    postgresql_where=inbox.c.state == "parked",
)


def is_settled(state: str | None) -> bool:
    """Whether nothing more is to be done by itself: delivered, or parked for a person."""
    return state in ("done", "parked")


@dataclass(frozen=True)
class ParkedDelivery:
    """A delivery that gave up, for the operator: what, to whom, why, since when."""

    subscriber: str
    event_id: str
    event: str
    aggregate: str
    attempts: int
    error: str
    parked_at: datetime


class Inbox:
    """Reads and writes delivery states inside the caller's unit of work."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def state(self, tx: Reader, subscriber: str, event_id: str) -> str | None:
        """``started``, ``done``, ``retry``, ``parked`` or ``replay``; None when it has not been tried."""
        state: str | None = (await tx.execute(_of(inbox.c.state, subscriber, event_id))).scalar_one_or_none()
        return state

    async def attempts(self, tx: Reader, subscriber: str, event_id: str) -> int:
        """How often the delivery has failed so far."""
        return (await tx.execute(_of(inbox.c.attempts, subscriber, event_id))).scalar_one_or_none() or 0

    async def mark(
        self,
        tx: Tx,
        subscriber: str,
        event_id: str,
        state: str,
        attempts: int | None = None,
        error: str | None = None,
    ) -> None:
        """Write the delivery's state; ``attempts`` None keeps the count."""
        values: dict[str, Any] = {"state": state, "error": error, "updated_at": self._clock.now()}
        if attempts is not None:
            values["attempts"] = attempts
        where = (inbox.c.subscriber == subscriber, inbox.c.event_id == event_id)
        updated = await tx.execute(inbox.update().where(*where).values(**values))
        if updated.rowcount == 0:
            row = {"subscriber": subscriber, "event_id": event_id, "attempts": 0, **values}
            await tx.execute(inbox.insert(), row)

    async def parked(self, reader: Reader, limit: int = 200) -> Sequence[ParkedDelivery]:
        """The newest parked deliveries."""
        query = (
            sa.select(inbox, outbox.c.name, outbox.c.aggregate)
            .join(outbox, outbox.c.event_id == inbox.c.event_id)
            .where(inbox.c.state == "parked")
            .order_by(inbox.c.updated_at.desc())
            .limit(limit)
        )
        return [
            ParkedDelivery(
                r.subscriber, r.event_id, r.name, r.aggregate, r.attempts, r.error or "", r.updated_at
            )
            for r in await reader.execute(query)
        ]

    async def replay(self, tx: Tx, subscriber: str, event_id: str) -> None:
        """Try a parked delivery again, from its first attempt. ``NotFound`` when it is not parked.

        It is a person's decision: an effect of which nobody can know whether it happened is then repeated.
        """
        where = (inbox.c.subscriber == subscriber, inbox.c.event_id == event_id, inbox.c.state == "parked")
        changed = await tx.execute(
            inbox.update().where(*where).values(state="replay", attempts=0, updated_at=self._clock.now())
        )
        if changed.rowcount == 0:
            raise NotFound("not_parked")
        await tx.execute(
            outbox.update()
            .where(outbox.c.event_id == event_id)
            .values(state="pending", next_at=self._clock.now())
        )


def _of(column: sa.Column[Any], subscriber: str, event_id: str) -> sa.Select[Any]:
    return sa.select(column).where(inbox.c.subscriber == subscriber, inbox.c.event_id == event_id)
