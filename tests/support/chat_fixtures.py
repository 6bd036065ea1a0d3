"""A hotline that can be written to: the slices from contacts to the desk, served on a real port."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hotline.cases.api import case_endpoints
from hotline.cases.feeds import case_feeds
from hotline.conversations.api import conversation_endpoints
from hotline.conversations.feeds import conversation_feeds
from hotline.conversations.service import Conversations
from hotline.conversations.service import subscriptions as conversation_subscriptions
from hotline.conversations.views import ConversationViews
from hotline.desk.api import desk_endpoints
from hotline.desk.drafts import Drafts
from hotline.desk.service import Desk
from hotline.files.service import Files
from hotline.intake.api import CitizenDoor, citizen_endpoints
from hotline.intake.feeds import citizen_feeds
from hotline.intake.service import IntakeService
from hotline.kernel.db import Database
from hotline.kernel.ids import new_id
from hotline.kernel.leases import DatabaseLeases
from hotline.kernel.relay import Relay
from hotline.kernel.secretfile import SecretFolder
from hotline.queue.api import queue_endpoints
from hotline.queue.feeds import queue_feeds
from hotline.queue.router import Router
from hotline.queue.service import Queue
from hotline.staff.model import NewUser
from hotline.staff.roles import Roles
from hotline.staff.service import Staff
from hotline.web.auth import Principal
from hotline.web.catalogue import Catalogue
from hotline.web.endpoint import Endpoints
from hotline.web.guard import Guard
from hotline.web.live import Entity, Feed, LiveHub, apply_changes
from hotline.web.live_socket import LiveSocket
from hotline.web.problems import problem_middleware
from hotline.web.sessions import Sessions
from hotline.web.signin import SignIn, session_endpoints
from hotline.web.throttle import Throttle
from tests.support.case_fixtures import ROOT, CaseHouse
from tests.support.staff_fixtures import PASSWORD, Reply, Visit, cheap_passwords
from tests.support.waiting import PATIENCE, until

SLICES = (
    "web",
    "cases",
    "contacts",
    "staff",
    "conversations",
    "queue",
    "intake",
    "desk",
    "calls",
    "ports",
    "nuisance",
    "suggestions",
    "recordings",
)
both_engines = pytest.mark.parametrize("chat_url", ["sqlite", "postgresql"], indirect=True)
"""For tests of what happens at the same moment: there the engines differ."""
OFFER_SECONDS = 20
CAPACITY = 2


class ChatHouse(CaseHouse):
    """Every service that a chat passes through, with the workers that move it."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database, folder)
        self.texts = Catalogue.load(ROOT / one / "messages" for one in SLICES)
        self.sessions = Sessions(database, self.clock)
        self.throttle = Throttle(database, self.clock)
        self.passwords = cheap_passwords()
        self.staff = Staff(database, self.clock, self.audit, self.sessions, self.throttle, self.passwords)
        self.keys = SecretFolder(folder / "secrets")
        self.conversations = Conversations(self.clock, self.texts)
        self.views = ConversationViews(self.contacts, self.cases)
        self.files = Files(folder / "files", self.clock)
        self.queue = Queue(self.clock, self.conversations)
        self.intake = IntakeService(database, self.clock, self.contacts, self.conversations, self.queue)
        self.drafts = Drafts(self.clock, self.sealer, self.conversations)
        self.desk = Desk(self.contacts, self.cases, self.conversations)
        self.hub = LiveHub(database, self.feeds())
        self.router = Router(
            database,
            self.clock,
            DatabaseLeases(database),
            self.hub.present,
            offer_seconds=OFFER_SECONDS,
            capacity=CAPACITY,
        )
        self.relay = Relay(database, self.clock, conversation_subscriptions(self.conversations))
        for listener in (self.hub.committed, self.router.committed, self.relay.wake):
            database.on_commit(listener)
        self.hub.on_presence(self.router.presence_changed)

    def feeds(self) -> list[Feed]:
        """The live views of these slices."""
        return [
            *conversation_feeds(),
            *queue_feeds(self.sealer),
            *citizen_feeds(self.cases),
            *case_feeds(self.cases),
        ]

    def more_endpoints(self) -> list[Endpoints]:
        """What a larger house serves besides."""
        return []

    async def open(self) -> None:
        """Roles, units and a citizen."""
        await Roles(self.database, self.audit).install_defaults()
        await self.furnish()

    async def user(self, account: str, *roles: str, unit_id: str | None = None) -> str:
        """An account; its id."""
        new = NewUser(account, f"Name of {account}", PASSWORD, roles, unit_id, False)
        return (await self.staff.create_user("system:test", new)).id

    def app(self) -> web.Application:
        """The web application with these slices' endpoints and the live socket."""

        async def denied(who: Principal, operation: str, path: str) -> None:
            await self.audit.denied(self.database, who.actor, operation, path)

        guard = Guard(self.database, self.sessions, self.staff, denied)
        sign_in = SignIn(self.database, self.sessions, self.throttle, self.staff, self.audit, self.keys)
        door = CitizenDoor(self.database, self.sessions, self.throttle, self.contacts, self.cases)
        groups = (
            session_endpoints(sign_in),
            case_endpoints(self.database, self.clock, self.cases),
            conversation_endpoints(self.database, self.conversations, self.views, self.files),
            queue_endpoints(self.database, self.queue, self.conversations, self.views, self.sealer),
            citizen_endpoints(self.database, self.intake, self.throttle, self.cases, door),
            desk_endpoints(self.database, self.desk, self.drafts, self.cases),
            *self.more_endpoints(),
        )
        app = web.Application(middlewares=[problem_middleware(self.texts)])
        for group in groups:
            for endpoint in group.all:
                app.router.add_route(endpoint.method, endpoint.path, guard.wrap(endpoint))
        app.router.add_get("/api/live", LiveSocket(guard, self.hub).handle)
        return app


