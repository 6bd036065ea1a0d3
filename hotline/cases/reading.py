"""Reading cases for pages: lists, the case page, a unit's page, each as far as the viewer may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from hotline.cases import store
from hotline.cases.actor import CaseActor
from hotline.cases.available_actions import ActionChoice, available_actions
from hotline.cases.clocks import clock_of
from hotline.cases.forms import FORMS
from hotline.cases.history import events_of
from hotline.cases.model import AssignmentState, DeadlineType
from hotline.cases.scope import require_case, require_some_view
from hotline.cases.store import CaseQuery, Row, StoredCase
from hotline.cases.transition import Action
from hotline.cases.views import (
    ActionFieldView,
    ActionView,
    CaseBrief,
    CaseEventView,
    CaseView,
    ProposalView,
    UnitAssignmentView,
    assignment_view,
    crew_ref,
    deadline_view,
    event_view,
    unit_ref,
)
from hotline.contacts.views import ContactView, contacts_by_id
from hotline.kernel.db import Reader
from hotline.kernel.sealing import Sealer
from hotline.ports.clock import Clock
from hotline.staff.views import UnitView, crews_by_id, units_by_id
from hotline.web.catalogue import Catalogue

ROOM_DAYS = timedelta(days=7)
"""DOMAIN §10: the room is shown to those who go there, and masked so long after the work is done."""
MASKED_ROOM = "***"

Group = Literal["to_sign", "in_hand", "to_mend"]
UNIT_GROUPS: Mapping[str, Group] = {
    AssignmentState.SENT: "to_sign",
    AssignmentState.SIGNED: "in_hand",
    AssignmentState.RETURN_REQUESTED: "in_hand",
    AssignmentState.IN_PROGRESS: "in_hand",
    AssignmentState.REWORK: "to_mend",
}


class CaseViews:
    """All reading; methods take the caller's reader (or unit of work)."""

    def __init__(self, clock: Clock, sealer: Sealer, catalogue: Catalogue) -> None:
        self._clock = clock
        self._sealer = sealer
        self._catalogue = catalogue

    async def page(
        self, reader: Reader, query: CaseQuery, actor: CaseActor
    ) -> tuple[list[CaseBrief], str | None]:
        """A page of briefs and the cursor of the next, None at the end; a unit gets its own cases only."""
        require_some_view(actor)
        scope = None if actor.sees_all else actor.sees_unit
        limit = query.limit or 50
        values = {**vars(query), "scope_unit_id": scope, "limit": limit + 1}
        rows = await store.listed(reader, CaseQuery(**values))
        following = rows[limit - 1].id if len(rows) > limit else None
        return await self.briefs(reader, rows[:limit], scope), following

    async def briefs(
        self, reader: Reader, rows: Sequence[Row], unit_id: str | None = None
    ) -> list[CaseBrief]:
        """Case rows as briefs, in the same order; those without a share of ``unit_id`` are left out."""
        if not rows:
            return []
        cases = await store.stored(reader, rows)
        units = await units_by_id(reader, [a.unit_id for case in cases for a in case.assignments])
        seen = [case for case in cases if unit_id is None or case.assignment_of(unit_id) is not None]
        return [CaseBrief(**self._brief(case, units, unit_id)) for case in seen]

    async def briefs_by_id(self, reader: Reader, ids: Sequence[str]) -> dict[str, CaseBrief]:
        """Several cases by id, for slices above; unknown ids are left out."""
        if not ids:
            return {}
        found = await self.briefs(reader, await store.rows_by_id(reader, list(dict.fromkeys(ids))))
        return {brief.id: brief for brief in found}

    async def of_contact(self, reader: Reader, contact_id: str, limit: int = 50) -> list[CaseBrief]:
        """A requester's cases, the newest first; what was reported anonymously is nobody's."""
        rows = await store.listed(reader, CaseQuery(contact_id=contact_id, limit=limit))
        return await self.briefs(reader, [row for row in rows if not row.anonymous])

    async def view(self, reader: Reader, case_no: str, actor: CaseActor, language: str) -> CaseView:
        """The case page; ``NotFound`` as in ``scope``. Texts are in ``language``."""
        case = await require_case(reader, case_no, actor)
        row, now = case.row, self._clock.now()
        units = await units_by_id(reader, [a.unit_id for a in case.assignments])
        crews = await crews_by_id(reader, [t.crew_id for t in case.tasks])
        clocks = await store.deadlines(reader, [case.id])
        copied = ("content", "repair_class", "anonymous", "secret", "accepted_at", "dispatched_at")
        return CaseView(
            **self._brief(case, units, None if actor.sees_all else actor.sees_unit),
            **{name: getattr(row, name) for name in copied},
            reported_at=row.reported_at,
            close_type=row.close_type,
            rework_round=row.rework_round,
            room=self._room(row, now),
            requester=await self._requester(reader, row, actor),
            total_elapsed_s=int(((row.closed_at or now) - row.registered_at).total_seconds()),
            deadlines=[deadline_view(clock_of(clock)) for clock in clocks],
            assignments=[assignment_view(case, a, units, crews) for a in case.assignments],
            proposal=_proposal(row),
            actions=self._actions(case, actor, language),
        )

    async def events(self, reader: Reader, case_no: str, actor: CaseActor) -> list[CaseEventView]:
        """The history, the first step first."""
        case = await require_case(reader, case_no, actor)
        return [event_view(row) for row in await events_of(reader, case.id)]

    async def unit_assignments(
        self, reader: Reader, unit_id: str, ids: Sequence[str] | None = None
    ) -> list[UnitAssignmentView]:
        """What a unit has to do, the most urgent due first; of the assignments ``ids`` where given."""
        found = await store.assignments_of_unit(reader, unit_id, list(UNIT_GROUPS))
        wanted = [row for row in found if ids is None or row.id in set(ids)]
        cases = await store.rows_by_id(reader, [row.case_id for row in wanted])
        briefs = {brief.id: brief for brief in await self.briefs(reader, cases, unit_id)}
        clocks = [clock_of(c) for c in await store.deadlines(reader, list(briefs))]
        due = {(c.assignment_id, c.deadline.type): c.deadline.due_at for c in clocks}
        tasks = {t.assignment_id: t for case in await store.stored(reader, cases) for t in case.tasks}
        crews = await crews_by_id(reader, [task.crew_id for task in tasks.values()])
        lines = []
        for row in wanted:
            group, task = UNIT_GROUPS[row.state], tasks.get(row.id)
            clock = DeadlineType.SIGN if group == "to_sign" else DeadlineType.FINISH
            line = UnitAssignmentView(
                assignment_id=row.id,
                case=briefs[row.case_id],
                state=row.state,
                group=group,
                due_type=clock if (row.id, clock) in due else None,
                due_at=due.get((row.id, clock)),
                crew=crew_ref(crews[task.crew_id]) if task else None,
            )
            lines.append(line)
        return sorted(lines, key=lambda line: (line.due_at is None, line.due_at))

    def _brief(self, case: StoredCase, units: Mapping[str, UnitView], unit_id: str | None) -> dict[str, Any]:
        row, lead = case.row, case.lead
        shown = case.assignment_of(unit_id) if unit_id is not None else lead
        is_running = row.finish_state == "running"
        copied = (
            *("id", "case_no", "version", "state", "title", "category_code", "category_path", "urgency"),
            *("sla_code", "address", "channel", "request_type", "registered_at", "finish_due_at"),
        )
        return {
            **{name: getattr(row, name) for name in copied},
            "closed_at": row.closed_at,
            "lead_unit": unit_ref(units[lead.unit_id]) if lead else None,
            "overdue": is_running and row.finish_due_at < self._clock.now(),
            "assignment_state": shown.state if shown else None,
        }

    def _room(self, row: Row, now: datetime) -> str | None:
        if row.room_sealed is None:
            return None
        is_past = row.closed_at is not None and now - row.closed_at > ROOM_DAYS
        return MASKED_ROOM if is_past else self._sealer.open(row.room_sealed)

    async def _requester(self, reader: Reader, row: Row, actor: CaseActor) -> ContactView | None:
        """§10: plain for who holds the case at the centre; nothing for units when it is confidential."""
        if row.contact_id is None or row.anonymous or (row.secret and not actor.sees_all):
            return None
        masked = row.holder != actor.actor
        found = await contacts_by_id(reader, self._sealer, [row.contact_id], masked=masked)
        return found.get(row.contact_id)

    def _actions(self, case: StoredCase, actor: CaseActor, language: str) -> list[ActionView]:
        mine = [
            facts
            for facts in case.assignment_facts
            if facts.is_effective and (actor.sees_all or facts.unit_id == actor.sees_unit)
        ]
        choices = available_actions(case.facts, mine, actor.capabilities, actor_id=actor.actor)
        return [
            self._action(choice, assignment_id, language)
            for choice in choices
            if choice.action in FORMS and choice.reason != "not_permitted"
            for assignment_id in _subjects(choice, [facts.id for facts in mine])
        ]

    def _action(self, choice: ActionChoice, assignment_id: str | None, language: str) -> ActionView:
        reason = choice.reason
        return ActionView(
            action=choice.action,
            assignment_id=assignment_id,
            allowed=choice.allowed,
            reason=reason,
            message=self._catalogue.text(language, f"step_{reason}") if reason else None,
            confirm_roles=list(choice.confirm_roles),
            fields=[
                ActionFieldView(name=f.name, kind=f.kind, required=f.required, choices=list(f.choices))
                for f in FORMS[choice.action]
                if f.shown
            ],
        )


def _subjects(choice: ActionChoice, assignment_ids: Sequence[str]) -> Sequence[str | None]:
    """A unit's share is taken back one at a time; everything else is as the choice says."""
    if choice.action is Action.REASSIGN and choice.allowed:
        return assignment_ids
    return [choice.assignment_id]


def _proposal(row: Row) -> ProposalView | None:
    kept = row.proposal
    return ProposalView(**{name: kept[name] for name in ProposalView.model_fields}) if kept else None
