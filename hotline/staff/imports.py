"""Use cases of importing sheets of accounts, units and crews: all rows or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from hotline.errors import FieldProblem
from hotline.kernel.db import Database, Reader
from hotline.staff import store
from hotline.staff.model import (
    CrewFields,
    NewUser,
    UnitFields,
    new_user_problems,
    normalise_account,
)
from hotline.staff.organisation import Organisation, crew_problems, unit_problems
from hotline.staff.service import Staff
from hotline.staff.sheets import Columns, RowProblem, Sheet, SheetRow, SheetWords, read_sheet, split_list

USERS = Columns(("account", "name", "roles", "password"), ("unit_code",))
UNITS = Columns(
    ("code", "name"),
    ("group", "industry", "principal", "hotline_deputy", "duty_phone", "area", "active"),
)
CREWS = Columns(("unit_code", "name"), ("captain", "members", "skills", "active"))

MAX_USERS = 500
"""Every first password is hashed, which is made to be slow."""

_USER_COLUMNS = {"unit_id": "unit_code"}
_CREW_COLUMNS = {"captain_id": "captain", "member_ids": "members"}


class StaffImports:
    """Each import returns the number of rows and every problem; it writes only when there is none.

    With ``dry_run`` nothing is written in any case.
    """

    def __init__(
        self, database: Database, staff: Staff, organisation: Organisation, words: SheetWords
    ) -> None:
        self._database = database
        self._staff = staff
        self._organisation = organisation
        self._words = words

    async def users(self, actor: str, raw: bytes, dry_run: bool) -> tuple[int, list[RowProblem]]:
        """Accounts; their passwords must be changed at the first sign-in."""
        sheet = read_sheet(raw, USERS, self._words)
        if len(sheet.rows) > MAX_USERS:
            too_long = RowProblem(MAX_USERS + 2, "", "sheet_too_long", {"most": MAX_USERS})
            return len(sheet.rows), [too_long]
        async with self._database.read() as reader:
            people, problems = await self._read_users(reader, sheet.rows)
        problems = merged(sheet, problems)
        if not problems and not dry_run:
            await self._staff.create_users(actor, people)
        return len(sheet.rows), problems

    async def units(self, actor: str, raw: bytes, dry_run: bool) -> tuple[int, list[RowProblem]]:
        """New units; those that exist already are reported, never overwritten."""
        sheet = read_sheet(raw, UNITS, self._words)
        async with self._database.read() as reader:
            taken = set(await store.units_by_code(reader, {row.cells["code"] for row in sheet.rows}))
        fields: list[UnitFields] = []
        problems: list[RowProblem] = []
        for row in sheet.rows:
            values = {column: row.cells[column] or None for column in UNITS.all if column != "code"}
            active = self._active(row, problems)
            found = unit_problems(row.cells["code"], {**values, "active": active}, taken)
            problems += _in_row(row, found, {})
            taken.add(row.cells["code"])
            fields.append(cast(UnitFields, {**values, "active": active}))
        problems = merged(sheet, problems)
        if not problems and not dry_run:
            async with self._database.uow() as tx:
                for row, values_of_row in zip(sheet.rows, fields, strict=True):
                    await self._organisation.add_unit(tx, actor, row.cells["code"], values_of_row)
        return len(sheet.rows), problems

    async def crews(self, actor: str, raw: bytes, dry_run: bool) -> tuple[int, list[RowProblem]]:
        """New crews; those that exist already are reported, never overwritten."""
        sheet = read_sheet(raw, CREWS, self._words)
        async with self._database.read() as reader:
            crews, problems = await self._read_crews(reader, sheet.rows)
        problems = merged(sheet, problems)
        if not problems and not dry_run:
            async with self._database.uow() as tx:
                for unit_id, fields in crews:
                    await self._organisation.add_crew(tx, actor, unit_id, fields)
        return len(sheet.rows), problems

    async def _read_users(
        self, reader: Reader, rows: Sequence[SheetRow]
    ) -> tuple[list[NewUser], list[RowProblem]]:
        units = await store.units_by_code(reader, {row.cells["unit_code"] for row in rows})
        accounts = {normalise_account(row.cells["account"]) for row in rows}
        taken = set(await store.users_by_account(reader, accounts))
        known = await self._staff.known(reader, taken, [one.id for one in units.values()])
        roles = {n: r.code for r in await store.all_roles(reader) for n in (r.code, *r.name.values())}
        people: list[NewUser] = []
        problems: list[RowProblem] = []
        for row in rows:
            person = _new_user(row, units, roles)
            problems += _in_row(row, new_user_problems(person, known), _USER_COLUMNS)
            taken.add(person.account)
            people.append(person)
        return people, problems

    async def _read_crews(
        self, reader: Reader, rows: Sequence[SheetRow]
    ) -> tuple[list[tuple[str, CrewFields]], list[RowProblem]]:
        units = await store.units_by_code(reader, {row.cells["unit_code"] for row in rows})
        people = await store.users_by_account(reader, {one for row in rows for one in _people_in(row)})
        taken = await store.crew_names(reader, [one.id for one in units.values()])
        crews: list[tuple[str, CrewFields]] = []
        problems: list[RowProblem] = []
        for row in rows:
            unit = units.get(row.cells["unit_code"])
            if unit is None:
                problems.append(RowProblem(row.number, "unit_code", "unit_unknown"))
                continue
            fields = self._crew_fields(row, people, problems)
            names = {name for unit_id, name in taken if unit_id == unit.id}
            colleagues = {one.id for one in people.values() if one.unit_id == unit.id and one.active}
            problems += _in_row(row, crew_problems(fields, names, colleagues), _CREW_COLUMNS)
            taken.add((unit.id, row.cells["name"]))
            crews.append((unit.id, fields))
        return crews, problems

    def _crew_fields(
        self, row: SheetRow, people: Mapping[str, sa.Row[Any]], problems: list[RowProblem]
    ) -> CrewFields:
        captain = normalise_account(row.cells["captain"])
        # An unknown account stays in place of the id, which is then reported as not of this unit.
        ids = {account: people[account].id if account in people else account for account in _people_in(row)}
        return {
            "name": row.cells["name"],
            "captain_id": ids[captain] if captain else None,
            "member_ids": [ids[normalise_account(one)] for one in split_list(row.cells["members"])],
            "skills": split_list(row.cells["skills"]),
            "active": self._active(row, problems),
        }

    def _active(self, row: SheetRow, problems: list[RowProblem]) -> bool:
        flag = self._words.flag(row.cells["active"], blank=True)
        if flag is None:
            problems.append(RowProblem(row.number, "active", "field_choice"))
        return flag is True


def _new_user(row: SheetRow, units: Mapping[str, sa.Row[Any]], roles: Mapping[str, str]) -> NewUser:
    code = row.cells["unit_code"]
    return NewUser(
        account=normalise_account(row.cells["account"]),
        name=row.cells["name"],
        password=row.cells["password"],
        roles=tuple(roles.get(text, text) for text in split_list(row.cells["roles"])),
        # An unknown code stays in place of the id, which is then reported as unknown.
        unit_id=units[code].id if code in units else code or None,
    )


def _people_in(row: SheetRow) -> list[str]:
    accounts = [row.cells["captain"], *split_list(row.cells["members"])]
    return [normalise_account(one) for one in accounts if one]


def _in_row(row: SheetRow, problems: Iterable[FieldProblem], columns: Mapping[str, str]) -> list[RowProblem]:
    return [RowProblem(row.number, columns.get(p.field, p.field), p.code, p.params) for p in problems]


def merged(sheet: Sheet, problems: Iterable[RowProblem]) -> list[RowProblem]:
    """All problems by row; a cell whose form is wrong is not also blamed for its content."""
    told = {(problem.row, problem.column) for problem in sheet.problems}
    more = [problem for problem in problems if (problem.row, problem.column) not in told]
    return sorted([*sheet.problems, *more], key=lambda problem: problem.row)
