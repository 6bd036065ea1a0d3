"""Tables of staff."""

from __future__ import annotations

import sqlalchemy as sa

from hotline.kernel.db import UtcDateTime, metadata

role = sa.Table(
    "role",
    metadata,
    sa.Column("code", sa.String(40), primary_key=True),
    sa.Column("name", sa.JSON, nullable=False),
    sa.Column("of_unit", sa.Boolean, nullable=False),
    sa.Column("capabilities", sa.JSON, nullable=False),
    # A role that no administrator has edited follows the defaults of the next version of the product.
    sa.Column("edited", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

unit = sa.Table(
    "unit",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("code", sa.String(30), nullable=False, unique=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("group", sa.String(10)),
    sa.Column("industry", sa.String(40)),
    sa.Column("principal", sa.String(60)),
    sa.Column("hotline_deputy", sa.String(60)),
    sa.Column("duty_phone", sa.String(30)),
    sa.Column("area", sa.String(200)),
    sa.Column("demo", sa.Boolean, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

staff_user = sa.Table(
    "staff_user",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("account", sa.String(40), nullable=False, unique=True),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("unit_id", sa.ForeignKey("unit.id")),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("former_hashes", sa.JSON, nullable=False),
    sa.Column("must_change_password", sa.Boolean, nullable=False),
    sa.Column("password_at", UtcDateTime, nullable=False),
    # The password is one that is published with the product; a new password ends that.
    sa.Column("demo", sa.Boolean, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)
sa.Index("ix_staff_user_unit_id", staff_user.c.unit_id)

user_role = sa.Table(
    "user_role",
    metadata,
    sa.Column("user_id", sa.ForeignKey("staff_user.id"), primary_key=True),
    sa.Column("role_code", sa.ForeignKey("role.code"), primary_key=True),
)
sa.Index("ix_user_role_role_code", user_role.c.role_code)

crew = sa.Table(
    "crew",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("unit_id", sa.ForeignKey("unit.id"), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("captain_id", sa.ForeignKey("staff_user.id")),
    sa.Column("skills", sa.JSON, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("unit_id", "name"),
)
sa.Index("ix_crew_captain_id", crew.c.captain_id)

crew_member = sa.Table(
    "crew_member",
    metadata,
    sa.Column("crew_id", sa.ForeignKey("crew.id"), primary_key=True),
    sa.Column("user_id", sa.ForeignKey("staff_user.id"), primary_key=True),
)
sa.Index("ix_crew_member_user_id", crew_member.c.user_id)
