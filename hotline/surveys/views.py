"""What may be seen of surveys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.web.endpoint import Schema


class SurveyView(Schema):
    """One round of asking. ``reasons``: why it went to review; ``in_chat``: the citizen can answer."""

    id: str
    version: int
    case_no: str
    round: int
    state: str
    in_chat: bool
    asked_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    visited: str | None
    solved: str | None
    labour_fee: bool | None
    score: int | None
    remark: str | None
    reasons: list[str]
    decision: str | None
    decision_note: str | None
    reviewed_at: datetime | None


class ReviewView(SurveyView):
    """A survey that waits for the shift lead, with its case in words."""

    title: str
    unit: str | None


def survey_fields(row: sa.Row[Any]) -> dict[str, Any]:
    """The fields of ``SurveyView`` from a row."""
    names = set(SurveyView.model_fields) - {"in_chat"}
    return {name: row._mapping[name] for name in names} | {"in_chat": row.conversation_id is not None}


def survey_view(row: sa.Row[Any]) -> SurveyView:
    """Shape a row."""
    return SurveyView(**survey_fields(row))
