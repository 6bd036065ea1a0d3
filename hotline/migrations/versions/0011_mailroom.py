"""Platforms outside: kept calls, citizens' reach, errands; attachments and deliveries of messages; files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_mailroom"
down_revision = "0010_suggestions"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _files_and_messages()
    _posts()
    _errands()


def _files_and_messages() -> None:
    op.create_table(
        "stored_file",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
    )
    op.add_column("message", sa.Column("delivery_state", sa.String(length=10), nullable=True))
    op.add_column("message", sa.Column("delivery_code", sa.String(length=40), nullable=True))
    table = "message_attachment"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("file_id", sa.String(length=32), nullable=True),
        sa.Column("shown_id", sa.String(length=32), nullable=True),
        sa.Column("mime", sa.String(length=40), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f(f"fk_{table}_message_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f(f"fk_{table}_file_id")),
        sa.ForeignKeyConstraint(["shown_id"], ["stored_file.id"], name=op.f(f"fk_{table}_shown_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("message_id", "number", name=op.f(f"uq_{table}_message_id_number")),
    )


def _posts() -> None:
    op.create_table(
        "webhook_post",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("once", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=True),
        sa.Column("sender", sa.String(length=128), nullable=False),
        sa.Column("touch", sa.String(length=10), nullable=False),
        sa.Column("said_at", INSTANT, nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_post")),
        sa.UniqueConstraint("channel", "once", name=op.f("uq_webhook_post_channel_once")),
        sa.UniqueConstraint("channel", "key", name=op.f("uq_webhook_post_channel_key")),
    )
    op.create_index("ix_webhook_post_at", "webhook_post", ["at"], unique=False)
    op.create_table(
        "channel_reach",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=128), nullable=False),
        sa.Column("message_at", INSTANT, nullable=True),
        sa.Column("sent_since_message", sa.Integer(), nullable=False),
        sa.Column("event_at", INSTANT, nullable=True),
        sa.Column("sent_since_event", sa.Integer(), nullable=False),
        sa.Column("spent_at", INSTANT, nullable=True),
        sa.Column("left_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("channel", "sender", name=op.f("pk_channel_reach")),
    )


def _errands() -> None:
    op.create_table(
        "errand",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("task", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("lane", sa.String(length=160), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errand")),
        sa.UniqueConstraint("task", "key", name=op.f("uq_errand_task_key")),
    )
    op.create_index(
        "ix_errand_open",
        "errand",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
