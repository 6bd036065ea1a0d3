"""Live views of surveys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.cases.tables import case_assignment, case_file
from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.staff.views import units_by_id
from hotline.surveys import store
from hotline.surveys.events import SurveyChanged
from hotline.surveys.views import ReviewView, survey_fields
from hotline.web.auth import Principal
from hotline.web.live import Entity


class ReviewsFeed:
    """What waits for the shift lead; the entities are ``ReviewView``."""

    name = "survey.reviews"

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """One list for all who may review."""
        return "all" if principal.may("survey.review") else None

    def touched(self, event: Event) -> Iterable[str]:
        """The survey that changed."""
        return [event.survey_id] if isinstance(event, SurveyChanged) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """Surveys in review."""
        views = await reviews(reader, ids)
        return [Entity(v.id, v.version, v.model_dump(mode="json")) for v in views]


async def reviews(reader: Reader, ids: Sequence[str] | None = None) -> list[ReviewView]:
    """The surveys in review with title and unit of their cases, the oldest first."""
    rows = await store.in_review(reader, ids)
    case_ids = [row.case_id for row in rows]
    titles = {r.id: r.title for r in await _rows(reader, sa.select(case_file), case_file.c.id, case_ids)}
    leads = {
        r.case_id: r.unit_id
        for r in await _rows(reader, sa.select(case_assignment), case_assignment.c.case_id, case_ids)
        if r.role == "lead" and r.state not in ("returned", "withdrawn")
    }
    units = await units_by_id(reader, list(leads.values()))
    return [
        ReviewView(
            **survey_fields(row),
            title=titles[row.case_id],
            unit=units[leads[row.case_id]].name if row.case_id in leads else None,
        )
        for row in rows
    ]


async def _rows(
    reader: Reader, query: sa.Select[Any], column: sa.Column[Any], ids: Sequence[str]
) -> Sequence[sa.Row[Any]]:
    return (await reader.execute(query.where(column.in_(ids)))).all() if ids else []
