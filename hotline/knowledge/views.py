"""What others may see of articles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader
from hotline.knowledge.model import Kind, State
from hotline.staff.views import UnitView, units_by_id, user_names
from hotline.web.auth import Principal
from hotline.web.endpoint import Schema

WRITE = "knowledge.write"
PUBLISH = "knowledge.publish"


class EditionView(Schema):
    """What one edition says, who wrote it (None: it came with the product) and when."""

    edition: int
    kind: Kind
    title: str
    body: str
    categories: list[str]
    keywords: list[str]
    valid_until: datetime | None
    author: str | None
    at: datetime


class ArticleView(EditionView):
    """An article with the words of one ``edition``.

    ``unit`` is None for the centre's own. ``published_edition`` is the one that agents see, if any;
    ``may_edit`` and ``may_publish`` are about the person who asks.
    """

    id: str
    version: int
    unit: UnitView | None
    state: State
    latest_edition: int
    published_edition: int | None
    published_at: datetime | None
    published_by: str | None
    used: int
    demo: bool
    may_edit: bool
    may_publish: bool


def answers_for(who: Principal, unit_id: str | None) -> bool:
    """Whether an article of this unit (None: the centre's) is this person's business."""
    return who.unit_id is None or who.unit_id == unit_id


def sees_drafts(who: Principal, unit_id: str | None) -> bool:
    """Whether this person sees what is not published of this unit (None: the centre's)."""
    return (who.may(WRITE) or who.may(PUBLISH)) and answers_for(who, unit_id)


async def article_views(reader: Reader, rows: Sequence[sa.Row[Any]], who: Principal) -> list[ArticleView]:
    """Shape rows with words."""
    units = await units_by_id(reader, (row.unit_id for row in rows))
    names = await user_names(reader, (one for row in rows for one in (row.author_id, row.published_by)))
    plain = ArticleView.model_fields.keys() - {"unit", "author", "published_by", "may_edit", "may_publish"}
    return [
        ArticleView(
            unit=units.get(row.unit_id),
            author=names.get(row.author_id),
            published_by=names.get(row.published_by),
            may_edit=who.may(WRITE) and answers_for(who, row.unit_id),
            may_publish=who.may(PUBLISH) and answers_for(who, row.unit_id),
            **{name: getattr(row, name) for name in plain},
        )
        for row in rows
    ]


async def edition_views(reader: Reader, rows: Sequence[sa.Row[Any]]) -> list[EditionView]:
    """Shape editions."""
    names = await user_names(reader, (row.author_id for row in rows))
    plain = EditionView.model_fields.keys() - {"author"}
    return [
        EditionView(author=names.get(row.author_id), **{name: getattr(row, name) for name in plain})
        for row in rows
    ]
