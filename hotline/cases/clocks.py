"""The clocks of one case while a step is taken: which start, which are met, and their rows (DOMAIN §2.5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hotline.calendar.model import WorkCalendar
from hotline.cases import deadline_changes as changes
from hotline.cases.deadlines import (
    Deadline,
    DeadlineState,
    Pause,
    deadlines_for,
    process_deadline,
    rework_finish,
)
from hotline.cases.model import DeadlineType, Urgency
from hotline.cases.sla import Basis, Limit, StartEvent, parse_sla
from hotline.cases.tables import case_deadline
from hotline.cases.transition import Clocks
from hotline.kernel.db import Tx
from hotline.kernel.ids import new_id

Row = sa.Row[Any]
OF_UNIT = frozenset(
    {
        *(DeadlineType.SIGN, DeadlineType.CONTACT, DeadlineType.ARRIVE, DeadlineType.CONTROL),
        *(DeadlineType.FINISH, DeadlineType.RETURN_DECISION),
    }
)
"""Clocks that each assignment has for itself; the others are the case's."""

_BY_PROCESS = (DeadlineType.ACCEPT, DeadlineType.REVIEW, DeadlineType.CHECK, DeadlineType.CALLBACK)


@dataclass(frozen=True)
class CaseClock:
    """One deadline of a case. ``assignment_id`` is None for the case's own; ``round`` counts reworks."""

    id: str
    assignment_id: str | None
    round: int
    deadline: Deadline


@dataclass(frozen=True)
class Moment:
    """What starting clocks are counted by: the case as the step leaves it."""

    now: datetime
    urgency: Urgency
    sla_code: str | None
    clocks_from_at: datetime | None
    appointment_at: datetime | None
    round: int


