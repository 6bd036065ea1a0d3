"""Tables and queries of articles.

The search index holds the grams of the latest and of the published edition of each article, no others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata
from hotline.knowledge.model import State, lines_of, needed

article = sa.Table(
    "knowledge_article",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    # NULL: of the centre itself.
    sa.Column("unit_id", sa.ForeignKey("unit.id")),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("latest_edition", sa.Integer, nullable=False),
    # Set exactly while the state is "published".
    sa.Column("published_edition", sa.Integer),
    sa.Column("published_at", UtcDateTime),
    sa.Column("published_by", sa.ForeignKey("staff_user.id")),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("used", sa.Integer, nullable=False),
    sa.Column("demo", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)
sa.Index("ix_knowledge_article_changed_at", article.c.changed_at)
edition = sa.Table(
    "knowledge_edition",
    metadata,
    sa.Column("article_id", sa.ForeignKey("knowledge_article.id"), primary_key=True),
    sa.Column("edition", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("title", sa.String(80), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("categories", sa.JSON, nullable=False),
    sa.Column("keywords", sa.JSON, nullable=False),
    sa.Column("valid_until", UtcDateTime),
    # NULL: it came with the product.
    sa.Column("author_id", sa.ForeignKey("staff_user.id")),
    sa.Column("at", UtcDateTime, nullable=False),
)
gram = sa.Table(
    "knowledge_gram",
    metadata,
    sa.Column("gram", sa.String(2), primary_key=True),
    sa.Column("article_id", sa.ForeignKey("knowledge_article.id"), primary_key=True),
    sa.Column("edition", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("weight", sa.Integer, nullable=False),
)
sa.Index("ix_knowledge_gram_article_id", gram.c.article_id)
filed = sa.Table(
    "knowledge_category",
    metadata,
    sa.Column("code", sa.String(10), primary_key=True),
    sa.Column("article_id", sa.ForeignKey("knowledge_article.id"), primary_key=True),
    sa.Column("edition", sa.Integer, primary_key=True, autoincrement=False),
)
sa.Index("ix_knowledge_category_article_id", filed.c.article_id)

Shelf = Literal["published", "drafts", "withdrawn", "all"]
"""``published``: what agents see. The others show latest editions; ``drafts``: those not published."""


@dataclass(frozen=True)
class Wanted:
    """Which articles; ``grams`` are those of the query. ``of_unit``: what a person of a unit is kept to."""

    shelf: Shelf = "published"
    grams: Sequence[str] = ()
    category: str | None = None
    unit_id: str | None = None
    kind: str | None = None
    of_unit: str | None = None


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add an article; ``add_edition`` gives it words."""
    await tx.execute(article.insert(), row)


async def add_edition(tx: Tx, row: Mapping[str, Any], weights: Mapping[str, int]) -> None:
    """Add an edition and index it."""
    await tx.execute(edition.insert(), row)
    where = {"article_id": row["article_id"], "edition": row["edition"]}
    if weights:
        await tx.execute(gram.insert(), [{**where, "gram": one, "weight": n} for one, n in weights.items()])
    if row["categories"]:
        await tx.execute(filed.insert(), [{**where, "code": code} for code in row["categories"]])


async def index_only(tx: Tx, article_id: str, editions: Collection[int]) -> None:
    """Take every other edition of an article from the index."""
    for table in (gram, filed):
        stale = (table.c.article_id == article_id, table.c.edition.not_in(editions))
        await tx.execute(table.delete().where(*stale))


async def update(tx: Tx, article_id: str, values: Mapping[str, Any]) -> None:
    """Change an article."""
    changed = {**values, "version": article.c.version + 1}
    await tx.execute(article.update().where(article.c.id == article_id).values(changed))


async def count_use(tx: Tx, article_id: str) -> bool:
    """Count one more use of an article that agents see; False when it is none."""
    seen = article.c.id == article_id, article.c.published_edition.is_not(None)
    done = await tx.execute(article.update().where(*seen).values(used=article.c.used + 1))
    return done.rowcount == 1


async def by_id(reader: Reader, article_id: str, *, lock: bool = False) -> sa.Row[Any] | None:
    """An article without its words; ``lock`` keeps other units from it before this one ends."""
    query = sa.select(article).where(article.c.id == article_id)
    return (await reader.execute(query.with_for_update() if lock else query)).one_or_none()


