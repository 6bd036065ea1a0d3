"""The part of the composition that calls need: slices, driver, mixer, and the exchange if there is one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from hotline.alarms.api import alarm_endpoints
from hotline.alarms.feeds import AlarmsFeed
from hotline.alarms.service import Alarms
from hotline.calendar.model import parse_periods
from hotline.calls.accounts import PhoneAccounts, PhoneWay
from hotline.calls.api import call_endpoints
from hotline.calls.areas import Areas
from hotline.calls.arrivals import Arrivals
from hotline.calls.case_calls import case_call_endpoints
from hotline.calls.driver import Driver
from hotline.calls.duty import Service
from hotline.calls.events import CallChanged
from hotline.calls.feeds import call_feeds
from hotline.calls.line import Line
from hotline.calls.model import ENDED
from hotline.calls.phones import Phones
from hotline.calls.service import Calls, subscriptions
from hotline.calls.views import CallViews
from hotline.calls.worklist import CallDesk, WhoListens
from hotline.cases.service import Cases
from hotline.catalogues import server_catalogue
from hotline.config import Settings
from hotline.contacts.service import Contacts
from hotline.conversations.service import Conversations
from hotline.conversations.views import ConversationViews
from hotline.errors import ConfigurationError, DomainError
from hotline.kernel.audit import Audit
from hotline.kernel.db import Database
from hotline.kernel.db.interface import CommitListener
from hotline.kernel.events import Recorded
from hotline.kernel.jobs import JobQueue
from hotline.kernel.leases import DatabaseLeases
from hotline.kernel.relay import Subscription
from hotline.kernel.sealing import Sealer
from hotline.kernel.workers import Supervisor
from hotline.lines import REALM, Lines, recordings_folder
from hotline.nuisance.api import nuisance_endpoints
from hotline.nuisance.feeds import NuisanceFeed
from hotline.nuisance.service import END, Nuisances
from hotline.ports.clock import Clock
from hotline.ports.pbx import Pbx
from hotline.ports.secrets import Secrets
from hotline.recordings.api import recording_endpoints
from hotline.recordings.listening import Listening
from hotline.recordings.mixer import Mixer
from hotline.recordings.service import Recordings
from hotline.recordings.watch import RecordingWatch
from hotline.staff.service import Staff
from hotline.web.endpoint import Endpoints
from hotline.web.health import HealthBoard
from hotline.web.live import Feed
from hotline.web.parts import switched_off
from hotline.web.throttle import Throttle


class Calling:
    """Without lines (``telephony`` off) everything is there but the exchange, and says so when asked."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        database: Database,
        leases: DatabaseLeases,
        audit: Audit,
        sealer: Sealer,
        secrets: Secrets,
        throttle: Throttle,
        contacts: Contacts,
        conversations: Conversations,
        talks: ConversationViews,
        cases: Cases,
        staff: Staff,
        jobs: JobQueue,
    ) -> None:
        self._database, self._clock, self._staff, self._sealer = database, clock, staff, sealer
        self._cases, self._conversations = cases, conversations
        self._alarms = Alarms(clock, audit)
        self._nuisances = Nuisances(clock, sealer, audit, jobs)
        jobs.register(END, self._nuisances.end)
        self._wrap_up = timedelta(seconds=settings.wrap_up_seconds)
        self.phones, self.line = Phones(), Line()
        recordings, folder = Recordings(), recordings_folder(settings)
        self._calls = Calls(
            database,
            clock,
            Arrivals(sealer, contacts, conversations, self._nuisances),
            conversations,
            recordings,
            self.phones,
            wrap_up=self._wrap_up,
            ring=timedelta(seconds=settings.offer_seconds),
        )
        self._views = CallViews(sealer, contacts, talks, Areas(settings.number_areas))
        self._desk = CallDesk(
            database,
            clock,
            sealer,
            audit,
            self._calls,
            self.line,
            self.phones,
            self._nuisances,
            self._alarms,
        )
        self._accounts = PhoneAccounts(database, audit, throttle, self.line, self._way, contacts)
        self._may_listen = WhoListens(cases)
        self._listening = Listening(database, clock, audit, secrets, folder, self._may_listen)
        self._lines = Lines(settings, clock, self._calls, _explain) if settings.telephony else None
        self._driver = Driver(
            database, clock, leases, self.line, self.phones, self._connect, _service(settings)
        )
        self._mixer = Mixer(
            database, clock, leases, recordings, folder, self._calls.of_recording, lambda: self.line.is_up
        )
        self._watch = RecordingWatch(database, clock, leases, self._alarms, folder)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def feeds(self) -> Sequence[Feed]:
        """Live views."""
        return [*call_feeds(self._views), NuisanceFeed(self._sealer), AlarmsFeed()]

    @property
    def subscriptions(self) -> Sequence[Subscription]:
        """What is to be heard of other slices."""
        return subscriptions(self._calls)

    @property
    def endpoints(self) -> Sequence[Endpoints]:
        """Routes."""
        return [
            call_endpoints(
                self._database, self._clock, self._desk, self._views, self._accounts, self._wrap_up
            ),
            case_call_endpoints(
                self._database, self._cases, self._conversations, self._views, self._may_listen
            ),
            recording_endpoints(self._clock, self._listening),
            nuisance_endpoints(self._database, self._sealer, self._nuisances),
            alarm_endpoints(self._database, self._alarms),
        ]

    @property
    def wakes(self) -> Sequence[CommitListener]:
        """Whom commits wake."""
        return [self._driver.committed, self._mixer.committed, self._calls_ended]

    def sockets(self, host: str) -> Sequence[str]:
        """Origins that pages asked for by ``host`` may connect to: the exchange's, once it has ports."""
        way = self._way()
        return [f"{way.scheme}://{host}:{way.port}"] if way is not None else []

    def work(self, supervisor: Supervisor, board: HealthBoard) -> None:
        """Workers and the health of the part."""
        if self._lines is None:
            board.add("telephony", switched_off)
            return
        supervisor.add("exchange", self._lines.keep)
        supervisor.add("calls", self._driver.run)
        supervisor.add("recordings", self._mixer.run)
        supervisor.add("recording-watch", self._watch.run)
        board.add("recordings", self._watch.health)
        board.add("telephony", self._lines.health)

    def _calls_ended(self, recorded: Sequence[Recorded]) -> None:
        """The account of a citizen's page was for one call."""
        for one in recorded:
            if isinstance(one.event, CallChanged) and one.event.state == ENDED and self.line.is_up:
                self._begin(self._accounts.call_ended(one.event.call_id))

    def signed_out(self, user_id: str) -> None:
        """The telephone ends with the session."""
        if self.line.is_up:
            self._begin(self._accounts.revoke_quietly(user_id))

    def account_changed(self, user_id: str) -> None:
        """And with the account."""
        if self.line.is_up:
            self._begin(self._revoke_inactive(user_id))

    async def _revoke_inactive(self, user_id: str) -> None:
        if await self._staff.load(user_id) is None:
            await self._accounts.revoke_quietly(user_id)

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _way(self) -> PhoneWay | None:
        way = self._lines.browser_way if self._lines is not None else None
        return PhoneWay(*way, REALM) if way is not None else None

    @asynccontextmanager
    async def _connect(self, still_ours: Callable[[], Awaitable[None]]) -> AsyncIterator[Pbx]:
        assert self._lines is not None  # noqa: S101
        async with self._lines.connect(still_ours) as pbx:
            yield pbx


def _explain(error: Exception) -> str:
    """In English, as everything of the health page."""
    if isinstance(error, DomainError):
        return server_catalogue().text("en", error.code, error.params)
    return f"{type(error).__name__}: {error}"


def _service(settings: Settings) -> Service:
    """Raises ``ConfigurationError`` ("setting_invalid")."""
    try:
        hours = parse_periods(settings.service_hours) if settings.service_hours else ()
    except ValueError as error:
        raise ConfigurationError("setting_invalid", name="service_hours", reason=str(error)) from error
    return Service(hours, timedelta(seconds=settings.nobody_on_duty_seconds))
