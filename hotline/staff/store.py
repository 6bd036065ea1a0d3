"""Queries of staff; the tables stand in ``tables``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx
from hotline.staff.model import ADMINISTRATION
from hotline.staff.tables import crew, crew_member, role, staff_user, unit, user_role


async def insert(tx: Tx, table: sa.Table, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Add one row or several; ``IntegrityError`` when one is there already."""
    if rows:
        await tx.execute(table.insert(), rows)


async def update(tx: Tx, table: sa.Table, row_id: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change a row of a table with ``id`` that is still at ``version``; False when it is not."""
    changed = await tx.execute(
        table.update()
        .where(table.c.id == row_id, table.c.version == version)
        .values({**values, "version": version + 1})
    )
    return changed.rowcount == 1


async def by_id(reader: Reader, table: sa.Table, row_id: str) -> sa.Row[Any] | None:
    """One unit, account or crew."""
    return (await reader.execute(sa.select(table).where(table.c.id == row_id))).one_or_none()


async def by_ids(reader: Reader, table: sa.Table, ids: Iterable[str | None]) -> dict[str, sa.Row[Any]]:
    """Several units, accounts or crews by id; unknown ids are left out."""
    wanted = {i for i in ids if i is not None}
    if not wanted:
        return {}
    return {row.id: row for row in await reader.execute(sa.select(table).where(table.c.id.in_(wanted)))}


async def user_by_account(reader: Reader, account: str) -> sa.Row[Any] | None:
    """An account by its normalised name."""
    return (await reader.execute(sa.select(staff_user).where(staff_user.c.account == account))).one_or_none()


async def users_by_account(reader: Reader, accounts: Collection[str]) -> dict[str, sa.Row[Any]]:
    """Several accounts by their normalised names."""
    if not accounts:
        return {}
    query = sa.select(staff_user).where(staff_user.c.account.in_(accounts))
    return {row.account: row for row in await reader.execute(query)}


async def units_by_code(reader: Reader, codes: Collection[str]) -> dict[str, sa.Row[Any]]:
    """Several units by their codes."""
    if not codes:
        return {}
    return {row.code: row for row in await reader.execute(sa.select(unit).where(unit.c.code.in_(codes)))}


async def crew_names(reader: Reader, unit_ids: Collection[str]) -> set[tuple[str, str]]:
    """(unit id, name) of every crew of some units."""
    query = sa.select(crew.c.unit_id, crew.c.name).where(crew.c.unit_id.in_(unit_ids))
    return {(row.unit_id, row.name) for row in await reader.execute(query)} if unit_ids else set()


async def roles_of(reader: Reader, user_ids: Iterable[str]) -> dict[str, list[sa.Row[Any]]]:
    """The roles of several accounts, by account id, in the order of their codes."""
    wanted = list(user_ids)
    found: dict[str, list[sa.Row[Any]]] = {user_id: [] for user_id in wanted}
    if wanted:
        query = (
            sa.select(user_role.c.user_id, role)
            .join(role, role.c.code == user_role.c.role_code)
            .where(user_role.c.user_id.in_(wanted))
            .order_by(role.c.code)
        )
        for row in await reader.execute(query):
            found[row.user_id].append(row)
    return found


async def all_roles(reader: Reader) -> Sequence[sa.Row[Any]]:
    """Every role."""
    return (await reader.execute(sa.select(role).order_by(role.c.code))).all()


async def replace_roles(tx: Tx, user_id: str, codes: Iterable[str]) -> None:
    """Give an account exactly these roles."""
    await tx.execute(user_role.delete().where(user_role.c.user_id == user_id))
    await insert(tx, user_role, [{"user_id": user_id, "role_code": code} for code in sorted(set(codes))])


async def members_of(reader: Reader, crew_ids: Iterable[str]) -> dict[str, list[sa.Row[Any]]]:
    """The accounts in several crews, by crew id, in the order of their names."""
    wanted = list(crew_ids)
    found: dict[str, list[sa.Row[Any]]] = {crew_id: [] for crew_id in wanted}
    if wanted:
        query = (
            sa.select(crew_member.c.crew_id, staff_user)
            .join(staff_user, staff_user.c.id == crew_member.c.user_id)
            .where(crew_member.c.crew_id.in_(wanted))
            .order_by(staff_user.c.name, staff_user.c.id)
        )
        for row in await reader.execute(query):
            found[row.crew_id].append(row)
    return found


async def replace_members(tx: Tx, crew_id: str, user_ids: Iterable[str]) -> None:
    """Let a crew consist of exactly these accounts."""
    await tx.execute(crew_member.delete().where(crew_member.c.crew_id == crew_id))
    await insert(tx, crew_member, [{"crew_id": crew_id, "user_id": one} for one in sorted(set(user_ids))])


async def lock_roles(tx: Tx) -> Sequence[sa.Row[Any]]:
    """Every role, held until the unit ends: no two units may each take away one of two administrators."""
    return (await tx.execute(sa.select(role).order_by(role.c.code).with_for_update())).all()


async def has_administrator(reader: Reader) -> bool:
    """Whether an active account carries all of ``ADMINISTRATION``."""
    query = (
        sa.select(user_role.c.user_id, role.c.capabilities)
        .join(role, role.c.code == user_role.c.role_code)
        .join(staff_user, staff_user.c.id == user_role.c.user_id)
        .where(staff_user.c.active)
    )
    carried: dict[str, set[str]] = {}
    for row in await reader.execute(query):
        carried.setdefault(row.user_id, set()).update(ADMINISTRATION.intersection(row.capabilities))
    return any(capabilities >= ADMINISTRATION for capabilities in carried.values())


async def page(
    reader: Reader,
    table: sa.Table,
    order: sa.Column[str],
    after: str | None,
    limit: int,
    where: Sequence[sa.ColumnElement[bool]] = (),
) -> tuple[Sequence[sa.Row[Any]], str | None]:
    """Rows in the order of a unique column, from behind ``after``; the second value begins the next page."""
    query = sa.select(table).where(*where).order_by(order).limit(limit + 1)
    if after is not None:
        query = query.where(order > after)
    rows = (await reader.execute(query)).all()
    more = len(rows) > limit
    return rows[:limit], getattr(rows[limit - 1], order.name) if more else None


def user_filter(
    text: str | None, unit_id: str | None, role_code: str | None, active: bool | None, demo: bool | None
) -> list[sa.ColumnElement[bool]]:
    """Conditions on accounts; None asks for nothing."""
    where: list[sa.ColumnElement[bool]] = []
    if text:
        where.append(
            sa.or_(
                staff_user.c.account.contains(text.lower(), autoescape=True),
                staff_user.c.name.contains(text, autoescape=True),
            )
        )
    if unit_id is not None:
        where.append(staff_user.c.unit_id == unit_id)
    if active is not None:
        where.append(staff_user.c.active == active)
    if demo is not None:
        where.append(staff_user.c.demo == demo)
    if role_code is not None:
        having = sa.select(user_role.c.user_id).where(user_role.c.role_code == role_code)
        where.append(staff_user.c.id.in_(having))
    return where
