"""Cases: their assignments, tasks, clocks, history and numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_cases"
down_revision = "0002_staff"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_counter",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_case_counter")),
    )
    op.create_table(
        "case_file",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_no", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("request_type", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("category_code", sa.String(length=16), nullable=True),
        sa.Column("category_path", sa.JSON(), nullable=False),
        sa.Column("tax_version", sa.String(length=16), nullable=True),
        sa.Column("urgency", sa.String(length=2), nullable=False),
        sa.Column("sla_code", sa.String(length=16), nullable=True),
        sa.Column("repair_class", sa.String(length=12), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("room_sealed", sa.Text(), nullable=True),
        sa.Column("lng", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("crs", sa.String(length=10), nullable=True),
        sa.Column("contact_id", sa.String(length=32), nullable=True),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("register_key", sa.String(length=64), nullable=False),
        sa.Column("registered_by", sa.String(length=80), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clocks_from_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_type", sa.String(length=12), nullable=True),
        sa.Column("exempt_code", sa.String(length=20), nullable=True),
        sa.Column("notified", sa.JSON(), nullable=True),
        sa.Column("reject_code", sa.String(length=4), nullable=True),
        sa.Column("cancel_reason", sa.String(length=20), nullable=True),
        sa.Column("appointment_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rework_round", sa.Integer(), nullable=False),
        sa.Column("finish_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finish_state", sa.String(length=10), nullable=True),
        sa.Column("proposal", sa.JSON(), nullable=True),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("event_hash", sa.String(length=64), nullable=False),
        sa.Column("anchored", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_case_file_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
        sa.UniqueConstraint("case_no", name=op.f("uq_case_file_case_no")),
        sa.UniqueConstraint("register_key", name=op.f("uq_case_file_register_key")),
    )
    op.create_index("ix_case_file_contact_id", "case_file", ["contact_id"], unique=False)
    op.create_index(
        "ix_case_file_finish_due_at", "case_file", ["finish_state", "finish_due_at"], unique=False
    )
    op.create_index("ix_case_file_registered_by", "case_file", ["registered_by", "id"], unique=False)
    op.create_index("ix_case_file_state", "case_file", ["state", "id"], unique=False)
    op.create_index(
        "ix_case_file_unanchored",
        "case_file",
        ["id"],
        unique=False,
        sqlite_where=sa.text("NOT anchored"),
        postgresql_where=sa.text("NOT anchored"),
    )
    op.create_table(
        "case_assignment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=4), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.String(length=80), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handler", sa.String(length=80), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result_code", sa.String(length=20), nullable=True),
        sa.Column("narrative", sa.Text(), nullable=True),
        sa.Column("contacted_user", sa.Boolean(), nullable=True),
        sa.Column("labour_cost", sa.Integer(), nullable=True),
        sa.Column("return_requests", sa.Integer(), nullable=False),
        sa.Column("return_id", sa.String(length=32), nullable=True),
        sa.Column("return_request", sa.JSON(), nullable=True),
        sa.Column("rework", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_assignment_case_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_case_assignment_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_assignment")),
    )
    op.create_index("ix_case_assignment_case_id", "case_assignment", ["case_id"], unique=False)
    op.create_index("ix_case_assignment_unit_id", "case_assignment", ["unit_id", "state"], unique=False)
    op.create_table(
        "case_event",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("assignment_id", sa.String(length=32), nullable=True),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("detail_digest", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_event_case_id")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_case_event")),
    )
    op.create_table(
        "case_event_detail",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_event_detail_case_id")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_case_event_detail")),
    )
    op.create_table(
        "case_deadline",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("assignment_id", sa.String(length=32), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("start_event", sa.String(length=20), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("original_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("calendar_version", sa.String(length=80), nullable=False),
        sa.Column("paused", sa.JSON(), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["case_assignment.id"], name=op.f("fk_case_deadline_assignment_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_deadline_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_deadline")),
    )
    op.create_index("ix_case_deadline_case_id", "case_deadline", ["case_id"], unique=False)
    op.create_index(
        "ix_case_deadline_running",
        "case_deadline",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "case_task",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("assignment_id", sa.String(length=32), nullable=False),
        sa.Column("crew_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("offered_by", sa.String(length=80), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["case_assignment.id"], name=op.f("fk_case_task_assignment_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_task_case_id")),
        sa.ForeignKeyConstraint(["crew_id"], ["crew.id"], name=op.f("fk_case_task_crew_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_task")),
    )
    op.create_index("ix_case_task_case_id", "case_task", ["case_id"], unique=False)
    op.create_index("ix_case_task_crew_id", "case_task", ["crew_id", "state"], unique=False)
