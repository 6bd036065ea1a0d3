"""Use cases of units and crews."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.errors import Conflict, FieldProblem, InvalidInput, NotFound
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Database, Reader, Tx
from hotline.kernel.ids import new_id
from hotline.ports.clock import Clock
from hotline.staff import store
from hotline.staff.events import CrewChanged, UnitChanged
from hotline.staff.model import (
    CrewFields,
    UnitFields,
    crew_gaps,
    duty_phone_problem,
    unit_code_problem,
    unit_gaps,
    unknown_skills,
)
from hotline.staff.tables import crew, staff_user, unit
from hotline.staff.views import CrewView, UnitRecord, shape_crews, unit_record

_NEW_UNIT: dict[str, Any] = {
    **dict.fromkeys(("group", "industry", "principal", "hotline_deputy", "duty_phone", "area")),
    "active": False,
}
_NEW_CREW: dict[str, Any] = {"captain_id": None, "skills": [], "member_ids": [], "active": False}


class Organisation:
    """Responsible units and their crews; methods with ``tx`` join the caller's unit of work."""

    def __init__(self, database: Database, clock: Clock, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    async def unit(self, reader: Reader, unit_id: str) -> UnitRecord:
        """One unit; ``NotFound`` when there is none."""
        return unit_record(await _require(reader, unit, unit_id))

    async def list_units(
        self, reader: Reader, after: str | None = None, limit: int = 200
    ) -> tuple[list[UnitRecord], str | None]:
        """Units by code, from behind the code ``after``; then where the next page begins."""
        rows, following = await store.page(reader, unit, unit.c.code, after, limit)
        return [unit_record(row) for row in rows], following

    async def create_unit(self, actor: str, code: str, fields: UnitFields, demo: bool = False) -> UnitRecord:
        """Make a unit. ``InvalidInput`` when it is to be active without principal or deputy (§0 item 12)."""
        try:
            async with self._database.uow() as tx:
                return await self.add_unit(tx, actor, code, fields, demo)
        except sa.exc.IntegrityError as error:
            raise InvalidInput([FieldProblem("code", "unit_code_taken", {"code": code})]) from error

    async def add_unit(
        self, tx: Tx, actor: str, code: str, fields: UnitFields, demo: bool = False
    ) -> UnitRecord:
        """The part of ``create_unit`` inside the caller's unit of work."""
        values = _trimmed({**_NEW_UNIT, **fields})
        problems = unit_problems(code, values, await store.units_by_code(tx, [code]))
        if problems:
            raise InvalidInput(problems)
        now, unit_id = self._clock.now(), new_id()
        stamps = {"version": 1, "created_at": now, "updated_at": now}
        await store.insert(tx, unit, {"id": unit_id, "code": code, "demo": demo, **values, **stamps})
        await self._unit_changed(tx, actor, "unit.create", unit_id, code=code)
        return await self.unit(tx, unit_id)

    async def change_unit(self, actor: str, unit_id: str, version: int, fields: UnitFields) -> UnitRecord:
        """Change a unit; its code stays for ever, for cases and categories name it."""
        async with self._database.uow() as tx:
            row = await _require(tx, unit, unit_id)
            values = _trimmed({**{key: getattr(row, key) for key in ("name", *_NEW_UNIT)}, **fields})
            if problems := unit_problems(row.code, values, ()):
                raise InvalidInput(problems)
            if not await store.update(
                tx, unit, unit_id, version, {**values, "updated_at": self._clock.now()}
            ):
                raise Conflict("changed_meanwhile")
            detail = {"fields": sorted(fields), "active": values["active"]}
            await self._unit_changed(tx, actor, "unit.change", unit_id, **detail)
            return await self.unit(tx, unit_id)

    async def list_crews(
        self, reader: Reader, unit_id: str | None = None, after: str | None = None, limit: int = 200
    ) -> tuple[list[CrewView], str | None]:
        """Crews as they were made, from behind the id ``after``; then where the next page begins."""
        where = [] if unit_id is None else [crew.c.unit_id == unit_id]
        rows, following = await store.page(reader, crew, crew.c.id, after, limit, where)
        return await shape_crews(reader, rows), following

    async def create_crew(self, actor: str, unit_id: str, fields: CrewFields) -> CrewView:
        """Make a crew. ``InvalidInput`` when it is to be active without a captain (§0 item 12)."""
        try:
            async with self._database.uow() as tx:
                return await self.add_crew(tx, actor, unit_id, fields)
        except sa.exc.IntegrityError as error:
            raise InvalidInput([FieldProblem("name", "crew_name_taken")]) from error

    async def add_crew(self, tx: Tx, actor: str, unit_id: str, fields: CrewFields) -> CrewView:
        """The part of ``create_crew`` inside the caller's unit of work."""
        values = _trimmed({**_NEW_CREW, **fields})
        if await store.by_id(tx, unit, unit_id) is None:
            raise InvalidInput([FieldProblem("unit_id", "unit_unknown")])
        names = {name for _, name in await store.crew_names(tx, [unit_id])}
        await self._refuse_bad_crew(tx, unit_id, values, names)
        now, crew_id = self._clock.now(), new_id()
        members = values.pop("member_ids")
        stamps = {"version": 1, "created_at": now, "updated_at": now}
        await store.insert(tx, crew, {"id": crew_id, "unit_id": unit_id, **values, **stamps})
        await store.replace_members(tx, crew_id, members)
        await self._crew_changed(tx, actor, "crew.create", crew_id, unit_id)
        return await self._crew(tx, crew_id)

    async def change_crew(self, actor: str, crew_id: str, version: int, fields: CrewFields) -> CrewView:
        """Change a crew; it stays in its unit."""
        try:
            async with self._database.uow() as tx:
                return await self._change_crew(tx, actor, crew_id, version, fields)
        except sa.exc.IntegrityError as error:
            raise InvalidInput([FieldProblem("name", "crew_name_taken")]) from error

    async def _change_crew(
        self, tx: Tx, actor: str, crew_id: str, version: int, fields: CrewFields
    ) -> CrewView:
        row = await _require(tx, crew, crew_id)
        present = {key: getattr(row, key) for key in ("name", "captain_id", "skills", "active")}
        members = [one.id for one in (await store.members_of(tx, [crew_id]))[crew_id]]
        values = _trimmed({**present, "member_ids": members, **fields})
        names = {name for _, name in await store.crew_names(tx, [row.unit_id])} - {row.name}
        await self._refuse_bad_crew(tx, row.unit_id, values, names)
        members = values.pop("member_ids")
        values["updated_at"] = self._clock.now()
        if not await store.update(tx, crew, crew_id, version, values):
            raise Conflict("changed_meanwhile")
        await store.replace_members(tx, crew_id, members)
        await self._crew_changed(tx, actor, "crew.change", crew_id, row.unit_id, fields=sorted(fields))
        return await self._crew(tx, crew_id)

    async def _crew(self, reader: Reader, crew_id: str) -> CrewView:
        return (await shape_crews(reader, [await _require(reader, crew, crew_id)]))[0]

    async def _refuse_bad_crew(
        self, tx: Tx, unit_id: str, values: Mapping[str, Any], names: Collection[str]
    ) -> None:
        people = await store.by_ids(tx, staff_user, [values["captain_id"], *values["member_ids"]])
        colleagues = {i for i, person in people.items() if person.unit_id == unit_id and person.active}
        if problems := crew_problems(values, names, colleagues):
            raise InvalidInput(problems)

    async def _unit_changed(self, tx: Tx, actor: str, action: str, unit_id: str, **detail: Any) -> None:
        await self._audit.append(tx, Act(actor, action, f"unit:{unit_id}", detail=detail))
        tx.emit(UnitChanged(aggregate=f"unit:{unit_id}", unit_id=unit_id))

    async def _crew_changed(
        self, tx: Tx, actor: str, action: str, crew_id: str, unit_id: str, **detail: Any
    ) -> None:
        await self._audit.append(tx, Act(actor, action, f"crew:{crew_id}", detail=detail))
        tx.emit(CrewChanged(aggregate=f"crew:{crew_id}", crew_id=crew_id, unit_id=unit_id))


def unit_problems(code: str, values: Mapping[str, Any], taken: Collection[str]) -> list[FieldProblem]:
    """Everything that is wrong with a unit; ``taken`` are codes that other units have."""
    problems = []
    if wrong := unit_code_problem(code):
        problems.append(FieldProblem("code", wrong))
    elif code in taken:
        problems.append(FieldProblem("code", "unit_code_taken", {"code": code}))
    if not values["name"]:
        problems.append(FieldProblem("name", "field_missing"))
    if values["duty_phone"] and (wrong := duty_phone_problem(values["duty_phone"])):
        problems.append(FieldProblem("duty_phone", wrong))
    return problems + (unit_gaps(values) if values["active"] else [])


def crew_problems(
    values: Mapping[str, Any], taken: Collection[str], colleagues: Collection[str]
) -> list[FieldProblem]:
    """Everything that is wrong with a crew; ``colleagues`` are the ids of its unit's active accounts."""
    problems = []
    if not values["name"]:
        problems.append(FieldProblem("name", "field_missing"))
    elif values["name"] in taken:
        problems.append(FieldProblem("name", "crew_name_taken"))
    if values["captain_id"] and values["captain_id"] not in colleagues:
        problems.append(FieldProblem("captain_id", "not_of_unit"))
    if set(values["member_ids"]) - set(colleagues):
        problems.append(FieldProblem("member_ids", "not_of_unit"))
    problems += [
        FieldProblem("skills", "skill_unknown", {"skill": s}) for s in unknown_skills(values["skills"])
    ]
    return problems + (crew_gaps(values) if values["active"] else [])


def _trimmed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Text without surrounding blanks; empty text is nothing. Lists stay lists, for JSON columns."""
    shaped: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, str):
            shaped[key] = value.strip() or None
        elif isinstance(value, Sequence):
            shaped[key] = list(dict.fromkeys(value))
        else:
            shaped[key] = value
    return shaped


async def _require(reader: Reader, table: sa.Table, row_id: str) -> sa.Row[Any]:
    row = await store.by_id(reader, table, row_id)
    if row is None:
        raise NotFound()
    return row
