"""A hotline with cases for tests: two units with a crew each, people of every role, either database."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import hotline
from hotline.calendar.holidays import holiday_calendar
from hotline.cases.actor import CaseActor
from hotline.cases.registration import RegisterCase
from hotline.cases.service import Cases
from hotline.cases.store import StoredCase
from hotline.cases.taxonomy import load_taxonomy
from hotline.cases.transition import Actor
from hotline.cases.views import CaseView, DeadlineView
from hotline.contacts.service import Contacts
from hotline.kernel.audit import Audit, audit_entry
from hotline.kernel.db import Database
from hotline.kernel.db.open import open_database
from hotline.kernel.ids import new_id
from hotline.kernel.sealing import Sealer
from hotline.kernel.secretfile import SecretFolder
from hotline.migrations.run import migrate
from hotline.staff.roles import load_defaults
from hotline.staff.tables import crew, unit
from hotline.web.catalogue import Catalogue
from hotline.web.throttle import Throttle
from tests.support.postgres import PostgresServer
from tests.support.staff_fixtures import HandClock

ROOT = Path(hotline.__file__).parent
REVISION = "0003_cases"
CAPABILITIES = {role.code: frozenset(role.capabilities) for role in load_defaults().roles}
WATER, DRAINAGE = "U-WS", "U-DR"
PHONE = "13800002046"
ROBOT = CaseActor.system(Actor.ROBOT)
NOTIFIED = {"channel": "web", "notice_id": None}
REPORT = {
    "result_code": "fixed",
    "narrative": "Replaced the broken joint and tested the pressure.",
    "contacted_user": True,
    "labor_fee": 0,
}
# Monday 23 November 2026, 09:00 in the city: office hours.
MONDAY_MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class CaseHouse:
    """The cases' services on one database, and the people who use them."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.clock = HandClock()
        self.clock.turn(MONDAY_MORNING - self.clock.now())
        self.audit = Audit(self.clock)
        self.sealer = Sealer(SecretFolder(folder / "secrets"))
        self.catalogue = Catalogue.load(ROOT / one / "messages" for one in ("web", "cases"))
        throttle = Throttle(database, self.clock)
        self.contacts = Contacts(database, self.clock, self.sealer, self.audit, throttle)
        self.cases = Cases(
            database,
            self.clock,
            holiday_calendar(),
            load_taxonomy(),
            self.sealer,
            self.audit,
            self.catalogue,
        )
        self.units: dict[str, str] = {}
        self.crews: dict[str, str] = {}
        self.contact_id = ""

    async def furnish(self) -> None:
        """Units, crews and a citizen."""
        now = self.clock.now()
        stamps = {"active": True, "version": 1, "created_at": now, "updated_at": now}
        async with self.database.uow() as tx:
            for code in (WATER, DRAINAGE):
                self.units[code], self.crews[code] = new_id(), new_id()
                row = {"id": self.units[code], "code": code, "name": f"Unit {code}", "demo": False}
                await tx.execute(unit.insert(), {**row, **stamps})
                members = {"id": self.crews[code], "unit_id": self.units[code], "skills": []}
                await tx.execute(crew.insert(), {**members, "name": f"Crew of {code}", **stamps})
            self.contact_id = await self.contacts.add(tx, "Zhang Wei", PHONE)

    def person(self, *roles: str, unit: str | None = None, name: str | None = None) -> CaseActor:
        """Somebody with these roles; the same name is the same person."""
        name = name or "-".join((*roles, unit or "centre"))
        capabilities = frozenset[str]().union(*(CAPABILITIES[role] for role in roles))
        unit_id = self.units[unit] if unit else None
        return CaseActor(f"staff:{name}", name, roles, capabilities, unit_id, "127.0.0.1")

    @property
    def agent(self) -> CaseActor:
        return self.person("agent")

    @property
    def dispatcher(self) -> CaseActor:
        return self.person("dispatcher")

    @property
    def shift_lead(self) -> CaseActor:
        return self.person("shift_lead")

    @property
    def clerk(self) -> CaseActor:
        return self.person("unit_clerk", unit=WATER)

    @property
    def other_clerk(self) -> CaseActor:
        return self.person("unit_clerk", unit=DRAINAGE)

    def order(self, **changes: Any) -> RegisterCase:
        """A complete request: one household without water."""
        values: dict[str, Any] = {
            "key": new_id(),
            "channel": "web",
            "request_type": "help",
            "title": "No water at home",
            "content": "There is no water in my kitchen, the neighbours have some.",
            "address": "128 Jianshe East Road",
            "category_code": "WS-01-02",
            "room": "2-1-101",
            "contact_id": self.contact_id,
        }
        return RegisterCase(**{**values, **changes})

    async def register(self, actor: CaseActor | None = None, **changes: Any) -> StoredCase:
        """A registered case."""
        async with self.database.uow() as tx:
            return await self.cases.register(tx, self.order(**changes), actor or self.agent)

    async def act(
        self,
        case: StoredCase,
        action: str,
        actor: CaseActor,
        payload: Mapping[str, Any] | None = None,
        version: int | None = None,
    ) -> StoredCase:
        """One step, from the version that ``case`` is at."""
        at = case.row.version if version is None else version
        async with self.database.uow() as tx:
            return await self.cases.act(tx, case.row.case_no, action, at, payload or {}, actor)

    async def accepted(self, **changes: Any) -> StoredCase:
        """An accepted case."""
        return await self.act(await self.register(**changes), "accept", self.agent)

    async def dispatched(self, **changes: Any) -> StoredCase:
        """A case sent to the water company."""
        payload = {"unit_id": self.units[WATER]}
        return await self.act(await self.accepted(**changes), "dispatch", self.dispatcher, payload)

    async def started(self, **changes: Any) -> StoredCase:
        """A case that the water company's crew is at."""
        payload = {"crew_id": self.crews[WATER]}
        return await self.act(await self.dispatched(**changes), "sign", self.clerk, payload)

    async def reported(self, **changes: Any) -> StoredCase:
        """A case that the water company has reported done."""
        return await self.act(await self.started(**changes), "report", self.clerk, REPORT)

    async def surveying(self, **changes: Any) -> StoredCase:
        """A case that was passed."""
        payload = {"check_result": "remote"}
        return await self.act(await self.reported(**changes), "pass", self.dispatcher, payload)

    async def view(self, case: StoredCase, actor: CaseActor, language: str = "en") -> CaseView:
        """The case page as somebody sees it."""
        async with self.database.read() as reader:
            return await self.cases.views.view(reader, case.row.case_no, actor, language)

    async def clocks(self, case: StoredCase) -> dict[str, DeadlineView]:
        """The latest deadline of each kind."""
        return {d.type: d for d in (await self.view(case, self.dispatcher)).deadlines}

    async def denials(self) -> list[tuple[str, str, str]]:
        """What the audit knows of refusals: actor, action, object."""
        query = sa.select(audit_entry).where(audit_entry.c.outcome == "denied").order_by(audit_entry.c.seq)
        async with self.database.read() as reader:
            return [(row.actor, row.action, row.object) for row in await reader.execute(query)]

    def later(self, **by: float) -> None:
        """Time passes."""
        self.clock.turn(timedelta(**by))


@asynccontextmanager
async def open_case_house(url: str, folder: Path) -> AsyncIterator[CaseHouse]:
    """A furnished house on a migrated database."""
    database = open_database(url)
    house = CaseHouse(database, folder)
    try:
        await house.furnish()
        yield house
    finally:
        await database.close()


def sqlite_template(folder: Path) -> Path:
    """An empty database file with the tables."""
    path = folder / "cases-template.db"
    migrate(f"sqlite:///{path}", REVISION)
    return path


def fresh_sqlite(template: Path, folder: Path) -> str:
    """The URL of a copy."""
    shutil.copy(template, folder / "hotline.db")
    return f"sqlite:///{folder / 'hotline.db'}"


def fresh_postgres(server: PostgresServer) -> str:
    """The URL of a copy on the server."""
    return server.new_database(server.template("cases", _migrate))


def _migrate(url: str) -> None:
    migrate(url, REVISION)
