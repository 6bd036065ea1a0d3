"""Tables and queries of the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata
from hotline.queue.model import AgentWord, ItemState

queue_item = sa.Table(
    "queue_item",
    metadata,
    # A conversation has one place in the queue for its whole life.
    sa.Column("conversation_id", sa.ForeignKey("conversation.id"), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("waiting_since", UtcDateTime, nullable=False),
    sa.Column("rank_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("offered_to", sa.ForeignKey("staff_user.id")),
    sa.Column("offered_at", UtcDateTime),
    sa.Column("offer_expires_at", UtcDateTime),
    # Agent id -> until when the refusal holds, ISO 8601.
    sa.Column("refused_by", sa.JSON, nullable=False),
    sa.Column("taken_by", sa.ForeignKey("staff_user.id")),
    sa.Column("taken_at", UtcDateTime),
    sa.Column("done_at", UtcDateTime),
    sa.Column("version", sa.Integer, nullable=False),
)
sa.Index(
    "ix_queue_item_live",
    queue_item.c.rank_at,
    sqlite_where=queue_item.c.state != "done",
    postgresql_where=queue_item.c.state != "done",
)

agent_state = sa.Table(
    "agent_state",
    metadata,
    sa.Column("user_id", sa.ForeignKey("staff_user.id"), primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(80)),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("last_offered_at", UtcDateTime),
    # Beside the agent's own word: what the telephone keeps the agent busy with.
    sa.Column("activity", sa.String(10)),
    sa.Column("activity_since", UtcDateTime),
    sa.Column("activity_until", UtcDateTime),
    sa.Column("version", sa.Integer, nullable=False),
)

_live = queue_item.c.state != "done"
_in_line = queue_item.c.state.in_([ItemState.WAITING, ItemState.OFFERED])
NO_OFFER: Mapping[str, Any] = {"offered_to": None, "offered_at": None, "offer_expires_at": None}


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add an item; ``IntegrityError`` when the conversation has one."""
    await tx.execute(queue_item.insert(), row)


async def item(reader: Reader, conversation_id: str) -> sa.Row[Any] | None:
    """The item of a conversation."""
    query = sa.select(queue_item).where(queue_item.c.conversation_id == conversation_id)
    return (await reader.execute(query)).one_or_none()


async def line(reader: Reader) -> Sequence[sa.Row[Any]]:
    """Everything that waits or is on offer, in order."""
    query = sa.select(queue_item).where(_live, _in_line)
    return (await reader.execute(query.order_by(queue_item.c.rank_at, queue_item.c.conversation_id))).all()


async def ends_ahead(reader: Reader) -> Sequence[datetime]:
    """When the next offer runs out, and when the next wrap-up ends; as far as there are any."""
    offers = sa.select(sa.func.min(queue_item.c.offer_expires_at)).where(_live, _in_line)
    wrap_ups = sa.select(sa.func.min(agent_state.c.activity_until))
    found = [(await reader.execute(query)).scalar_one() for query in (offers, wrap_ups)]
    return [moment for moment in found if moment is not None]


async def in_line_or_taken(reader: Reader, ids: Sequence[str] | None = None) -> Sequence[sa.Row[Any]]:
    """Every item that is not done, or those of ``ids``, in order; with the state of who took it."""
    taker = (agent_state.c.state.label("taker_state"), agent_state.c.activity.label("taker_activity"))
    query = (
        sa.select(queue_item, *taker)
        .outerjoin(agent_state, agent_state.c.user_id == queue_item.c.taken_by)
        .where(_live)
    )
    if ids is not None:
        query = query.where(queue_item.c.conversation_id.in_(ids))
    return (await reader.execute(query.order_by(queue_item.c.rank_at, queue_item.c.conversation_id))).all()


async def of_agent(reader: Reader, user_id: str, ids: Sequence[str] | None = None) -> Sequence[sa.Row[Any]]:
    """What is on offer to an agent, or taken by the agent, in order."""
    query = sa.select(queue_item).where(
        _live,
        sa.or_(
            sa.and_(queue_item.c.state == ItemState.OFFERED, queue_item.c.offered_to == user_id),
            sa.and_(queue_item.c.state == ItemState.TAKEN, queue_item.c.taken_by == user_id),
        ),
    )
    if ids is not None:
        query = query.where(queue_item.c.conversation_id.in_(ids))
    return (await reader.execute(query.order_by(queue_item.c.rank_at, queue_item.c.conversation_id))).all()


