"""Tables of cases: the case, its units' assignments, the crews' tasks, the clocks and the history.

A case and everything below it is changed by ``registration`` and ``act`` alone. Rows of ``case_event`` are
never changed; what they tell of persons stands in ``case_event_detail``, which a lawful erasure may empty.
"""

from __future__ import annotations

import sqlalchemy as sa

from hotline.kernel.db import UtcDateTime, metadata

case_file = sa.Table(
    "case_file",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case_no", sa.String(24), nullable=False, unique=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("request_type", sa.String(20), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("category_code", sa.String(16)),
    # Names as they were in the version of the tree that the case was filed under.
    sa.Column("category_path", sa.JSON, nullable=False),
    sa.Column("tax_version", sa.String(16)),
    sa.Column("urgency", sa.String(2), nullable=False),
    sa.Column("sla_code", sa.String(16)),
    sa.Column("repair_class", sa.String(12)),
    sa.Column("address", sa.String(300), nullable=False),
    sa.Column("room_sealed", sa.Text),
    sa.Column("lng", sa.Float),
    sa.Column("lat", sa.Float),
    sa.Column("crs", sa.String(10)),
    sa.Column("contact_id", sa.ForeignKey("contact.id")),
    sa.Column("anonymous", sa.Boolean, nullable=False),
    sa.Column("secret", sa.Boolean, nullable=False),
    sa.Column("register_key", sa.String(64), nullable=False, unique=True),
    sa.Column("registered_by", sa.String(80), nullable=False),
    sa.Column("registered_at", UtcDateTime, nullable=False),
    # Who has it in hand at the centre, and so sees the number plain (DOMAIN §10).
    sa.Column("holder", sa.String(80)),
    sa.Column("accepted_at", UtcDateTime),
    # Where the units' clocks count from: acceptance, or the return that opened the case again (A3).
    sa.Column("clocks_from_at", UtcDateTime),
    sa.Column("dispatched_at", UtcDateTime),
    sa.Column("reported_at", UtcDateTime),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("close_type", sa.String(12)),
    sa.Column("exempt_code", sa.String(20)),
    sa.Column("notified", sa.JSON),
    sa.Column("reject_code", sa.String(4)),
    sa.Column("cancel_reason", sa.String(20)),
    sa.Column("appointment_at", UtcDateTime),
    sa.Column("rework_round", sa.Integer, nullable=False),
    # The lead unit's present finish clock, for lists.
    sa.Column("finish_due_at", UtcDateTime),
    sa.Column("finish_state", sa.String(10)),
    # What somebody proposed and another must confirm: action, assignment_id, payload, by, name, at.
    sa.Column("proposal", sa.JSON),
    sa.Column("event_seq", sa.Integer, nullable=False),
    sa.Column("event_hash", sa.String(64), nullable=False),
    sa.Column("anchored", sa.Boolean, nullable=False),
)
sa.Index("ix_case_file_state", case_file.c.state, case_file.c.id)
sa.Index("ix_case_file_registered_by", case_file.c.registered_by, case_file.c.id)
sa.Index("ix_case_file_contact_id", case_file.c.contact_id)
sa.Index("ix_case_file_finish_due_at", case_file.c.finish_state, case_file.c.finish_due_at)
sa.Index(
    "ix_case_file_unanchored",
    case_file.c.id,
    sqlite_where=sa.text("NOT anchored"),
    postgresql_where=sa.text("NOT anchored"),
)

case_assignment = sa.Table(
    "case_assignment",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("case_file.id"), nullable=False),
    sa.Column("unit_id", sa.ForeignKey("unit.id"), nullable=False),
    sa.Column("role", sa.String(4), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("basis", sa.String(12), nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("sent_at", UtcDateTime, nullable=False),
    sa.Column("signed_at", UtcDateTime),
    sa.Column("signed_by", sa.String(80)),
    sa.Column("started_at", UtcDateTime),
    sa.Column("handler", sa.String(80)),
    sa.Column("reported_at", UtcDateTime),
    sa.Column("result_code", sa.String(20)),
    sa.Column("narrative", sa.Text),
    sa.Column("contacted_user", sa.Boolean),
    sa.Column("labour_cost", sa.Integer),
    sa.Column("return_requests", sa.Integer, nullable=False),
    sa.Column("return_id", sa.String(32)),
    sa.Column("return_request", sa.JSON),
    sa.Column("rework", sa.JSON),
)
sa.Index("ix_case_assignment_case_id", case_assignment.c.case_id)
sa.Index("ix_case_assignment_unit_id", case_assignment.c.unit_id, case_assignment.c.state)

case_task = sa.Table(
    "case_task",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("case_file.id"), nullable=False),
    sa.Column("assignment_id", sa.ForeignKey("case_assignment.id"), nullable=False),
    sa.Column("crew_id", sa.ForeignKey("crew.id"), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("offered_by", sa.String(80), nullable=False),
    sa.Column("offered_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
)
sa.Index("ix_case_task_case_id", case_task.c.case_id)
sa.Index("ix_case_task_crew_id", case_task.c.crew_id, case_task.c.state)

case_deadline = sa.Table(
    "case_deadline",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("case_file.id"), nullable=False),
    sa.Column("assignment_id", sa.ForeignKey("case_assignment.id")),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("type", sa.String(20), nullable=False),
    sa.Column("start_event", sa.String(20), nullable=False),
    sa.Column("start_at", UtcDateTime, nullable=False),
    sa.Column("basis", sa.String(16), nullable=False),
    # Minutes; working days where that is the basis.
    sa.Column("amount", sa.Integer, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("original_due_at", UtcDateTime),
    sa.Column("calendar_version", sa.String(80), nullable=False),
    sa.Column("paused", sa.JSON, nullable=False),
    sa.Column("met_at", UtcDateTime),
    sa.Column("state", sa.String(10), nullable=False),
)
sa.Index("ix_case_deadline_case_id", case_deadline.c.case_id)
sa.Index(
    "ix_case_deadline_running",
    case_deadline.c.due_at,
    sqlite_where=case_deadline.c.state == "running",
    postgresql_where=case_deadline.c.state == "running",
)

case_event = sa.Table(
    "case_event",
    metadata,
    sa.Column("case_id", sa.ForeignKey("case_file.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("role", sa.String(40), nullable=False),
    sa.Column("action", sa.String(30), nullable=False),
    sa.Column("assignment_id", sa.String(32)),
    sa.Column("from_state", sa.String(20)),
    sa.Column("to_state", sa.String(20), nullable=False),
    # The case's version that this step made.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("detail_digest", sa.String(64), nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

case_event_detail = sa.Table(
    "case_event_detail",
    metadata,
    sa.Column("case_id", sa.ForeignKey("case_file.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("salt", sa.String(32), nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
)

case_counter = sa.Table(
    "case_counter",
    metadata,
    # The city's date, ISO 8601.
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
)