async def known_ids(reader: Reader, ids: Collection[str]) -> set[str]:
    """Those of the ids that there are."""
    return set((await reader.execute(sa.select(article.c.id).where(article.c.id.in_(ids)))).scalars())


async def worded(reader: Reader, article_id: str, number: int) -> sa.Row[Any] | None:
    """An article with the words of one edition."""
    query = _worded(sa.literal(number)).where(article.c.id == article_id)
    return (await reader.execute(query)).one_or_none()


async def editions(reader: Reader, article_id: str) -> Sequence[sa.Row[Any]]:
    """Every edition of an article, the newest first."""
    query = sa.select(edition).where(edition.c.article_id == article_id).order_by(edition.c.edition.desc())
    return (await reader.execute(query)).all()


async def page(
    reader: Reader, wanted: Wanted, now: datetime, offset: int, limit: int
) -> Sequence[sa.Row[Any]]:
    """Articles with words, the best first, ``limit`` of them after ``offset``."""
    agents_view = wanted.shelf == "published"
    query = _worded(article.c.published_edition if agents_view else article.c.latest_edition)
    query = query.where(*_on_shelf(wanted, now))
    order: list[sa.ColumnElement[Any]] = []
    if wanted.grams:
        hits = _hits(wanted.grams)
        query = query.join(hits, _same_edition(hits.c))
        order.append(hits.c.score.desc())
    if wanted.category is not None:
        places = _filed_under(wanted.category)
        query = query.join(places, _same_edition(places.c))
        order.append(places.c.depth.desc())
    if agents_view:
        order += [sa.case((edition.c.kind == "notice", 0), else_=1), article.c.used.desc()]
    order += [article.c.changed_at.desc(), article.c.id]
    return (await reader.execute(query.order_by(*order).offset(offset).limit(limit))).all()


def _worded(number: sa.ColumnElement[Any]) -> sa.Select[Any]:
    own = [column for column in edition.c if column.name != "article_id"]
    return sa.select(article, *own).join(
        edition, sa.and_(edition.c.article_id == article.c.id, edition.c.edition == number)
    )


def _on_shelf(wanted: Wanted, now: datetime) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.shelf == "published":
        conditions += [
            article.c.state == State.PUBLISHED,
            sa.or_(edition.c.valid_until.is_(None), edition.c.valid_until > now),
        ]
    elif wanted.shelf == "drafts":
        published = sa.func.coalesce(article.c.published_edition, 0)
        conditions += [article.c.state != State.WITHDRAWN, article.c.latest_edition > published]
    elif wanted.shelf == "withdrawn":
        conditions.append(article.c.state == State.WITHDRAWN)
    if wanted.unit_id is not None:
        conditions.append(article.c.unit_id == wanted.unit_id)
    if wanted.of_unit is not None:
        conditions.append(article.c.unit_id == wanted.of_unit)
    if wanted.kind is not None:
        conditions.append(edition.c.kind == wanted.kind)
    return conditions


def _hits(grams: Sequence[str]) -> sa.Subquery:
    """Editions that have enough of what was asked for; ``score`` says how well."""
    return (
        sa.select(gram.c.article_id, gram.c.edition, sa.func.sum(gram.c.weight).label("score"))
        .where(gram.c.gram.in_(grams))
        .group_by(gram.c.article_id, gram.c.edition)
        .having(sa.func.count() >= needed(len(grams)))
        .subquery()
    )


def _filed_under(code: str) -> sa.Subquery:
    """Editions filed under a category, above it or below it; ``depth``: the nearer, the more."""
    return (
        sa.select(
            filed.c.article_id, filed.c.edition, sa.func.max(sa.func.length(filed.c.code)).label("depth")
        )
        .where(sa.or_(filed.c.code.in_(lines_of(code)), filed.c.code.startswith(f"{code}-", autoescape=True)))
        .group_by(filed.c.article_id, filed.c.edition)
        .subquery()
    )


def _same_edition(columns: Any) -> sa.ColumnElement[bool]:
    return sa.and_(columns.article_id == edition.c.article_id, columns.edition == edition.c.edition)
