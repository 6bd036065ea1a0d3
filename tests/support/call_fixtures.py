"""A hotline with lines: the chat's town, an exchange on paper, and the driver between them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiohttp.test_utils import TestServer

from hotline.alarms.api import alarm_endpoints
from hotline.alarms.feeds import AlarmsFeed
from hotline.alarms.service import Alarms
from hotline.calls import store as call_store
from hotline.calls.accounts import PhoneAccounts, PhoneWay
from hotline.calls.api import call_endpoints
from hotline.calls.areas import Areas
from hotline.calls.arrivals import Arrivals
from hotline.calls.case_calls import case_call_endpoints
from hotline.calls.driver import Driver, StillOurs
from hotline.calls.duty import Service
from hotline.calls.feeds import call_feeds
from hotline.calls.line import Line
from hotline.calls.phones import Phones
from hotline.calls.service import Calls
from hotline.calls.service import subscriptions as call_subscriptions
from hotline.calls.views import CallViews
from hotline.calls.worklist import CallDesk, WhoListens
from hotline.conversations.service import subscriptions as conversation_subscriptions
from hotline.kernel.db import Database
from hotline.kernel.jobs import JobQueue
from hotline.kernel.leases import DatabaseLeases
from hotline.kernel.relay import AnySubscription, Relay
from hotline.nuisance.api import nuisance_endpoints
from hotline.nuisance.feeds import NuisanceFeed
from hotline.nuisance.service import END, Nuisances
from hotline.ports.pbx import Pbx
from hotline.queue import store as queue_store
from hotline.queue.router import Router
from hotline.recordings.api import recording_endpoints
from hotline.recordings.listening import Listening
from hotline.recordings.service import Recordings
from hotline.recordings.transcript_api import transcript_endpoints
from hotline.web.endpoint import Endpoints
from hotline.web.live import Feed
from tests.support.chat_fixtures import CAPACITY, OFFER_SECONDS, Browser, ChatHouse, Town
from tests.support.paper_pbx import PaperPbx
from tests.support.waiting import until

WRAP_UP = timedelta(seconds=30)
GRACE = timedelta(minutes=1)
"""So long callers wait although nobody is on duty."""


class CallHouse(ChatHouse):
    """The chat's house with lines."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database, folder)
        self.phones, self.line = Phones(), Line()
        self.recordings = Recordings()
        self.jobs = JobQueue(database, self.clock)
        self.nuisances = Nuisances(self.clock, self.sealer, self.audit, self.jobs)
        self.jobs.register(END, self.nuisances.end)
        self.alarms = Alarms(self.clock, self.audit)
        self.calls = Calls(
            database,
            self.clock,
            Arrivals(self.sealer, self.contacts, self.conversations, self.nuisances),
            self.conversations,
            self.recordings,
            self.phones,
            wrap_up=WRAP_UP,
            ring=timedelta(seconds=OFFER_SECONDS),
        )
        self.pbx = PaperPbx(self.calls, self.clock)
        leases = DatabaseLeases(database)
        self.router = Router(
            database,
            self.clock,
            leases,
            self.hub.present,
            offer_seconds=OFFER_SECONDS,
            capacity=CAPACITY,
            has_phone=self.phones.has,
            heartbeat=self.line.heartbeat,
        )
        self.driver = Driver(
            database, self.clock, leases, self.line, self.phones, self._connect, Service(grace=GRACE)
        )
        self.phones.on_change(self.router.wake)
        self.relay = Relay(database, self.clock, self.subscriptions())
        for listener in (self.router.committed, self.driver.committed, self.relay.wake):
            database.on_commit(listener)
        self.hub.on_presence(self.router.presence_changed)

        self.call_desk = CallDesk(
            database,
            self.clock,
            self.sealer,
            self.audit,
            self.calls,
            self.line,
            self.phones,
            self.nuisances,
            self.alarms,
        )
        way = PhoneWay("wss", 8089, "hotline")
        self.phone_accounts = PhoneAccounts(
            database, self.audit, self.throttle, self.line, lambda: way, self.contacts
        )
        self.may_listen = WhoListens(self.cases)
        self.recordings_folder = folder / "recordings"
        self.listening = Listening(
            database, self.clock, self.audit, self.keys, self.recordings_folder, self.may_listen
        )

    def feeds(self) -> list[Feed]:
        self.call_views = CallViews(self.sealer, self.contacts, self.views, Areas())
        more = (NuisanceFeed(self.sealer), AlarmsFeed())
        return [*super().feeds(), *call_feeds(self.call_views), *more]

    def more_endpoints(self) -> list[Endpoints]:
        return [
            call_endpoints(
                self.database, self.clock, self.call_desk, self.call_views, self.phone_accounts, WRAP_UP
            ),
            case_call_endpoints(
                self.database, self.cases, self.conversations, self.call_views, self.may_listen
            ),
            recording_endpoints(self.clock, self.listening),
            transcript_endpoints(self.database, self.listening),
            nuisance_endpoints(self.database, self.sealer, self.nuisances),
            alarm_endpoints(self.database, self.alarms),
        ]

    def runs(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """The workers."""
        return [self.hub.run, self.router.run, self.relay.run, self.driver.run]

    def subscriptions(self) -> list[AnySubscription]:
        """What is heard of other slices."""
        return [*conversation_subscriptions(self.conversations), *call_subscriptions(self.calls)]

    @asynccontextmanager
    async def _connect(self, _still_ours: StillOurs) -> AsyncIterator[Pbx]:
        await self.pbx.back()
        yield self.pbx


@dataclass
class CallTown(Town):
    """The town and its telephones."""

    @property
    def calling(self) -> CallHouse:
        assert isinstance(self.house, CallHouse)
        return self.house

    @property
    def pbx(self) -> PaperPbx:
        return self.calling.pbx

    async def call(self, call_id: str) -> Any:
        """The call's row now."""
        async with self.house.database.read() as reader:
            return await call_store.by_id(reader, call_id)

    async def item(self, call_id: str) -> sa.Row[Any] | None:
        """Its place in the queue."""
        async with self.house.database.read() as reader:
            row = await call_store.by_id(reader, call_id)
            return await queue_store.item(reader, row.conversation_id) if row is not None else None

    async def agent_with_phone(self, account: str) -> Browser:
        """A ready agent whose telephone is registered."""
        agent = await self.member(account, "agent")
        page = await agent.open_page()
        await page.watch("my.desk")
        await self.pbx.register(agent.id)
        assert (await agent.be("ready")).status == 200
        return agent

    async def rings_at(self, call_id: str, agent: Browser) -> None:
        """Wait until the agent's telephone rings for the call."""
        await until(lambda: self.pbx.calls[call_id].agent == agent.id, "the telephone rings")

    async def looked(self) -> None:
        """Wait until the driver has looked at everything as it is now."""
        beats = self.calling.driver.looks
        await until(lambda: self.calling.driver.looks >= beats + 2, "the driver has looked")

    async def settled(self, call_id: str, **expected: Any) -> Any:
        """Wait until the call's row shows these values; the row."""
        row = None
        for _ in range(1500):
            row = await self.call(call_id)
            if row is not None and all(getattr(row, name) == value for name, value in expected.items()):
                return row
            await asyncio.sleep(0.02)
        raise AssertionError(f"waited in vain for {expected}: {row}")


@asynccontextmanager
async def open_call_town(
    database: Database, folder: Path, build: Callable[[Database, Path], CallHouse] = CallHouse
) -> AsyncIterator[CallTown]:
    """The house with its workers running, served."""
    house = build(database, folder)
    await house.open()
    server = TestServer(house.app())
    await server.start_server()
    workers = [asyncio.create_task(run()) for run in house.runs()]
    town = CallTown(house, server)
    await until(lambda: house.line.is_up, "the line is up")
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