@dataclass
class Page:
    """An open page: a live socket, and what each of its views shows now."""

    socket: aiohttp.ClientWebSocketResponse
    shown: dict[str, dict[str, Entity]] = field(default_factory=dict)
    refused: list[dict[str, Any]] = field(default_factory=list)
    reading: asyncio.Task[None] | None = None

    async def watch(self, feed: str, key: str | None = None) -> dict[str, Entity]:
        """The view; it goes on changing."""
        watch = f"{feed}|{key}|{len(self.shown)}"
        await self.socket.send_json({"type": "watch", "watch": watch, "feed": feed, "key": key})
        await until(lambda: watch in self.shown, f"{feed} was shown")
        return self.shown[watch]

    async def forget(self, view: dict[str, Entity]) -> None:
        """Watch a view no longer."""
        for watch in [name for name, shown in self.shown.items() if shown is view]:
            await self.socket.send_json({"type": "unwatch", "watch": watch})

    async def read(self) -> None:
        """Apply what comes, until the socket closes."""
        async for message in self.socket:
            told: Mapping[str, Any] = message.json()
            if told["type"] == "refused":
                self.refused.append(dict(told))
            else:
                apply_changes(self.shown.setdefault(told["watch"], {}), told)

    async def close(self) -> None:
        """Close the page."""
        await self.socket.close()
        if self.reading is not None:
            await self.reading


