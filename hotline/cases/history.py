"""A case's history: one row a step, each hashed onto the one before (DOMAIN §2.3, invariants c and d)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.cases.actor import CaseActor
from hotline.cases.tables import case_event, case_event_detail, case_file
from hotline.cases.transition import Action
from hotline.kernel import chain
from hotline.kernel.audit import BrokenLink
from hotline.kernel.db import Reader, Tx
from hotline.kernel.events import canonical_json

Row = sa.Row[Any]


@dataclass(frozen=True)
class Happened:
    """One step, before it is written. ``version`` is the case's after it; ``payload`` are JSON values."""

    at: datetime
    actor: CaseActor
    action: Action
    from_state: str | None
    to_state: str
    version: int
    assignment_id: str | None = None
    proposed: bool = False
    payload: Mapping[str, Any] = field(default_factory=dict)


async def append_event(tx: Tx, case_id: str, seq: int, previous: str, happened: Happened) -> str:
    """Write step ``seq``, the link after ``previous``; returns its hash."""
    actor = happened.actor
    # Read back from JSON, the detail must give the same digest as now.
    detail = json.loads(
        canonical_json(
            {
                "actor_name": actor.name,
                "address": actor.address,
                "payload": dict(happened.payload),
                "proposed": happened.proposed,
            }
        )
    )
    salt = chain.new_salt()
    row = {
        "case_id": case_id,
        "seq": seq,
        "at": happened.at,
        "actor": actor.actor,
        "role": actor.role_for(happened.action),
        "action": str(happened.action),
        "assignment_id": happened.assignment_id,
        "from_state": happened.from_state,
        "to_state": happened.to_state,
        "version": happened.version,
        "detail_digest": chain.digest(salt, detail),
    }
    hashed = chain.link(previous, _open_fields(row))
    await tx.execute(case_event.insert(), {**row, "previous": previous, "hash": hashed})
    await tx.execute(
        case_event_detail.insert(), {"case_id": case_id, "seq": seq, "salt": salt, "detail": detail}
    )
    return hashed


def _open_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    left_out = ("previous", "hash", "salt", "detail", "at")
    return {
        **{key: value for key, value in row.items() if key not in left_out},
        "at": row["at"].isoformat(timespec="microseconds"),
    }


def _joined() -> sa.Select[Any]:
    both = case_event.outerjoin(
        case_event_detail,
        sa.and_(
            case_event.c.case_id == case_event_detail.c.case_id, case_event.c.seq == case_event_detail.c.seq
        ),
    )
    return sa.select(*case_event.c, case_event_detail.c.salt, case_event_detail.c.detail).select_from(both)


async def events_of(reader: Reader, case_id: str, after_version: int = 0) -> list[Row]:
    """The steps of a case in their order, with their details where those were not erased."""
    query = _joined().where(case_event.c.case_id == case_id, case_event.c.version > after_version)
    return list((await reader.execute(query.order_by(case_event.c.seq))).all())


async def state_at(reader: Reader, case_id: str, version: int) -> str | None:
    """The case's state at an earlier version."""
    query = sa.select(case_event.c.to_state).where(
        case_event.c.case_id == case_id, case_event.c.version <= version
    )
    found: str | None = (
        await reader.execute(query.order_by(case_event.c.seq.desc()).limit(1))
    ).scalar_one_or_none()
    return found


async def verify_histories(reader: Reader) -> tuple[int, BrokenLink | None]:
    """Check the history of every case: how many steps hold, and the first row that does not."""
    count = 0
    async for head in _heads(reader):
        previous, seq, state = chain.GENESIS, 0, None
        for row in await events_of(reader, head.id):
            broken = _broken(row, previous, seq + 1)
            if broken:
                return count, BrokenLink(head.case_no, row.seq, broken)
            previous, seq, count, state = row.hash, seq + 1, count + 1, row.to_state
        if (seq, previous) != (head.event_seq, head.event_hash):
            return count, BrokenLink(head.case_no, seq + 1, "missing_at_end")
        if head.state != state:
            return count, BrokenLink(head.case_no, seq, "state_without_step")
    return count, None


def _broken(row: Row, previous: str, expected_seq: int) -> str | None:
    if row.seq != expected_seq:
        return "missing_row"
    values = {str(key): value for key, value in row._mapping.items()}
    if row.previous != previous or row.hash != chain.link(previous, _open_fields(values)):
        return "changed_row"
    if row.salt is not None and row.detail_digest != chain.digest(row.salt, row.detail):
        return "changed_detail"
    return None


async def _heads(reader: Reader, page: int = 500) -> AsyncIterator[Row]:
    last = ""
    columns = (
        *(case_file.c.id, case_file.c.case_no, case_file.c.state),
        *(case_file.c.event_seq, case_file.c.event_hash),
    )
    while True:
        query = sa.select(*columns).where(case_file.c.id > last).order_by(case_file.c.id).limit(page)
        rows = (await reader.execute(query)).all()
        for row in rows:
            yield row
        if len(rows) < page:
            return
        last = rows[-1].id
