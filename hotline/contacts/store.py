"""Tables and queries of contacts. Names and numbers are sealed; a blind index finds a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.contacts.model import Identity
from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata

contact = sa.Table(
    "contact",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name_sealed", sa.Text),
    sa.Column("phone_sealed", sa.Text),
    sa.Column("phone_blind", sa.String(64)),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)
sa.Index("ix_contact_phone_blind", contact.c.phone_blind)

contact_identity = sa.Table(
    "contact_identity",
    metadata,
    sa.Column("channel", sa.String(20), primary_key=True),
    sa.Column("external_id", sa.String(128), primary_key=True),
    sa.Column("contact_id", sa.ForeignKey("contact.id"), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
sa.Index("ix_contact_identity_contact_id", contact_identity.c.contact_id)


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a contact."""
    await tx.execute(contact.insert(), row)


async def insert_identity(tx: Tx, row: Mapping[str, Any]) -> None:
    """Tie an identity to a contact; ``IntegrityError`` when the identity is tied already."""
    await tx.execute(contact_identity.insert(), row)


async def by_id(reader: Reader, contact_id: str) -> sa.Row[Any] | None:
    """One contact."""
    return (await reader.execute(sa.select(contact).where(contact.c.id == contact_id))).one_or_none()


async def by_ids(reader: Reader, ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """Several contacts, in no order."""
    return (await reader.execute(sa.select(contact).where(contact.c.id.in_(ids)))).all() if ids else []


async def id_by_identity(reader: Reader, identity: Identity) -> str | None:
    """The contact behind a channel's identity."""
    query = sa.select(contact_identity.c.contact_id).where(
        contact_identity.c.channel == identity.channel,
        contact_identity.c.external_id == identity.external_id,
    )
    found: str | None = (await reader.execute(query)).scalar_one_or_none()
    return found


async def external_ids(reader: Reader, contact_id: str, channel: str) -> list[str]:
    """A contact's identities in one channel."""
    query = sa.select(contact_identity.c.external_id).where(
        contact_identity.c.contact_id == contact_id, contact_identity.c.channel == channel
    )
    return list((await reader.execute(query)).scalars())


async def by_phone(reader: Reader, blind: str, limit: int = 10) -> Sequence[sa.Row[Any]]:
    """Contacts with a number, the most recently changed first; several citizens may share one."""
    query = sa.select(contact).where(contact.c.phone_blind == blind).order_by(contact.c.updated_at.desc())
    return (await reader.execute(query.limit(limit))).all()


async def by_phones(reader: Reader, blinds: Sequence[str], limit: int) -> Sequence[sa.Row[Any]]:
    """Contacts with any of some numbers, the most recently changed first."""
    if not blinds:
        return []
    query = sa.select(contact).where(contact.c.phone_blind.in_(blinds)).order_by(contact.c.updated_at.desc())
    return (await reader.execute(query.limit(limit))).all()


async def update(tx: Tx, contact_id: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change a contact that is still at ``version``; False when it is not."""
    changed = await tx.execute(
        contact.update()
        .where(contact.c.id == contact_id, contact.c.version == version)
        .values(**values, version=version + 1)
    )
    return changed.rowcount == 1
