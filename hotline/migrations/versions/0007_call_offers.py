"""Who was rung for a call; why a missed call was missed; calls that are to be filed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_call_offers"
down_revision = "0006_calls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_call_offer",
        sa.Column("call_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("agent_id", sa.String(length=32), nullable=True),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["staff_user.id"], name=op.f("fk_phone_call_offer_agent_id")),
        sa.ForeignKeyConstraint(["call_id"], ["phone_call.id"], name=op.f("fk_phone_call_offer_call_id")),
        sa.PrimaryKeyConstraint("call_id", "number", name=op.f("pk_phone_call_offer")),
    )
    op.add_column("phone_call", sa.Column("missed_why", sa.String(length=16), nullable=True))
    op.create_index(
        "ix_phone_call_to_be_filed",
        "phone_call",
        ["arrived_at"],
        unique=False,
        sqlite_where=sa.text("to_be_filed"),
        postgresql_where=sa.text("to_be_filed"),
    )
