"""Articles, scripts and notices, with every edition and an index of their characters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_knowledge"
down_revision = "0011_mailroom"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "knowledge_article",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("latest_edition", sa.Integer(), nullable=False),
        sa.Column("published_edition", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(length=32), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_knowledge_article_unit_id")),
        sa.ForeignKeyConstraint(
            ["published_by"], ["staff_user.id"], name=op.f("fk_knowledge_article_published_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_article")),
    )
    op.create_index("ix_knowledge_article_changed_at", "knowledge_article", ["changed_at"], unique=False)
    op.create_table(
        "knowledge_edition",
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("author_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["knowledge_article.id"], name=op.f("fk_knowledge_edition_article_id")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["staff_user.id"], name=op.f("fk_knowledge_edition_author_id")
        ),
        sa.PrimaryKeyConstraint("article_id", "edition", name=op.f("pk_knowledge_edition")),
    )
    op.create_table(
        "knowledge_gram",
        sa.Column("gram", sa.String(length=2), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["knowledge_article.id"], name=op.f("fk_knowledge_gram_article_id")
        ),
        sa.PrimaryKeyConstraint("gram", "article_id", "edition", name=op.f("pk_knowledge_gram")),
    )
    op.create_index("ix_knowledge_gram_article_id", "knowledge_gram", ["article_id"], unique=False)
    op.create_table(
        "knowledge_category",
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["knowledge_article.id"], name=op.f("fk_knowledge_category_article_id")
        ),
        sa.PrimaryKeyConstraint("code", "article_id", "edition", name=op.f("pk_knowledge_category")),
    )
    op.create_index("ix_knowledge_category_article_id", "knowledge_category", ["article_id"], unique=False)
