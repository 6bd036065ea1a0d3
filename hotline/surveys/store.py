"""Tables and queries of surveys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, UtcDateTime, metadata

survey = sa.Table(
    "survey",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("case_file.id"), nullable=False),
    sa.Column("case_no", sa.String(24), nullable=False),
    # The case's rework round: the citizen is asked again after every rework.
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("conversation_id", sa.String(32)),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("answered_by", sa.String(80)),
    sa.Column("visited", sa.String(4)),
    sa.Column("solved", sa.String(8)),
    sa.Column("labour_fee", sa.Boolean),
    sa.Column("score", sa.Integer),
    sa.Column("remark", sa.Text),
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("decision", sa.String(12)),
    sa.Column("decision_note", sa.Text),
    sa.Column("reviewed_by", sa.String(80)),
    sa.Column("reviewed_at", UtcDateTime),
    sa.Column("version", sa.Integer, nullable=False),
    sa.UniqueConstraint("case_id", "round"),
)
sa.Index(
    "ix_survey_review",
    survey.c.answered_at,
    sqlite_where=survey.c.state == "review",
    postgresql_where=survey.c.state == "review",
)


async def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a survey; ``IntegrityError`` when the round was asked already."""
    await tx.execute(survey.insert(), row)


async def by_id(reader: Reader, survey_id: str) -> sa.Row[Any] | None:
    """One survey."""
    return (await reader.execute(sa.select(survey).where(survey.c.id == survey_id))).one_or_none()


async def latest_of_case(reader: Reader, case_id: str) -> sa.Row[Any] | None:
    """The newest round of a case."""
    query = sa.select(survey).where(survey.c.case_id == case_id).order_by(survey.c.round.desc()).limit(1)
    return (await reader.execute(query)).one_or_none()


async def in_review(reader: Reader, ids: Sequence[str] | None = None) -> Sequence[sa.Row[Any]]:
    """What waits for the shift lead, the oldest first."""
    query = sa.select(survey).where(survey.c.state == "review").order_by(survey.c.answered_at).limit(500)
    if ids is not None:
        query = query.where(survey.c.id.in_(ids))
    return (await reader.execute(query)).all()


async def update(tx: Tx, survey_id: str, state: str, values: Mapping[str, Any]) -> bool:
    """Change a survey that is still in ``state``; False when it is not."""
    changed = await tx.execute(
        survey.update()
        .where(survey.c.id == survey_id, survey.c.state == state)
        .values(**values, version=survey.c.version + 1)
    )
    return changed.rowcount == 1