class CaseClocks:
    """Applies a step's effects to the clocks and then writes what changed."""

    def __init__(self, calendar: WorkCalendar, rows: Iterable[Row] = ()) -> None:
        self._calendar = calendar
        self._before = {row.id: clock_of(row) for row in rows}
        self.all: dict[str, CaseClock] = dict(self._before)

    def apply(self, effects: Iterable[Clocks], touched: Collection[str], moment: Moment) -> None:
        """Meet, stop and start what the followed rows say; units' clocks of ``touched`` assignments only."""
        steps = list(effects)
        for effect in steps:
            self._change(effect.meets, touched, lambda d: changes.meet(d, moment.now))
            self._change(effect.stops, touched, changes.stop)
        for clock in dict.fromkeys(c for effect in steps for c in effect.starts):
            for assignment_id in sorted(touched) if clock in OF_UNIT else (None,):
                self._start(clock, assignment_id, moment)

    def start_unit(self, assignment_id: str, moment: Moment, *, crew_assigned: bool = False) -> None:
        """The clocks that dispatch starts for one unit, or, later, the arrival of its crew."""
        if moment.sla_code is None or moment.clocks_from_at is None:
            raise ValueError("a case without an SLA, or not accepted, is sent to no unit")
        started = deadlines_for(
            moment.sla_code,
            moment.urgency,
            accepted_at=moment.clocks_from_at,
            calendar=self._calendar,
            dispatched_at=moment.now,
            crew_assigned_at=moment.now if crew_assigned else None,
            appointment_start=moment.appointment_at,
        )
        wanted = {DeadlineType.ARRIVE} if crew_assigned else OF_UNIT
        for clock, deadline in started.items():
            if clock in wanted and not self._has(clock, assignment_id, moment.round):
                self._add(deadline, assignment_id, moment.round)

    def hold_for_late_decision(self, assignment_id: str, now: datetime) -> None:
        """A3: the centre decided late on a return, so the unit's finish clock stood still meanwhile."""
        decision = self.latest(DeadlineType.RETURN_DECISION, assignment_id)
        finish = self.latest(DeadlineType.FINISH, assignment_id)
        if decision is None or finish is None or now <= decision.deadline.due_at:
            return
        held = changes.pause(finish.deadline, decision.deadline.due_at, self._calendar)
        self.all[finish.id] = replace(finish, deadline=changes.resume(held, now, self._calendar))

    def latest(self, clock: DeadlineType, assignment_id: str | None) -> CaseClock | None:
        """The clock of this kind that was started last."""
        found = [
            c for c in self.all.values() if c.deadline.type is clock and c.assignment_id == assignment_id
        ]
        return found[-1] if found else None

    async def save(self, tx: Tx, case_id: str) -> None:
        """Write what changed."""
        added = [
            {"id": clock.id, "case_id": case_id, **_values(clock)}
            for clock in self.all.values()
            if clock.id not in self._before
        ]
        for clock in self.all.values():
            if clock.id in self._before and clock != self._before[clock.id]:
                changed = case_deadline.update().where(case_deadline.c.id == clock.id)
                await tx.execute(changed.values(**_values(clock)))
        if added:
            await tx.execute(case_deadline.insert(), added)

    def _change(
        self,
        types: Sequence[DeadlineType],
        touched: Collection[str],
        change: Callable[[Deadline], Deadline],
    ) -> None:
        for clock in list(self.all.values()):
            in_scope = clock.assignment_id is None or clock.assignment_id in touched
            if in_scope and clock.deadline.type in types:
                self.all[clock.id] = replace(clock, deadline=change(clock.deadline))

    def _start(self, clock: DeadlineType, assignment_id: str | None, moment: Moment) -> None:
        started: Deadline | None = None
        if clock in _BY_PROCESS or clock is DeadlineType.RETURN_DECISION:
            started = process_deadline(clock, moment.urgency, moment.now, self._calendar)
        elif clock is DeadlineType.DISPATCH and moment.sla_code is not None:
            begun = deadlines_for(
                moment.sla_code, moment.urgency, accepted_at=moment.now, calendar=self._calendar
            )
            started = begun.get(clock)
        elif clock is DeadlineType.FINISH and moment.round and moment.sla_code is not None:
            started = rework_finish(parse_sla(moment.sla_code), moment.now, self._calendar)
        if started is not None and not self._runs(clock, assignment_id):
            self._add(started, assignment_id, moment.round)

    def _add(self, deadline: Deadline, assignment_id: str | None, round_: int) -> None:
        clock = CaseClock(new_id(), assignment_id, round_, deadline)
        self.all[clock.id] = clock

    def _has(self, clock: DeadlineType, assignment_id: str | None, round_: int) -> bool:
        latest = self.latest(clock, assignment_id)
        return latest is not None and latest.round == round_

    def _runs(self, clock: DeadlineType, assignment_id: str | None) -> bool:
        latest = self.latest(clock, assignment_id)
        return latest is not None and latest.deadline.state is DeadlineState.RUNNING


def clock_of(row: Row) -> CaseClock:
    """A stored clock."""
    deadline = Deadline(
        type=DeadlineType(row.type),
        start_event=StartEvent(row.start_event),
        start_at=row.start_at,
        limit=Limit(Basis(row.basis), row.amount),
        due_at=row.due_at,
        calendar_version=row.calendar_version,
        paused=tuple(_pause(p) for p in row.paused),
        met_at=row.met_at,
        state=DeadlineState(row.state),
        original_due_at=row.original_due_at,
    )
    return CaseClock(row.id, row.assignment_id, row.round, deadline)


def _values(clock: CaseClock) -> dict[str, Any]:
    deadline = clock.deadline
    return {
        "assignment_id": clock.assignment_id,
        "round": clock.round,
        "type": str(deadline.type),
        "start_event": str(deadline.start_event),
        "start_at": deadline.start_at,
        "basis": str(deadline.limit.basis),
        "amount": deadline.limit.amount,
        "due_at": deadline.due_at,
        "original_due_at": deadline.original_due_at,
        "calendar_version": deadline.calendar_version,
        "paused": [
            {
                "start_at": p.start_at.isoformat(),
                "remaining_s": p.remaining.total_seconds(),
                "end_at": p.end_at.isoformat() if p.end_at else None,
            }
            for p in deadline.paused
        ],
        "met_at": deadline.met_at,
        "state": str(deadline.state),
    }


def _pause(stored: dict[str, Any]) -> Pause:
    ended = stored["end_at"]
    return Pause(
        datetime.fromisoformat(stored["start_at"]),
        timedelta(seconds=stored["remaining_s"]),
        datetime.fromisoformat(ended) if ended else None,
    )