async def with_agents(reader: Reader, ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """What of ``ids`` is on offer to somebody, or taken by somebody, in order."""
    held = queue_item.c.state.in_([ItemState.OFFERED, ItemState.TAKEN])
    query = sa.select(queue_item).where(held, queue_item.c.conversation_id.in_(ids))
    return (await reader.execute(query.order_by(queue_item.c.rank_at, queue_item.c.conversation_id))).all()


def agent_of(row: sa.Row[Any]) -> str:
    """Whom an item is on offer to, or who took it."""
    return str(row.offered_to if row.state == ItemState.OFFERED else row.taken_by)


async def offered(reader: Reader, channel: str) -> Sequence[sa.Row[Any]]:
    """What is on offer in one channel, in order."""
    query = sa.select(queue_item).where(
        _live, queue_item.c.state == ItemState.OFFERED, queue_item.c.channel == channel
    )
    return (await reader.execute(query.order_by(queue_item.c.rank_at, queue_item.c.conversation_id))).all()


async def calls_of_agent(
    reader: Reader, user_id: str, ids: Sequence[str] | None, channel: str
) -> Sequence[sa.Row[Any]]:
    """What of one channel is on offer to an agent, or taken by the agent, in order."""
    return [row for row in await of_agent(reader, user_id, ids) if row.channel == channel]


async def ready(reader: Reader) -> set[str]:
    """The agents whose word is that they are ready."""
    query = sa.select(agent_state.c.user_id).where(agent_state.c.state == AgentWord.READY)
    return set((await reader.execute(query)).scalars())


async def working(reader: Reader) -> set[str]:
    """The agents whose word is anything but that they are away."""
    query = sa.select(agent_state.c.user_id).where(agent_state.c.state != AgentWord.OFFLINE)
    return set((await reader.execute(query)).scalars())


async def position(reader: Reader, row: sa.Row[Any]) -> int:
    """How many items in the line go before ``row``, plus one."""
    before = sa.or_(
        queue_item.c.rank_at < row.rank_at,
        sa.and_(queue_item.c.rank_at == row.rank_at, queue_item.c.conversation_id < row.conversation_id),
    )
    query = sa.select(sa.func.count()).select_from(queue_item).where(_live, _in_line, before)
    return 1 + int((await reader.execute(query)).scalar_one())


async def versions_of(reader: Reader, conversation_ids: sa.Select[Any]) -> int:
    """A number that grows with each change of any of these conversations' items."""
    query = sa.select(sa.func.coalesce(sa.func.sum(queue_item.c.version), 0))
    query = query.where(queue_item.c.conversation_id.in_(conversation_ids))
    return int((await reader.execute(query)).scalar_one())


async def update(tx: Tx, conversation_id: str, values: Mapping[str, Any], *where: Any) -> bool:
    """Change an item when ``where`` still holds; False when it does not."""
    changed = await tx.execute(
        queue_item.update()
        .where(queue_item.c.conversation_id == conversation_id, *where)
        .values(**values, version=queue_item.c.version + 1)
    )
    return changed.rowcount == 1


async def serving(reader: Reader, user_ids: Sequence[str] | None = None) -> dict[str, int]:
    """How many conversations each agent has taken and not finished; agents without any are left out."""
    query = sa.select(queue_item.c.taken_by.label("user_id"), sa.func.count().label("many")).where(
        _live, queue_item.c.state == ItemState.TAKEN
    )
    if user_ids is not None:
        query = query.where(queue_item.c.taken_by.in_(user_ids))
    rows = await reader.execute(query.group_by(queue_item.c.taken_by))
    return {row.user_id: row.many for row in rows}


async def agent(reader: Reader, user_id: str, *, lock: bool = False) -> sa.Row[Any] | None:
    """The state of one agent; ``lock`` keeps other units from changing it before this one ends."""
    query = sa.select(agent_state).where(agent_state.c.user_id == user_id)
    return (await reader.execute(query.with_for_update() if lock else query)).one_or_none()


async def lock_agents(tx: Tx, user_ids: Sequence[str]) -> None:
    """Keep other units of work from these agents' states before this one ends."""
    query = sa.select(agent_state.c.user_id).where(agent_state.c.user_id.in_(user_ids))
    await tx.execute(query.order_by(agent_state.c.user_id).with_for_update())


async def agents(reader: Reader, *, lock: bool = False) -> Sequence[sa.Row[Any]]:
    """The state of every agent who ever had one."""
    query = sa.select(agent_state).order_by(agent_state.c.user_id)
    return (await reader.execute(query.with_for_update() if lock else query)).all()


async def insert_agent(tx: Tx, user_id: str, now: datetime) -> None:
    """An agent's first state: offline, version 0; ``IntegrityError`` when there is one already."""
    row = {"user_id": user_id, "state": AgentWord.OFFLINE, "since": now, "version": 0}
    await tx.execute(agent_state.insert(), row)


async def agent_was_offered(tx: Tx, user_id: str, now: datetime) -> None:
    """Note when an agent was asked last; nothing that anybody is shown."""
    row = agent_state.c.user_id == user_id
    await tx.execute(agent_state.update().where(row).values(last_offered_at=now))


async def update_agent(tx: Tx, user_id: str, values: Mapping[str, Any]) -> None:
    """Change an agent's row; nothing happens when there is none."""
    await tx.execute(
        agent_state.update()
        .where(agent_state.c.user_id == user_id)
        .values(**values, version=agent_state.c.version + 1)
    )
