"""Who was rung for a call, from when to when, and how that ended: facts, none of which is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.calls.model import OfferOutcome, Step, ring_ended
from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata
from hotline.ports.pbx import CallState

phone_call_offer = sa.Table(
    "phone_call_offer",
    metadata,
    sa.Column("call_id", sa.ForeignKey("phone_call.id"), primary_key=True),
    # From 1 on.
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    # Null: a telephone that belongs to nobody we know.
    sa.Column("agent_id", sa.ForeignKey("staff_user.id")),
    sa.Column("rung_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("outcome", sa.String(12)),
)


async def follow(
    tx: Tx, call: sa.Row[Any], news: Step, agent: str | None, former: str | None, at: datetime
) -> None:
    """Keep account of the step ``news`` of ``call``; ``agent`` and ``former`` are members of staff."""
    state = news.values["state"]
    if call.state == CallState.RINGING:
        outcome = ring_ended(news)
        if outcome is OfferOutcome.ANSWERED and agent != former:
            outcome = OfferOutcome.NO_ANSWER
        await _end(tx, call.id, at, outcome)
    if state == CallState.RINGING:
        await _begin(tx, call.id, agent, at)
    elif state == CallState.TALKING and (call.state != CallState.RINGING or agent != former):
        # Through the plain queue: nobody told of the ringing.
        await _begin(tx, call.id, agent, at)
        await _end(tx, call.id, at, OfferOutcome.ANSWERED)


async def of_calls(reader: Reader, call_ids: Sequence[str]) -> dict[str, list[sa.Row[Any]]]:
    """The offers of several calls, by call, in their order."""
    found: dict[str, list[sa.Row[Any]]] = {}
    if call_ids:
        query = sa.select(phone_call_offer).where(phone_call_offer.c.call_id.in_(call_ids))
        for row in await reader.execute(
            query.order_by(phone_call_offer.c.call_id, phone_call_offer.c.number)
        ):
            found.setdefault(row.call_id, []).append(row)
    return found


async def _begin(tx: Tx, call_id: str, agent: str | None, at: datetime) -> None:
    last = sa.select(sa.func.coalesce(sa.func.max(phone_call_offer.c.number), 0))
    number = (await tx.execute(last.where(phone_call_offer.c.call_id == call_id))).scalar_one() + 1
    row = {"call_id": call_id, "number": number, "agent_id": agent, "rung_at": at}
    await tx.execute(phone_call_offer.insert(), row)


async def _end(tx: Tx, call_id: str, at: datetime, outcome: OfferOutcome) -> None:
    await tx.execute(
        phone_call_offer.update()
        .where(phone_call_offer.c.call_id == call_id, phone_call_offer.c.ended_at.is_(None))
        .values(ended_at=at, outcome=outcome)
    )
