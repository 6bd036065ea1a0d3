"""Nuisance callers and their review; alarms for those who look after the floor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_nuisance"
down_revision = "0007_call_offers"
branch_labels = None
depends_on = None

OPEN_ENTRY = "standing IN ('proposed', 'confirmed')"
OPEN_ALARM = "over_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "nuisance_caller",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number_sealed", sa.Text(), nullable=False),
        sa.Column("number_blind", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=100), nullable=False),
        sa.Column("standing", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.String(length=32), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.String(length=32), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["staff_user.id"], name=op.f("fk_nuisance_caller_proposed_by")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by"], ["staff_user.id"], name=op.f("fk_nuisance_caller_reviewed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nuisance_caller")),
    )
    op.create_index(
        "ix_nuisance_caller_open",
        "nuisance_caller",
        ["number_blind"],
        unique=True,
        sqlite_where=sa.text(OPEN_ENTRY),
        postgresql_where=sa.text(OPEN_ENTRY),
    )
    op.create_index("ix_nuisance_caller_proposed_at", "nuisance_caller", ["proposed_at"], unique=False)
    op.create_table(
        "alarm",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("over_by", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["over_by"], ["staff_user.id"], name=op.f("fk_alarm_over_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    op.create_index(
        "ix_alarm_open",
        "alarm",
        ["kind", "subject"],
        unique=True,
        sqlite_where=sa.text(OPEN_ALARM),
        postgresql_where=sa.text(OPEN_ALARM),
    )
