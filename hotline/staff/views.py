"""What others may see of staff: units, crews and accounts without anything secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader
from hotline.staff import store
from hotline.staff.tables import crew, staff_user, unit
from hotline.web.endpoint import Schema


class UnitView(Schema):
    """A responsible unit."""

    id: str
    code: str
    name: str
    group: str | None


class UserRef(Schema):
    """A member of staff, by name only."""

    id: str
    name: str


class UserView(Schema):
    """An account. ``roles`` are codes."""

    id: str
    version: int
    account: str
    name: str
    unit: UnitView | None
    roles: list[str]
    active: bool
    must_change_password: bool


class CrewView(Schema):
    """A crew of a unit; ``skills`` as in DOMAIN §8.1."""

    id: str
    version: int
    unit_id: str
    name: str
    captain: UserRef | None
    members: list[UserRef]
    skills: list[str]
    active: bool


class UnitRecord(UnitView):
    """A unit with all that the administrator keeps about it."""

    version: int
    industry: str | None
    principal: str | None
    hotline_deputy: str | None
    duty_phone: str | None
    area: str | None
    demo: bool
    active: bool


class RoleView(Schema):
    """A role; ``name`` by language."""

    code: str
    version: int
    name: dict[str, str]
    of_unit: bool
    capabilities: list[str]


def unit_view(row: sa.Row[Any]) -> UnitView:
    """Shape a row."""
    return UnitView(id=row.id, code=row.code, name=row.name, group=row.group)


def unit_record(row: sa.Row[Any]) -> UnitRecord:
    """Shape a row."""
    values = {name: getattr(row, name) for name in UnitRecord.model_fields}
    return UnitRecord.model_validate(values)


def role_view(row: sa.Row[Any]) -> RoleView:
    """Shape a row."""
    return RoleView(
        code=row.code,
        version=row.version,
        name=row.name,
        of_unit=row.of_unit,
        capabilities=sorted(row.capabilities),
    )


def user_ref(row: sa.Row[Any]) -> UserRef:
    """Shape a row."""
    return UserRef(id=row.id, name=row.name)


async def units_by_id(reader: Reader, ids: Iterable[str | None]) -> dict[str, UnitView]:
    """Several units by id, whether active or not; unknown ids are left out."""
    return {i: unit_view(row) for i, row in (await store.by_ids(reader, unit, ids)).items()}


async def units_by_code(reader: Reader, codes: Iterable[str]) -> dict[str, UnitView]:
    """Several active units by code; others are left out."""
    found = await store.units_by_code(reader, set(codes))
    return {code: unit_view(row) for code, row in found.items() if row.active}


async def active_units(reader: Reader) -> list[UnitView]:
    """Every unit that a case may be sent to, in the order of the codes."""
    query = sa.select(unit).where(unit.c.active).order_by(unit.c.code)
    return [unit_view(row) for row in await reader.execute(query)]


async def user_names(reader: Reader, ids: Iterable[str | None]) -> dict[str, str]:
    """The names of several members of staff by id, for lists and histories."""
    return {i: str(row.name) for i, row in (await store.by_ids(reader, staff_user, ids)).items()}


async def users_by_id(reader: Reader, ids: Iterable[str | None]) -> dict[str, UserView]:
    """Several accounts by id; unknown ids are left out."""
    found = await store.by_ids(reader, staff_user, ids)
    return {view.id: view for view in await shape_users(reader, list(found.values()))}


async def shape_users(reader: Reader, rows: Sequence[sa.Row[Any]]) -> list[UserView]:
    """Account rows with their units and roles, in the same order."""
    units = await units_by_id(reader, (row.unit_id for row in rows))
    roles = await store.roles_of(reader, (row.id for row in rows))
    return [_user_view(row, units, [r.code for r in roles[row.id]]) for row in rows]


def _user_view(row: sa.Row[Any], units: Mapping[str, UnitView], roles: list[str]) -> UserView:
    return UserView(
        id=row.id,
        version=row.version,
        account=row.account,
        name=row.name,
        unit=units.get(row.unit_id),
        roles=roles,
        active=row.active,
        must_change_password=row.must_change_password,
    )


async def crews_of_unit(reader: Reader, unit_id: str) -> list[CrewView]:
    """The active crews of a unit, by name."""
    query = sa.select(crew).where(crew.c.unit_id == unit_id, crew.c.active).order_by(crew.c.name)
    return await shape_crews(reader, (await reader.execute(query)).all())


async def crews_by_id(reader: Reader, ids: Iterable[str | None]) -> dict[str, CrewView]:
    """Several crews by id, active or not; unknown ids are left out."""
    found = await store.by_ids(reader, crew, ids)
    return {view.id: view for view in await shape_crews(reader, list(found.values()))}


async def shape_crews(reader: Reader, rows: Sequence[sa.Row[Any]]) -> list[CrewView]:
    """Crew rows with captain and members, in the same order."""
    captains = await store.by_ids(reader, staff_user, (row.captain_id for row in rows))
    members = await store.members_of(reader, (row.id for row in rows))
    return [
        CrewView(
            id=row.id,
            version=row.version,
            unit_id=row.unit_id,
            name=row.name,
            captain=user_ref(captains[row.captain_id]) if row.captain_id else None,
            members=[user_ref(member) for member in members[row.id]],
            skills=row.skills,
            active=row.active,
        )
        for row in rows
    ]
