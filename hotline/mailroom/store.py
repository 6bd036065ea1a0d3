"""Tables and queries of the mailroom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata
from hotline.kernel.db.schema import BigId
from hotline.ports.channel import Reach

webhook_post = sa.Table(
    "webhook_post",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
    # The call's own proof: it comes with one content only.
    sa.Column("once", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    # What it brings; a later call that brings the same has none.
    sa.Column("key", sa.String(128)),
    sa.Column("sender", sa.String(128), nullable=False),
    sa.Column("touch", sa.String(10), nullable=False),
    sa.Column("said_at", UtcDateTime, nullable=False),
    # Emptied once it has entered.
    sa.Column("payload", sa.JSON(none_as_null=True)),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("channel", "once"),
    sa.UniqueConstraint("channel", "key"),
)
sa.Index("ix_webhook_post_at", webhook_post.c.at)

channel_reach = sa.Table(
    "channel_reach",
    metadata,
    sa.Column("channel", sa.String(20), primary_key=True),
    sa.Column("sender", sa.String(128), primary_key=True),
    sa.Column("message_at", UtcDateTime),
    sa.Column("sent_since_message", sa.Integer, nullable=False),
    sa.Column("event_at", UtcDateTime),
    sa.Column("sent_since_event", sa.Integer, nullable=False),
    sa.Column("spent_at", UtcDateTime),
    sa.Column("left_at", UtcDateTime),
)

errand = sa.Table(
    "errand",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("task", sa.String(10), nullable=False),
    sa.Column("key", sa.String(160), nullable=False),
    # Within a lane one errand runs after the other.
    sa.Column("lane", sa.String(160), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("error", sa.String(200)),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("task", "key"),
)
sa.Index(
    "ix_errand_open",
    errand.c.id,
    sqlite_where=errand.c.state.in_(("waiting", "running")),
    postgresql_where=errand.c.state.in_(("waiting", "running")),
)
OPEN = ("waiting", "running")
_INSERT: Mapping[str, Any] = {
    dialect: kind.insert(webhook_post).on_conflict_do_nothing().returning(webhook_post.c.id)
    for dialect, kind in (("sqlite", sqlite), ("postgresql", postgresql))
}


async def insert_posts(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Keep posts; the ids of those whose proof and key were not known."""
    return frozenset((await tx.execute(_INSERT[tx.dialect], rows)).scalars())


async def post_by_once(reader: Reader, channel: str, once: str) -> sa.Row[Any] | None:
    """The post that came with a proof."""
    where = (webhook_post.c.channel == channel, webhook_post.c.once == once)
    return (await reader.execute(sa.select(webhook_post).where(*where))).one_or_none()


async def post_by_id(reader: Reader, post_id: str) -> sa.Row[Any] | None:
    """One post."""
    return (await reader.execute(sa.select(webhook_post).where(webhook_post.c.id == post_id))).one_or_none()


async def empty_post(tx: Tx, post_id: str) -> None:
    """What it brought has entered."""
    await tx.execute(webhook_post.update().where(webhook_post.c.id == post_id).values(payload=None))


async def reach_of(reader: Reader, channel: str, sender: str, *, lock: bool = False) -> Reach | None:
    """What is known of a citizen; ``lock`` keeps others from changing it in this unit."""
    table = channel_reach
    query = sa.select(table).where(table.c.channel == channel, table.c.sender == sender)
    row = (await reader.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        return None
    return Reach(**{name: value for name, value in row._mapping.items() if name not in ("channel", "sender")})


async def save_reach(tx: Tx, channel: str, sender: str, reach: Reach, *, is_new: bool) -> None:
    """Write what is known of a citizen."""
    if is_new:
        row = {"channel": channel, "sender": sender, **asdict(reach)}
        await tx.execute(channel_reach.insert(), row)
        return
    where = (channel_reach.c.channel == channel, channel_reach.c.sender == sender)
    await tx.execute(channel_reach.update().where(*where).values(**asdict(reach)))


async def plan(tx: Tx, task: str, key: str, lane: str, payload: Mapping[str, Any], now: datetime) -> bool:
    """Plan an errand; False when there is one under this key."""
    known = sa.select(errand.c.id).where(errand.c.task == task, errand.c.key == key)
    if (await tx.execute(known)).one_or_none() is not None:
        return False
    row = {"task": task, "key": key, "lane": lane, "payload": dict(payload), "state": "waiting"}
    await tx.execute(errand.insert(), {**row, "attempts": 0, "next_at": now, "at": now})
    return True


async def open_errands(reader: Reader, limit: int) -> Sequence[sa.Row[Any]]:
    """Errands that wait or run, in their order."""
    query = sa.select(errand).where(errand.c.state.in_(OPEN)).order_by(errand.c.id).limit(limit)
    return (await reader.execute(query)).all()


async def running_errands(reader: Reader) -> Sequence[sa.Row[Any]]:
    """Errands that somebody began."""
    return (await reader.execute(sa.select(errand).where(errand.c.state == "running"))).all()


async def change_errand(tx: Tx, errand_id: int, values: Mapping[str, Any]) -> None:
    """Change one."""
    await tx.execute(errand.update().where(errand.c.id == errand_id).values(**values))


async def purge(tx: Tx, posts_before: datetime, errands_before: datetime) -> None:
    """Forget what is over."""
    entered = (webhook_post.c.at < posts_before, webhook_post.c.payload.is_(None))
    await tx.execute(webhook_post.delete().where(*entered))
    over = (errand.c.at < errands_before, errand.c.state.not_in(OPEN))
    await tx.execute(errand.delete().where(*over))
