"""Alarms of danger and what is proposed for the case form."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_suggestions"
down_revision = "0009_transcripts"
branch_labels = None
depends_on = None

OPEN_ALARM = "state IN ('raised', 'confirmed')"
DUE = "wanted > done"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("alarm", sa.String(length=4), nullable=True))
    op.create_table(
        "danger_alarm",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=4), nullable=False),
        sa.Column("urgency", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("source_kind", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=False),
        sa.Column("span_start", sa.Integer(), nullable=False),
        sa.Column("span_end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_danger_alarm_conversation_id")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff_user.id"], name=op.f("fk_danger_alarm_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_danger_alarm")),
    )
    op.create_index("ix_danger_alarm_conversation_id", "danger_alarm", ["conversation_id"], unique=False)
    op.create_index(
        "uq_danger_alarm_open",
        "danger_alarm",
        ["conversation_id", "rule"],
        unique=True,
        sqlite_where=sa.text(OPEN_ALARM),
        postgresql_where=sa.text(OPEN_ALARM),
    )
    op.create_table(
        "suggestion",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("needs_human", sa.Boolean(), nullable=False),
        sa.Column("source_kind", sa.String(length=10), nullable=True),
        sa.Column("source_id", sa.String(length=120), nullable=True),
        sa.Column("span_start", sa.Integer(), nullable=True),
        sa.Column("span_end", sa.Integer(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rejected", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_suggestion_conversation_id")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff_user.id"], name=op.f("fk_suggestion_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
        sa.UniqueConstraint("conversation_id", "field", name=op.f("uq_suggestion_conversation_id_field")),
    )
    op.create_table(
        "suggestion_reading",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("duplicates", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_suggestion_reading_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_suggestion_reading")),
    )
    op.create_index(
        "ix_suggestion_reading_due",
        "suggestion_reading",
        ["wanted_at"],
        unique=False,
        sqlite_where=sa.text(DUE),
        postgresql_where=sa.text(DUE),
    )
