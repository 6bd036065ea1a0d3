"""A small hotline for staff, places and knowledge: real SQLite file, real server, cheap password hashes."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher

import hotline
from hotline.cases.taxonomy import load_taxonomy
from hotline.kernel.audit import Audit
from hotline.kernel.db import Database
from hotline.kernel.db.open import open_database
from hotline.kernel.inbox import Inbox
from hotline.kernel.jobs import JobQueue
from hotline.kernel.secretfile import SecretFolder
from hotline.knowledge.api import knowledge_endpoints
from hotline.knowledge.service import Knowledge
from hotline.migrations.run import migrate
from hotline.places.api import place_endpoints
from hotline.places.service import Places
from hotline.staff.admin_api import admin_endpoints
from hotline.staff.api import staff_endpoints
from hotline.staff.imports import StaffImports
from hotline.staff.model import NewUser
from hotline.staff.organisation import Organisation
from hotline.staff.oversight import AuditFilter, Oversight
from hotline.staff.oversight_api import import_endpoints, oversight_endpoints
from hotline.staff.passwords import Passwords
from hotline.staff.roles import Roles
from hotline.staff.service import Staff
from hotline.staff.sheets import SheetWords
from hotline.staff.views import UnitRecord, UserView
from hotline.web.auth import Principal
from hotline.web.catalogue import Catalogue
from hotline.web.guard import CSRF_HEADER, Guard
from hotline.web.problems import problem_middleware
from hotline.web.sessions import Sessions
from hotline.web.signin import SignIn, session_endpoints
from hotline.web.throttle import Throttle

PASSWORD = "Correct-horse-7"
ROOT = Path(hotline.__file__).parent
SLICES = ("web", "staff", "places", "knowledge")


class HandClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def turn(self, by: timedelta) -> None:
        self._now += by


def cheap_passwords() -> Passwords:
    """Argon2 with the least it can do: these tests are not about its cost."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class House:
    """Every service of these slices, wired on one database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.clock = HandClock()
        self.audit = Audit(self.clock)
        self.sessions = Sessions(database, self.clock)
        self.throttle = Throttle(database, self.clock)
        self.passwords = cheap_passwords()
        self.words = SheetWords()
        self.secrets = SecretFolder(folder / "secrets")
        self.catalogue = Catalogue.load(ROOT / slice_ / "messages" for slice_ in SLICES)
        self.inbox = Inbox(self.clock)
        self.roles = Roles(database, self.audit)
        self.staff = Staff(database, self.clock, self.audit, self.sessions, self.throttle, self.passwords)
        self.organisation = Organisation(database, self.clock, self.audit)
        self.imports = StaffImports(database, self.staff, self.organisation, self.words)
        self.places = Places(database, self.clock, self.audit, self.words)
        self.knowledge = Knowledge(self.clock, self.audit, load_taxonomy().codes)
        self.oversight = Oversight(database, self.audit, self.inbox, JobQueue(database, self.clock))

    async def unit(self, code: str = "U-WS", active: bool = True) -> UnitRecord:
        """A responsible unit."""
        return await self.organisation.create_unit(
            "system:test",
            code,
            {"name": f"Unit {code}", "principal": "P", "hotline_deputy": "D", "active": active},
        )

    async def user(
        self, account: str, *roles: str, unit_id: str | None = None, must_change: bool = False
    ) -> UserView:
        """An account with the password ``PASSWORD``."""
        new = NewUser(account, f"Name of {account}", PASSWORD, roles, unit_id, must_change)
        return await self.staff.create_user("system:test", new)

    async def audited(self, action: str) -> list[dict[str, Any]]:
        """The acts of one kind, the newest first."""
        async with self.database.read() as reader:
            entries, _ = await self.oversight.audit_page(reader, AuditFilter(action=action), None, 200)
        return [entry.model_dump() for entry in entries]

    def app(self) -> web.Application:
        """The web application with these slices' endpoints."""

        async def denied(who: Principal, operation: str, path: str) -> None:
            await self.audit.denied(self.database, who.actor, operation, path)

        guard = Guard(self.database, self.sessions, self.staff, denied)
        sign_in = SignIn(self.database, self.sessions, self.throttle, self.staff, self.audit, self.secrets)
        groups = (
            session_endpoints(sign_in),
            staff_endpoints(self.database, self.staff),
            admin_endpoints(self.database, self.staff, self.roles, self.organisation, self.catalogue),
            oversight_endpoints(self.database, self.oversight),
            import_endpoints(self.imports, self.words, self.catalogue),
            place_endpoints(self.database, self.places, self.words, self.catalogue),
            knowledge_endpoints(self.database, self.knowledge),
        )
        app = web.Application(middlewares=[problem_middleware(self.catalogue)])
        for group in groups:
            for endpoint in group.all:
                app.router.add_route(endpoint.method, endpoint.path, guard.wrap(endpoint))
        return app


@dataclass
class Reply:
    """What the server said; ``body`` is parsed JSON, or the text when it is none."""

    status: int
    body: Any


@dataclass
class Visit:
    """One browser: cookies, and the token that the page got at sign-in."""

    http: aiohttp.ClientSession
    csrf: str | None = None
    language: str = "en"

    async def sign_in(self, account: str, password: str = PASSWORD) -> Reply:
        reply = await self.call("POST", "/api/session", {"account": account, "password": password})
        if reply.status == 200:
            self.csrf = reply.body["csrf"]
        return reply

    async def call(self, method: str, path: str, body: Any = None, **params: str) -> Reply:
        """One request with what a page sends along; ``bytes`` go as they are."""
        headers = {"Accept-Language": self.language, **({CSRF_HEADER: self.csrf} if self.csrf else {})}
        content: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        if body is None:
            content = {}
        async with self.http.request(method, path, params=params, headers=headers, **content) as answer:
            if "json" in answer.content_type:
                return Reply(answer.status, await answer.json(content_type=None))
            return Reply(answer.status, await answer.text())


@asynccontextmanager
async def open_house(template: Path, folder: Path) -> AsyncIterator[House]:
    """A house on a fresh copy of a migrated database."""
    shutil.copy(template, folder / "hotline.db")
    database = open_database(f"sqlite:///{folder / 'hotline.db'}")
    house = House(database, folder)
    try:
        await house.roles.install_defaults()
        yield house
    finally:
        house.passwords.close()
        await database.close()


def migrated_template(folder: Path) -> Path:
    """An empty database at the newest revision."""
    path = folder / "template.db"
    migrate(f"sqlite:///{path}")
    return path


NewVisit = Callable[[], Visit]


@asynccontextmanager
async def served(house: House) -> AsyncIterator[NewVisit]:
    """The house on a real port; each call gives another browser."""
    server = TestServer(house.app())
    await server.start_server()
    browsers: list[aiohttp.ClientSession] = []

    def new_visit() -> Visit:
        jar = aiohttp.CookieJar(unsafe=True)
        browsers.append(aiohttp.ClientSession(base_url=server.make_url("/"), cookie_jar=jar))
        return Visit(browsers[-1])

    try:
        yield new_visit
    finally:
        for browser in browsers:
            await browser.close()
        await server.close()
