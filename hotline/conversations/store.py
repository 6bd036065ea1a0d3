"""Tables and queries of conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.conversations.model import Author, State
from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata

conversation = sa.Table(
    "conversation",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("sender", sa.String(128), nullable=False),
    sa.Column("contact_id", sa.ForeignKey("contact.id"), nullable=False),
    sa.Column("language", sa.String(10), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("agent_id", sa.ForeignKey("staff_user.id")),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("closed_at", UtcDateTime),
    # Goes on from the sender's previous conversation: a citizen reads all of them as one thread.
    sa.Column("last_seq", sa.Integer, nullable=False),
    # The emergency rule whose alarm is open, for lists (DOMAIN §4.4).
    sa.Column("alarm", sa.String(4)),
    sa.Column("version", sa.Integer, nullable=False),
)
sa.Index(
    "uq_conversation_open_sender",
    conversation.c.channel,
    conversation.c.sender,
    unique=True,
    sqlite_where=conversation.c.state == "open",
    postgresql_where=conversation.c.state == "open",
)
sa.Index("ix_conversation_sender", conversation.c.channel, conversation.c.sender, conversation.c.started_at)
sa.Index("ix_conversation_contact_id", conversation.c.contact_id, conversation.c.started_at)

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey("conversation.id"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("author", sa.String(10), nullable=False),
    sa.Column("author_id", sa.String(128)),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON(none_as_null=True)),
    sa.Column("client_id", sa.String(128)),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    # Only of what has to leave for a platform outside.
    sa.Column("delivery_state", sa.String(10)),
    sa.Column("delivery_code", sa.String(40)),
    sa.Column("version", sa.Integer, nullable=False),
    sa.UniqueConstraint("conversation_id", "seq"),
    sa.UniqueConstraint("conversation_id", "author", "client_id"),
)

conversation_case = sa.Table(
    "conversation_case",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversation.id"), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("case_file.id"), primary_key=True),
)
sa.Index("ix_conversation_case_case_id", conversation_case.c.case_id)


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a conversation; ``IntegrityError`` when the sender has an open one."""
    await tx.execute(conversation.insert(), row)


async def by_id(reader: Reader, conversation_id: str) -> sa.Row[Any] | None:
    """One conversation."""
    query = sa.select(conversation).where(conversation.c.id == conversation_id)
    return (await reader.execute(query)).one_or_none()


