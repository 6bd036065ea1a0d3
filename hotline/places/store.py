"""The table of places and its queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata

place = sa.Table(
    "place",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    # Empty where it lies in no one district: NULL would let the same road in twice.
    sa.Column("district", sa.String(40), nullable=False),
    sa.Column("aliases", sa.JSON, nullable=False),
    sa.Column("search_text", sa.Text, nullable=False),
    sa.Column("lng", sa.Float),
    sa.Column("lat", sa.Float),
    sa.Column("crs", sa.String(10)),
    sa.Column("demo", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("kind", "name", "district"),
)

Key = tuple[str, str, str]
"""(kind, name, district)."""


async def insert(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add places."""
    if rows:
        await tx.execute(place.insert(), rows)


async def update(tx: Tx, place_id: str, values: Mapping[str, Any]) -> None:
    """Change a place."""
    changed = {**values, "version": place.c.version + 1}
    await tx.execute(place.update().where(place.c.id == place_id).values(changed))


async def by_names(reader: Reader, names: Collection[str]) -> dict[Key, sa.Row[Any]]:
    """The places with these names, by key."""
    if not names:
        return {}
    query = sa.select(place).where(place.c.name.in_(names))
    return {(row.kind, row.name, row.district): row for row in await reader.execute(query)}


async def every(reader: Reader) -> Sequence[sa.Row[Any]]:
    """Kind, name, aliases and district of every place."""
    columns = (place.c.kind, place.c.name, place.c.aliases, place.c.district)
    return (await reader.execute(sa.select(*columns).order_by(place.c.kind, place.c.name, place.c.id))).all()


async def search(reader: Reader, text: str, kind: str | None, limit: int) -> Sequence[sa.Row[Any]]:
    """Places with ``text`` (in search form) in one of their names: beginnings first, then short names."""
    begins = place.c.search_text.contains(f"|{text}", autoescape=True)
    query = sa.select(place).where(place.c.search_text.contains(text, autoescape=True))
    if kind is not None:
        query = query.where(place.c.kind == kind)
    order = (sa.case((begins, 0), else_=1), sa.func.length(place.c.name), place.c.name, place.c.id)
    return (await reader.execute(query.order_by(*order).limit(limit))).all()
