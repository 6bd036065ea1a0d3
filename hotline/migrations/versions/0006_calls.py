"""Calls and their recordings; what the telephone makes of agents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_calls"
down_revision = "0005_surveys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("call_id", name=op.f("uq_recording_call_id")),
    )
    op.create_index(
        "ix_recording_expected",
        "recording",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'expected'"),
        postgresql_where=sa.text("state = 'expected'"),
    )
    op.create_table(
        "recording_leg",
        sa.Column("file", sa.String(length=255), nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("leg", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name=op.f("fk_recording_leg_recording_id")
        ),
        sa.PrimaryKeyConstraint("file", name=op.f("pk_recording_leg")),
    )
    op.create_index("ix_recording_leg_recording_id", "recording_leg", ["recording_id"], unique=False)
    op.create_table(
        "phone_call",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("number_sealed", sa.Text(), nullable=True),
        sa.Column("number_blind", sa.String(length=64), nullable=True),
        sa.Column("called", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ringing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agent_id", sa.String(length=32), nullable=True),
        sa.Column("result", sa.String(length=12), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("to_be_filed", sa.Boolean(), nullable=False),
        sa.Column("missed", sa.String(length=12), nullable=True),
        sa.Column("missed_by", sa.String(length=32), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("callback_of", sa.String(length=100), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["staff_user.id"], name=op.f("fk_phone_call_agent_id")),
        sa.ForeignKeyConstraint(["callback_of"], ["phone_call.id"], name=op.f("fk_phone_call_callback_of")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_phone_call_conversation_id")
        ),
        sa.ForeignKeyConstraint(["missed_by"], ["staff_user.id"], name=op.f("fk_phone_call_missed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_call")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_phone_call_conversation_id")),
    )
    op.create_index("ix_phone_call_agent_id", "phone_call", ["agent_id", "arrived_at"], unique=False)
    op.create_index(
        "ix_phone_call_missed",
        "phone_call",
        ["arrived_at"],
        unique=False,
        sqlite_where=sa.text("missed = 'open'"),
        postgresql_where=sa.text("missed = 'open'"),
    )
    op.create_index("ix_phone_call_number_blind", "phone_call", ["number_blind", "arrived_at"], unique=False)
    op.create_index(
        "ix_phone_call_open",
        "phone_call",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.add_column("agent_state", sa.Column("activity", sa.String(length=10), nullable=True))
    op.add_column("agent_state", sa.Column("activity_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("agent_state", sa.Column("activity_until", sa.DateTime(timezone=True), nullable=True))