async def by_ids(reader: Reader, ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """Several conversations by id."""
    if not ids:
        return {}
    query = sa.select(conversation).where(conversation.c.id.in_(ids))
    return {row.id: row for row in await reader.execute(query)}


async def latest_of(reader: Reader, channel: str, sender: str) -> sa.Row[Any] | None:
    """The sender's newest conversation; the open one when there is one."""
    query = (
        sa.select(conversation)
        .where(conversation.c.channel == channel, conversation.c.sender == sender)
        .order_by(conversation.c.started_at.desc(), conversation.c.id.desc())
    )
    return (await reader.execute(query.limit(1))).one_or_none()


async def of_contact(reader: Reader, contact_id: str, limit: int) -> Sequence[sa.Row[Any]]:
    """A citizen's conversations in every channel, newest first."""
    query = sa.select(conversation).where(conversation.c.contact_id == contact_id)
    return (await reader.execute(query.order_by(conversation.c.started_at.desc()).limit(limit))).all()


async def versions_of(reader: Reader, channel: str, sender: str) -> int:
    """A number that grows with each change of any of the sender's conversations."""
    query = sa.select(sa.func.coalesce(sa.func.sum(conversation.c.version), 0)).where(
        conversation.c.channel == channel, conversation.c.sender == sender
    )
    return int((await reader.execute(query)).scalar_one())


async def update(tx: Tx, conversation_id: str, values: Mapping[str, Any], *where: Any) -> bool:
    """Change a conversation when ``where`` still holds; False when it does not."""
    changed = await tx.execute(
        conversation.update()
        .where(conversation.c.id == conversation_id, *where)
        .values(**values, version=conversation.c.version + 1)
    )
    return changed.rowcount == 1


async def next_seq(tx: Tx, conversation_id: str, *, only_open: bool) -> int | None:
    """The number of the next message; None when the conversation is absent, or closed under ``only_open``."""
    where = [conversation.c.id == conversation_id]
    if only_open:
        where.append(conversation.c.state == State.OPEN)
    taken = await tx.execute(
        conversation.update()
        .where(*where)
        .values(last_seq=conversation.c.last_seq + 1, version=conversation.c.version + 1)
        .returning(conversation.c.last_seq)
    )
    seq: int | None = taken.scalar_one_or_none()
    return seq


async def insert_message(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a message; ``IntegrityError`` when its writer sent the same client id before."""
    await tx.execute(message.insert(), row)


async def update_message(tx: Tx, message_id: str, values: Mapping[str, Any]) -> str | None:
    """Change what a message carries; its conversation's id, or None when there is no such message."""
    changed = await tx.execute(
        message.update()
        .where(message.c.id == message_id)
        .values(**values, version=message.c.version + 1)
        .returning(message.c.conversation_id)
    )
    conversation_id: str | None = changed.scalar_one_or_none()
    return conversation_id


async def message_by_id(reader: Reader, message_id: str) -> sa.Row[Any] | None:
    """One message."""
    return (await reader.execute(sa.select(message).where(message.c.id == message_id))).one_or_none()


async def message_by_client_id(
    reader: Reader, conversation_id: str, author: Author, client_id: str
) -> sa.Row[Any] | None:
    """The message that a writer named ``client_id``."""
    query = sa.select(message).where(
        message.c.conversation_id == conversation_id,
        message.c.author == author,
        message.c.client_id == client_id,
    )
    return (await reader.execute(query)).one_or_none()


async def messages_of(
    reader: Reader, conversation_id: str, ids: Sequence[str] | None, limit: int
) -> Sequence[sa.Row[Any]]:
    """The newest ``limit`` messages of a conversation, or those of ``ids``, in their order."""
    query = sa.select(message).where(message.c.conversation_id == conversation_id)
    return await _newest(reader, query, ids, limit)


async def messages_of_sender(
    reader: Reader, channel: str, sender: str, ids: Sequence[str] | None, limit: int
) -> Sequence[sa.Row[Any]]:
    """The same over all conversations of a citizen in one channel."""
    theirs = sa.select(conversation.c.id).where(
        conversation.c.channel == channel, conversation.c.sender == sender
    )
    return await _newest(reader, sa.select(message).where(message.c.conversation_id.in_(theirs)), ids, limit)


async def _newest(
    reader: Reader, query: sa.Select[Any], ids: Sequence[str] | None, limit: int
) -> Sequence[sa.Row[Any]]:
    if ids is not None:
        query = query.where(message.c.id.in_(ids))
    rows = (await reader.execute(query.order_by(message.c.seq.desc()).limit(limit))).all()
    return rows[::-1]


async def last_messages(
    reader: Reader, conversation_ids: Sequence[str], *authors: Author
) -> dict[str, sa.Row[Any]]:
    """The newest message of each conversation, among those by ``authors``."""
    if not conversation_ids:
        return {}
    newest = (
        sa.select(message.c.conversation_id, sa.func.max(message.c.seq).label("seq"))
        .where(message.c.conversation_id.in_(conversation_ids), message.c.author.in_(authors))
        .group_by(message.c.conversation_id)
        .subquery()
    )
    same = sa.and_(message.c.conversation_id == newest.c.conversation_id, message.c.seq == newest.c.seq)
    query = sa.select(message).join(newest, same)
    return {row.conversation_id: row for row in await reader.execute(query)}


async def insert_case(tx: Tx, conversation_id: str, case_id: str) -> bool:
    """Link a case; False when it is linked already."""
    row = {"conversation_id": conversation_id, "case_id": case_id}
    known = sa.select(conversation_case.c.case_id).filter_by(**row)
    if (await tx.execute(known)).one_or_none() is not None:
        return False
    await tx.execute(conversation_case.insert(), row)
    return True


async def case_ids(reader: Reader, conversation_ids: Sequence[str]) -> list[str]:
    """The cases linked to any of the conversations, newest first (their ids are ordered by time)."""
    if not conversation_ids:
        return []
    query = sa.select(conversation_case.c.case_id).where(
        conversation_case.c.conversation_id.in_(conversation_ids)
    )
    return list((await reader.execute(query.distinct().order_by(sa.desc("case_id")))).scalars())


async def case_ids_of_sender(reader: Reader, channel: str, sender: str) -> list[str]:
    """The cases linked to any conversation of a citizen in one channel, newest first."""
    query = (
        sa.select(conversation_case.c.case_id)
        .join(conversation, conversation.c.id == conversation_case.c.conversation_id)
        .where(conversation.c.channel == channel, conversation.c.sender == sender)
    )
    return list((await reader.execute(query.distinct().order_by(sa.desc("case_id")))).scalars())


async def ids_by_case(reader: Reader, case_id: str) -> list[str]:
    """The conversations that a case was made from, newest first."""
    query = sa.select(conversation_case.c.conversation_id).where(conversation_case.c.case_id == case_id)
    return list((await reader.execute(query.order_by(sa.desc("conversation_id")))).scalars())