@dataclass
class Browser(Visit):
    """One browser, of a member of staff or of a citizen."""

    kind: str = "staff"
    id: str = ""
    pages: list[Page] = field(default_factory=list)

    async def open_page(self) -> Page:
        """Another page with a live socket."""
        path = "/api/live?as=citizen" if self.kind == "citizen" else "/api/live"
        page = Page(await self.http.ws_connect(path))
        page.reading = asyncio.create_task(page.read())
        self.pages.append(page)
        return page

    async def say(self, text: str, message_id: str | None = None) -> Reply:
        """A citizen writes."""
        body = {"id": message_id or new_id(), "text": text}
        return await self.call("POST", "/api/citizen/messages", body)

    async def reply(self, conversation_id: str, text: str, message_id: str | None = None) -> Reply:
        """An agent writes."""
        body = {"id": message_id or new_id(), "text": text}
        return await self.call("POST", f"/api/conversations/{conversation_id}/messages", body)

    async def be(self, state: str, **more: Any) -> Reply:
        """An agent says ready, busy or offline."""
        return await self.call("PUT", "/api/agent/state", {"state": state, **more})


@dataclass
class Town:
    """The served house, and the people who come to it."""

    house: ChatHouse
    server: TestServer
    browsers: list[Browser] = field(default_factory=list)

    def browser(self, kind: str) -> Browser:
        """A browser that has never been here."""
        jar = aiohttp.CookieJar(unsafe=True)
        http = aiohttp.ClientSession(base_url=self.server.make_url("/"), cookie_jar=jar)
        self.browsers.append(Browser(http, kind=kind))
        return self.browsers[-1]

    async def citizen(self, language: str = "en") -> Browser:
        """A visitor with a session."""
        browser = self.browser("citizen")
        browser.language = language
        reply = await browser.call("POST", "/api/citizen/session", {})
        assert reply.status == 200, reply
        browser.csrf, browser.id = reply.body["csrf"], reply.body["visitor"]
        return browser

    async def member(self, account: str, *roles: str) -> Browser:
        """Somebody of the staff who has signed in."""
        user_id = await self.house.user(account, *roles)
        browser = self.browser("staff")
        assert (await browser.sign_in(account)).status == 200
        browser.id = user_id
        return browser

    async def ready_agent(self, account: str) -> tuple[Browser, dict[str, Entity]]:
        """An agent with the desk open, ready; and what the desk lists."""
        agent = await self.member(account, "agent")
        desk = await (await agent.open_page()).watch("my.desk")
        assert (await agent.be("ready")).status == 200
        return agent, desk

    async def serving(self, account: str, text: str = "There is no water") -> tuple[Browser, Browser, str]:
        """An agent who holds a citizen's conversation: agent, citizen, conversation."""
        citizen = await self.citizen()
        conversation_id = (await citizen.say(text)).body["conversation_id"]
        agent, desk = await self.ready_agent(account)
        await until(lambda: conversation_id in desk, "the conversation was offered")
        accepted = await agent.call("POST", f"/api/queue/items/{conversation_id}/accept")
        assert accepted.body == {"conversation_id": conversation_id}
        return agent, citizen, conversation_id

    def pass_time(self, **by: float) -> None:
        """Turn the clock, and let the router see it."""
        self.house.clock.turn(timedelta(**by))
        self.house.router.wake()

    async def leave(self) -> None:
        """Everybody goes home."""
        for browser in self.browsers:
            for page in browser.pages:
                await page.close()
            await browser.http.close()


async def until_reply(ask: Callable[[], Awaitable[Reply]], fits: Callable[[Any], bool], what: str) -> Any:
    """Ask until the answer's body fits; the body."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        body = (await ask()).body
        if fits(body):
            return body
        assert asyncio.get_running_loop().time() < deadline, f"waited in vain until {what}: {body}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def open_town(database: Database, folder: Path) -> AsyncIterator[Town]:
    """The house with its workers running, served."""
    house = ChatHouse(database, folder)
    await house.open()
    server = TestServer(house.app())
    await server.start_server()
    workers = [asyncio.create_task(run()) for run in (house.hub.run, house.router.run, house.relay.run)]
    town = Town(house, server)
    try:
        yield town
    finally:
        await town.leave()
        await server.close()
        for worker in workers:
            worker.cancel()
        for worker in workers:
            with contextlib.suppress(asyncio.CancelledError):
                await worker
        house.passwords.close()
