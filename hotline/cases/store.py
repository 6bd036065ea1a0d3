"""Queries of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hotline.cases.model import (
    ENDED_ASSIGNMENT_STATES,
    AssignmentFacts,
    AssignmentRole,
    AssignmentState,
    CaseFacts,
    CaseState,
    SurveyExempt,
    TaskFacts,
    TaskState,
    Urgency,
)
from hotline.cases.tables import case_assignment, case_counter, case_deadline, case_file, case_task
from hotline.kernel.db import Reader, Tx

Row = sa.Row[Any]
ENDED = tuple(str(state) for state in ENDED_ASSIGNMENT_STATES)


@dataclass(frozen=True)
class StoredCase:
    """A case with its assignments and tasks, oldest first."""

    row: Row
    assignments: tuple[Row, ...]
    tasks: tuple[Row, ...]

    @property
    def id(self) -> str:
        return str(self.row.id)

    @property
    def facts(self) -> CaseFacts:
        """What the rules judge the case by."""
        return CaseFacts(
            CaseState(self.row.state),
            Urgency(self.row.urgency),
            notified=self.row.notified is not None,
            exempt_code=SurveyExempt(self.row.exempt_code) if self.row.exempt_code else None,
            registered_by=self.row.registered_by,
        )

    @property
    def assignment_facts(self) -> tuple[AssignmentFacts, ...]:
        """What the rules judge the units' shares by."""
        return tuple(
            AssignmentFacts(
                row.id,
                row.unit_id,
                AssignmentRole(row.role),
                AssignmentState(row.state),
                row.return_requests,
            )
            for row in self.assignments
        )

    @property
    def task_facts(self) -> tuple[TaskFacts, ...]:
        """What the rules judge the crews' visits by."""
        return tuple(TaskFacts(r.id, r.assignment_id, r.crew_id, TaskState(r.state)) for r in self.tasks)

    @property
    def lead(self) -> Row | None:
        """The lead unit's effective assignment."""
        return next((a for a in self.effective if a.role == AssignmentRole.LEAD), None)

    @property
    def effective(self) -> tuple[Row, ...]:
        """Assignments that their units still answer for."""
        return tuple(a for a in self.assignments if a.state not in ENDED)

    def assignment_of(self, unit_id: str) -> Row | None:
        """A unit's effective assignment; it has at most one."""
        return next((a for a in self.effective if a.unit_id == unit_id), None)


def _with_unit(unit_id: str) -> sa.ColumnElement[bool]:
    """Cases that a unit has an effective share in."""
    return sa.exists().where(
        case_assignment.c.case_id == case_file.c.id,
        case_assignment.c.unit_id == unit_id,
        case_assignment.c.state.not_in(ENDED),
    )


@dataclass(frozen=True)
class CaseQuery:
    """What a list asks for; ``before`` is the id that the last page ended with."""

    states: Sequence[str] = ()
    unit_id: str | None = None
    scope_unit_id: str | None = None
    text: str = ""
    urgency: str | None = None
    overdue_at: Any = None
    registered_by: str | None = None
    contact_id: str | None = None
    before: str | None = None
    limit: int | None = None

    def statement(self) -> sa.Select[Any]:
        """The newest first."""
        query = sa.select(case_file).order_by(case_file.c.id.desc())
        for unit_id in filter(None, (self.unit_id, self.scope_unit_id)):
            query = query.where(_with_unit(unit_id))
        if self.states:
            query = query.where(case_file.c.state.in_(self.states))
        if self.text:
            columns = (case_file.c.case_no, case_file.c.title, case_file.c.address)
            wanted = self.text.lower()
            query = query.where(
                sa.or_(*(sa.func.lower(c).contains(wanted, autoescape=True) for c in columns))
            )
        if self.overdue_at is not None:
            late = (case_file.c.finish_state == "running", case_file.c.finish_due_at < self.overdue_at)
            query = query.where(*late)
        for column, value in (
            (case_file.c.urgency, self.urgency),
            (case_file.c.registered_by, self.registered_by),
            (case_file.c.contact_id, self.contact_id),
        ):
            if value is not None:
                query = query.where(column == value)
        if self.before is not None:
            query = query.where(case_file.c.id < self.before)
        return query.limit(self.limit) if self.limit is not None else query


async def listed(reader: Reader, query: CaseQuery) -> Sequence[Row]:
    """The case rows of a list."""
    return (await reader.execute(query.statement())).all()


