"""Use cases of cases, in one place for whoever needs them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hotline.calendar.model import WorkCalendar
from hotline.cases.act import CaseSteps
from hotline.cases.actor import CaseActor
from hotline.cases.clocks import CaseClock
from hotline.cases.deadlines import deadlines_for
from hotline.cases.filing import file_case
from hotline.cases.reading import CaseViews
from hotline.cases.registration import RegisterCase, Registration
from hotline.cases.scope import NotYours, concerns, require_case, sees_any
from hotline.cases.store import StoredCase
from hotline.cases.taxonomy import Taxonomy
from hotline.cases.views import PreviewView, deadline_view, unit_ref
from hotline.errors import FieldProblem, Forbidden, InvalidInput
from hotline.kernel.audit import Audit
from hotline.kernel.db import Database, Reader, Tx
from hotline.kernel.sealing import Sealer
from hotline.ports.clock import Clock
from hotline.staff.views import active_units
from hotline.web.auth import Principal
from hotline.web.catalogue import Catalogue


@dataclass(frozen=True)
class PreviewOrder:
    """How a case would be filed; blank values are the category's defaults."""

    category_code: str
    urgency: str | None = None
    sla_code: str | None = None
    repair_class: str | None = None
    appointment_start: datetime | None = None


class Cases:
    """Registers cases, moves them, shows them; methods with ``tx`` join the caller's unit of work."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        calendar: WorkCalendar,
        taxonomy: Taxonomy,
        sealer: Sealer,
        audit: Audit,
        catalogue: Catalogue,
    ) -> None:
        self._database = database
        self._clock = clock
        self._calendar = calendar
        self._audit = audit
        self._registration = Registration(clock, calendar, taxonomy, sealer)
        self._steps = CaseSteps(clock, calendar, taxonomy)
        self.taxonomy = taxonomy
        self.views = CaseViews(clock, sealer, catalogue)

    async def register(self, tx: Tx, order: RegisterCase, actor: CaseActor) -> StoredCase:
        """A new case with its number; the same one for the same key. See ``Registration.register``."""
        return await self._registration.register(tx, order, actor)

    async def registered(self, tx: Tx, key: str, actor: CaseActor) -> StoredCase | None:
        """The case that the actor registered under ``key`` before; None when there is none."""
        return await self._registration.registered(tx, key, actor)

    async def act(
        self, tx: Tx, case_no: str, action: str, version: int, payload: Mapping[str, Any], actor: CaseActor
    ) -> StoredCase:
        """One step of the transition table; the only way a case moves. See ``CaseSteps.act``."""
        return await self._steps.act(tx, case_no, action, version, payload, actor)

    async def visible(self, reader: Reader, case_no: str, actor: CaseActor) -> StoredCase:
        """The case, for a slice above that shows what hangs on it; refusals as in ``scope.require_case``."""
        return await require_case(reader, case_no, actor)

    async def sees_any(self, reader: Reader, case_ids: Sequence[str], principal: Principal) -> bool:
        """Whether one of some cases is this one's business; see ``scope.sees_any``."""
        return await sees_any(reader, case_ids, CaseActor.of(principal))

    async def concerns(self, reader: Reader, principal: Principal, contact_id: str) -> bool:
        """Whether a requester is this one's business; see ``scope.concerns``."""
        return await concerns(reader, contact_id, CaseActor.of(principal))

    @asynccontextmanager
    async def refusals_audited(self, actor: CaseActor, what: str, case_no: str) -> AsyncIterator[None]:
        """Around a unit of work (never inside one): a refusal in it is written to the audit as denied."""
        try:
            yield
        except (NotYours, Forbidden) as refused:
            await self._audit.denied(
                self._database, actor.actor, what, f"case:{case_no}", code=refused.code, address=actor.address
            )
            raise

    async def preview(self, reader: Reader, order: PreviewOrder) -> PreviewView:
        """The limits a case would have if it were accepted and dispatched now (§3.3); nothing is written."""
        now = self._clock.now()
        filing = file_case(self.taxonomy, vars(order), {})
        if filing.leaf is None or filing.sla_code is None:
            raise InvalidInput([FieldProblem("category_code", "field_missing")])
        if order.appointment_start is not None and order.appointment_start < now:
            raise InvalidInput([FieldProblem("appointment_start", "appointment_before_acceptance")])
        deadlines = deadlines_for(
            filing.sla_code,
            filing.urgency,
            accepted_at=now,
            calendar=self._calendar,
            dispatched_at=now,
            appointment_start=order.appointment_start,
        )
        units = {unit.code: unit for unit in await active_units(reader)}
        unit = units.get(filing.leaf.unit_code)
        return PreviewView(
            sla_code=filing.sla_code,
            urgency=filing.urgency,
            deadlines=[deadline_view(CaseClock("", None, 0, deadline)) for deadline in deadlines.values()],
            unit=unit_ref(unit) if unit else None,
        )
