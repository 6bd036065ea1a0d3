"""Routes of cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from hotline.cases.actor import CaseActor
from hotline.cases.model import CaseState, Urgency
from hotline.cases.service import Cases, PreviewOrder
from hotline.cases.store import CaseQuery
from hotline.cases.taxonomy_view import TaxonomyView, taxonomy_view
from hotline.cases.views import (
    CaseBrief,
    CaseEventView,
    CaseView,
    PreviewView,
    UnitAssignmentView,
)
from hotline.kernel.db import Database
from hotline.ports.clock import Clock
from hotline.web.endpoint import Call, Endpoints, Instant, Schema


class PreviewBody(Schema):
    """How a case would be filed."""

    category_code: str = Field(max_length=16)
    urgency: Urgency | None = None
    sla_code: str | None = Field(default=None, max_length=16)
    repair_class: str | None = Field(default=None, max_length=12)
    appointment_start: Instant | None = None

    def order(self) -> PreviewOrder:
        """For the service."""
        start: datetime | None = self.appointment_start
        return PreviewOrder(self.category_code, self.urgency, self.sla_code, self.repair_class, start)


class CaseListQuery(Schema):
    """A page of cases, the newest first. ``q`` is looked for in number, title and address."""

    state: tuple[CaseState, ...] = ()
    unit_id: str | None = Field(default=None, max_length=32)
    q: str = Field(default="", max_length=100)
    urgency: Urgency | None = None
    overdue: bool = False
    mine: bool = False
    cursor: str | None = Field(default=None, max_length=32)
    limit: int = Field(default=50, ge=1, le=200)


class CasePage(Schema):
    """Cases and the cursor of the next page."""

    items: list[CaseBrief]
    next: str | None


class ActBody(Schema):
    """``version`` is the one the page showed; ``payload`` are the fields of the action's form."""

    version: int
    payload: dict[str, Any] = Field(default_factory=dict)


def _actor(call: Call) -> CaseActor:
    return CaseActor.of(call.who, call.address)


def case_endpoints(database: Database, clock: Clock, cases: Cases) -> Endpoints:
    """``/api/cases``, ``/api/taxonomy`` and ``/api/unit/assignments``."""
    api = Endpoints("cases")
    _add_filing(api, database, cases)
    _add_lists(api, database, clock, cases)
    _add_case(api, database, cases)
    return api


def _add_filing(api: Endpoints, database: Database, cases: Cases) -> None:
    tree = taxonomy_view(cases.taxonomy)

    @api.get("/api/taxonomy", needs="taxonomy.view")
    async def taxonomy(call: Call) -> TaxonomyView:
        """The category tree in force."""
        return tree

    @api.post("/api/cases/preview", needs="taxonomy.view")
    async def preview(call: Call, body: PreviewBody) -> PreviewView:
        """The limits and the unit a case would have."""
        async with database.read() as reader:
            return await cases.preview(reader, body.order())


# Whose cases: `case.view_all` or `case.view_unit`, as `scope` decides; no single capability (needs=None).


def _add_lists(api: Endpoints, database: Database, clock: Clock, cases: Cases) -> None:
    @api.get("/api/cases", needs=None)
    async def page(call: Call, query: CaseListQuery) -> CasePage:
        """A page of the cases that are the viewer's business."""
        actor = _actor(call)
        wanted = CaseQuery(
            states=[str(state) for state in query.state],
            unit_id=query.unit_id,
            text=query.q.strip(),
            urgency=query.urgency,
            overdue_at=clock.now() if query.overdue else None,
            registered_by=actor.actor if query.mine else None,
            before=query.cursor,
            limit=query.limit,
        )
        async with cases.refusals_audited(actor, "case.list", "*"), database.read() as reader:
            items, following = await cases.views.page(reader, wanted, actor)
        return CasePage(items=items, next=following)

    @api.get("/api/unit/assignments", needs="case.view_unit")
    async def unit_assignments(call: Call) -> list[UnitAssignmentView]:
        """What the viewer's unit has to do."""
        if call.who.unit_id is None:
            return []
        async with database.read() as reader:
            return await cases.views.unit_assignments(reader, call.who.unit_id)


def _add_case(api: Endpoints, database: Database, cases: Cases) -> None:
    @api.get("/api/cases/{case_no}", needs=None)
    async def view(call: Call) -> CaseView:
        """The case page."""
        actor, case_no = _actor(call), call.path["case_no"]
        async with cases.refusals_audited(actor, "case.view", case_no), database.read() as reader:
            return await cases.views.view(reader, case_no, actor, call.language)

    @api.get("/api/cases/{case_no}/events", needs=None)
    async def events(call: Call) -> list[CaseEventView]:
        """The case's history."""
        actor, case_no = _actor(call), call.path["case_no"]
        async with cases.refusals_audited(actor, "case.view", case_no), database.read() as reader:
            return await cases.views.events(reader, case_no, actor)

    @api.post("/api/cases/{case_no}/actions/{action}", needs=None)
    async def act(call: Call, body: ActBody) -> CaseView:
        """One step of the transition table."""
        actor, case_no, action = _actor(call), call.path["case_no"], call.path["action"]
        async with cases.refusals_audited(actor, f"case.{action}"[:80], case_no), database.uow() as tx:
            await cases.act(tx, case_no, action, body.version, body.payload, actor)
            return await cases.views.view(tx, case_no, actor, call.language)