async def is_open_to_unit(reader: Reader, contact_id: str, unit_id: str) -> bool:
    """Whether a unit has a share in a case of this requester that hides no requester from units."""
    query = sa.select(case_file.c.id).where(
        case_file.c.contact_id == contact_id,
        case_file.c.secret.is_(False),
        case_file.c.anonymous.is_(False),
        _with_unit(unit_id),
    )
    return (await reader.execute(query.limit(1))).first() is not None


async def row_by_no(reader: Reader, case_no: str) -> Row | None:
    """The case row alone."""
    query = sa.select(case_file).where(case_file.c.case_no == case_no)
    return (await reader.execute(query)).one_or_none()


async def row_by_key(reader: Reader, register_key: str) -> Row | None:
    """The case that a registration with this key made."""
    query = sa.select(case_file).where(case_file.c.register_key == register_key)
    return (await reader.execute(query)).one_or_none()


async def stored_by_no(reader: Reader, case_no: str, *, lock: bool = False) -> StoredCase | None:
    """A case with its layers; ``lock`` keeps other units of work from it until this one ends."""
    query = sa.select(case_file).where(case_file.c.case_no == case_no)
    row = (await reader.execute(query.with_for_update() if lock else query)).one_or_none()
    return (await stored(reader, [row]))[0] if row is not None else None


async def reread(reader: Reader, case_id: str) -> StoredCase:
    """A case that is known to be there, as it is now."""
    row = (await reader.execute(sa.select(case_file).where(case_file.c.id == case_id))).one()
    return (await stored(reader, [row]))[0]


async def rows_by_id(reader: Reader, ids: Sequence[str]) -> Sequence[Row]:
    """Several cases, in no order."""
    return (await reader.execute(sa.select(case_file).where(case_file.c.id.in_(ids)))).all() if ids else []


async def stored(reader: Reader, rows: Sequence[Row]) -> list[StoredCase]:
    """Case rows with their assignments and tasks, in the same order."""
    assignments = await _grouped(reader, case_assignment, rows)
    tasks = await _grouped(reader, case_task, rows)
    return [StoredCase(row, tuple(assignments.get(row.id, ())), tuple(tasks.get(row.id, ()))) for row in rows]


async def _grouped(reader: Reader, table: sa.Table, rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    if rows:
        query = sa.select(table).where(table.c.case_id.in_([row.id for row in rows])).order_by(table.c.id)
        for row in await reader.execute(query):
            found.setdefault(row.case_id, []).append(row)
    return found


async def assignments_of_unit(reader: Reader, unit_id: str, states: Sequence[str]) -> Sequence[Row]:
    """A unit's assignments in some states, the oldest first."""
    query = (
        sa.select(case_assignment)
        .where(case_assignment.c.unit_id == unit_id, case_assignment.c.state.in_(states))
        .order_by(case_assignment.c.id)
    )
    return (await reader.execute(query)).all()


async def deadlines(reader: Reader, case_ids: Sequence[str]) -> Sequence[Row]:
    """The clocks of some cases, in the order they were started."""
    query = sa.select(case_deadline).where(case_deadline.c.case_id.in_(case_ids))
    return (await reader.execute(query.order_by(case_deadline.c.id))).all() if case_ids else []


async def next_serial(tx: Tx, day: str) -> int:
    """The next serial of a day: one row a day, so that numbers follow each other without a gap."""
    insert = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    statement = (
        insert(case_counter)
        .values(day=day, last=1)
        .on_conflict_do_update(index_elements=["day"], set_={"last": case_counter.c.last + 1})
        .returning(case_counter.c.last)
    )
    return int((await tx.execute(statement)).scalar_one())


async def update_case(tx: Tx, case_id: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change a case that is still at ``version``, to the next; False when it is not."""
    statement = case_file.update().where(case_file.c.id == case_id, case_file.c.version == version)
    return (await tx.execute(statement.values(**values, version=version + 1))).rowcount == 1


async def update_assignment(tx: Tx, row: Row, values: Mapping[str, Any]) -> None:
    """Change an assignment; the case's lock guards it."""
    statement = case_assignment.update().where(case_assignment.c.id == row.id)
    await tx.execute(statement.values(**values, version=row.version + 1))


async def update_task(tx: Tx, row: Row, values: Mapping[str, Any]) -> None:
    """Change a task; the case's lock guards it."""
    statement = case_task.update().where(case_task.c.id == row.id)
    await tx.execute(statement.values(**values, version=row.version + 1))
