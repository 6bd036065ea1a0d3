"""The composition root: builds every part and connects them; nothing else does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from aiohttp import web

from hotline import __version__
from hotline.calendar.holidays import holiday_calendar
from hotline.calendar.model import parse_periods
from hotline.calling import Calling
from hotline.cases.anchors import CaseAnchors
from hotline.cases.api import case_endpoints
from hotline.cases.feeds import case_feeds
from hotline.cases.service import Cases
from hotline.cases.taxonomy import load_taxonomy
from hotline.catalogues import server_catalogue
from hotline.config import Settings
from hotline.contacts.api import contact_endpoints
from hotline.contacts.service import Contacts
from hotline.conversations.api import conversation_endpoints
from hotline.conversations.feeds import MessagesFeed
from hotline.conversations.service import Conversations
from hotline.conversations.service import subscriptions as conversation_subscriptions
from hotline.conversations.views import ConversationViews
from hotline.demo.seed import active_demo_accounts, demo_service
from hotline.desk.api import desk_endpoints
from hotline.desk.drafts import Drafts
from hotline.desk.service import Desk
from hotline.intake.api import CitizenDoor, citizen_endpoints
from hotline.intake.feeds import citizen_feeds
from hotline.intake.service import IntakeService
from hotline.kernel.audit import Audit
from hotline.kernel.bus import COMMITTED, InProcessBus, pass_on_wake_ups
from hotline.kernel.clock import SystemClock
from hotline.kernel.db import Database, metadata
from hotline.kernel.db.interface import CommitListener
from hotline.kernel.db.open import open_database
from hotline.kernel.events import Recorded
from hotline.kernel.inbox import Inbox
from hotline.kernel.jobs import JobQueue
from hotline.kernel.leases import DatabaseLeases
from hotline.kernel.relay import AnySubscription, Relay
from hotline.kernel.sealing import Sealer
from hotline.kernel.secretfile import SecretFolder
from hotline.kernel.workers import Supervisor
from hotline.notifications.service import Notifications
from hotline.notifications.service import subscriptions as notification_subscriptions
from hotline.places.api import place_endpoints
from hotline.places.service import Places
from hotline.ports.clock import Clock
from hotline.queue.api import queue_endpoints
from hotline.queue.feeds import AgentFeed, DeskFeed, QueueFeed
from hotline.queue.router import Router
from hotline.queue.service import Queue
from hotline.staff.admin_api import admin_endpoints
from hotline.staff.api import staff_endpoints
from hotline.staff.events import UserChanged
from hotline.staff.imports import StaffImports
from hotline.staff.organisation import Organisation
from hotline.staff.oversight import Oversight
from hotline.staff.oversight_api import import_endpoints, oversight_endpoints
from hotline.staff.passwords import Passwords
from hotline.staff.roles import Roles
from hotline.staff.service import Staff
from hotline.staff.sheets import SheetWords
from hotline.surveys.api import survey_endpoints
from hotline.surveys.feeds import ReviewsFeed
from hotline.surveys.service import EXPIRE, Surveys
from hotline.surveys.service import subscriptions as survey_subscriptions
from hotline.web.about import AboutView, about_endpoints
from hotline.web.app import build_app
from hotline.web.auth import Principal
from hotline.web.catalogue import LANGUAGES
from hotline.web.endpoint import Endpoints
from hotline.web.guard import Guard
from hotline.web.health import HealthBoard, health_endpoints
from hotline.web.housekeeping import Housekeeping
from hotline.web.live import Feed, LiveHub
from hotline.web.live_socket import LiveSocket
from hotline.web.metrics import Metrics
from hotline.web.pages import Pages, built_ui
from hotline.web.parts import bus_check, database_check, parked_count
from hotline.web.sessions import Sessions
from hotline.web.signin import SignIn, session_endpoints
from hotline.web.throttle import Throttle


@dataclass(frozen=True)
class Hotline:
    """A wired hotline: what commands and tests need of it."""

    settings: Settings
    database: Database
    leases: DatabaseLeases
    relay: Relay
    jobs: JobQueue
    supervisor: Supervisor
    hub: LiveHub
    staff: Staff
    roles: Roles
    organisation: Organisation
    places: Places
    cases: Cases
    intake: IntakeService
    board: HealthBoard
    app: web.Application
    endpoints: tuple[Endpoints, ...]

    async def prepare(self) -> None:
        """What every start needs after the migrations; the caller holds the data folder's lock."""
        if self.database.dialect == "sqlite":
            # Nobody else can hold a lease: whoever did is dead.
            await self.leases.expire_all()
        await self.roles.install_defaults()

    async def is_empty(self) -> bool:
        """Whether there is no account yet."""
        async with self.database.read() as reader:
            users, _ = await self.staff.list_users(reader, limit=1)
        return not users


@dataclass(frozen=True)
class Core:
    """Kernel and web parts that every slice is given."""

    settings: Settings
    clock: Clock
    database: Database
    audit: Audit
    sealer: Sealer
    secrets: SecretFolder
    sessions: Sessions
    throttle: Throttle
    jobs: JobQueue
    leases: DatabaseLeases


def build(settings: Settings, clock: Clock | None = None) -> Hotline:
    """Build everything; nothing runs and no table is touched until it is started."""
    clock = clock or SystemClock()
    database = open_database(settings.database)
    secrets = SecretFolder(settings.secrets_folder)
    core = Core(
        settings=settings,
        clock=clock,
        database=database,
        audit=Audit(clock),
        sealer=Sealer(secrets),
        secrets=secrets,
        sessions=Sessions(database, clock),
        throttle=Throttle(database, clock),
        jobs=JobQueue(database, clock),
        leases=DatabaseLeases(database),
    )
    return _Wiring(core).finish()


class _Wiring:
    """The slices, from the bottom of the DAG to its top."""

    def __init__(self, core: Core) -> None:
        c, self.core = core, core
        self.catalogue = server_catalogue()
        self.words = SheetWords()
        self.contacts = Contacts(c.database, c.clock, c.sealer, c.audit, c.throttle)
        self.staff = Staff(c.database, c.clock, c.audit, c.sessions, c.throttle, Passwords())
        self.roles = Roles(c.database, c.audit)
        self.organisation = Organisation(c.database, c.clock, c.audit)
        self.places = Places(c.database, c.clock, c.audit, self.words)
        calendar = holiday_calendar(periods=parse_periods(c.settings.work_periods))
        self.cases = Cases(c.database, c.clock, calendar, load_taxonomy(), c.sealer, c.audit, self.catalogue)
        self.anchors = CaseAnchors(c.database, c.audit)
        self.conversations = Conversations(c.clock, self.catalogue)
        self.chats = ConversationViews(self.contacts, self.cases)
        self.notifications = Notifications(c.clock, self.conversations)
        self.queue = Queue(c.clock, self.conversations)
        patience = timedelta(days=c.settings.survey_days)
        self.surveys = Surveys(
            c.clock, self.cases, self.conversations, self.notifications, c.jobs, self.catalogue, patience
        )
        c.jobs.register(EXPIRE, self.surveys.expire)
        self.desk = Desk(self.contacts, self.cases, self.conversations)
        self.drafts = Drafts(c.clock, c.sealer, self.conversations)
        self.intake = IntakeService(c.database, c.clock, self.contacts, self.conversations, self.queue)
        self.bus = InProcessBus()
        self.calling = Calling(
            c.settings,
            c.clock,
            c.database,
            c.leases,
            c.audit,
            c.sealer,
            c.secrets,
            c.throttle,
            self.contacts,
            self.conversations,
            self.chats,
            self.cases,
            self.staff,
        )
        self.hub = LiveHub(c.database, self._feeds())
        self.router = Router(
            c.database,
            c.clock,
            c.leases,
            self.hub.present,
            offer_seconds=c.settings.offer_seconds,
            capacity=c.settings.chats_per_agent,
            has_phone=self.calling.phones.has,
            heartbeat=self.calling.line.heartbeat if c.settings.telephony else None,
        )
        self.calling.phones.on_change(self.router.wake)
        self.relay = Relay(c.database, c.clock, self._subscriptions())
        self.metrics = Metrics()

    def _feeds(self) -> Sequence[Feed]:
        sealer = self.core.sealer
        return [
            *case_feeds(self.cases),
            MessagesFeed(),
            QueueFeed(sealer),
            DeskFeed(sealer),
            AgentFeed(),
            ReviewsFeed(),
            *self.calling.feeds,
            *citizen_feeds(self.cases),
        ]

    def _subscriptions(self) -> Sequence[AnySubscription]:
        return [
            *conversation_subscriptions(self.conversations),
            *notification_subscriptions(self.notifications),
            *survey_subscriptions(self.surveys),
            *self.calling.subscriptions,
        ]

    def finish(self) -> Hotline:
        """Listeners, workers, pages."""
        c = self.core
        c.database.on_commit(lambda recorded: self.bus.publish(COMMITTED, recorded))
        for listener in (self.hub.committed, self.metrics.committed, self._accounts_changed):
            c.database.on_commit(listener)
        self.hub.on_presence(self.router.presence_changed)
        self.metrics.probe("hotline_live_clients", "Pages connected", self._pages_connected)
        self.metrics.probe("hotline_parked", "Deliveries and jobs parked", parked_count(c.database))
        supervisor = self._supervisor()
        board = self._board(supervisor)
        self.calling.work(supervisor, board)
        endpoints = self._endpoints(board)
        guard = Guard(c.database, c.sessions, self.staff, self._denied)
        app = build_app(
            endpoints=endpoints,
            guard=guard,
            live=LiveSocket(guard, self.hub),
            metrics=self.metrics,
            catalogue=self.catalogue,
            pages=Pages(built_ui()),
            version=__version__,
            sockets=self.calling.sockets,
        )
        return Hotline(
            settings=c.settings,
            database=c.database,
            leases=c.leases,
            relay=self.relay,
            jobs=c.jobs,
            supervisor=supervisor,
            hub=self.hub,
            staff=self.staff,
            roles=self.roles,
            organisation=self.organisation,
            places=self.places,
            cases=self.cases,
            intake=self.intake,
            board=board,
            app=app,
            endpoints=tuple(endpoints),
        )

    def _supervisor(self) -> Supervisor:
        supervisor = Supervisor(self.core.clock)
        wakes: list[CommitListener] = [
            self.relay.wake,
            self.core.jobs.wake,
            self.router.committed,
            self.anchors.committed,
            *self.calling.wakes,
        ]
        supervisor.add("wake-ups", partial(pass_on_wake_ups, self.bus, wakes))
        supervisor.add("relay", self._relay_alone)
        supervisor.add("router", self.router.run)
        supervisor.add("jobs", self.core.jobs.run)
        supervisor.add("live", self.hub.run)
        supervisor.add("anchors", self.anchors.run)
        c = self.core
        supervisor.add("housekeeping", Housekeeping(c.database, c.sessions, c.throttle).run)
        return supervisor

    def _accounts_changed(self, recorded: Sequence[Recorded]) -> None:
        for one in recorded:
            if isinstance(one.event, UserChanged):
                self.hub.close_person(one.event.user_id)
                self.calling.account_changed(one.event.user_id)

    def _signed_out(self, who: Principal) -> None:
        self.hub.close_session(who.session)
        self.calling.signed_out(who.id)

    async def _relay_alone(self) -> None:
        async with self.core.leases.hold("relay"):
            await self.relay.run()

    def _board(self, supervisor: Supervisor) -> HealthBoard:
        board = HealthBoard()
        board.add("database", database_check(self.core.database))
        board.add("bus", bus_check(supervisor))
        return board

    def _endpoints(self, board: HealthBoard) -> list[Endpoints]:
        c, catalogue = self.core, self.catalogue
        sign_in = SignIn(c.database, c.sessions, c.throttle, self.staff, c.audit, c.secrets, self._signed_out)
        imports = StaffImports(c.database, self.staff, self.organisation, self.words)
        door = CitizenDoor(c.database, c.sessions, c.throttle, self.contacts, self.cases)
        oversight = Oversight(c.database, c.audit, Inbox(c.clock), c.jobs)
        return [
            health_endpoints(board),
            about_endpoints(self._about),
            session_endpoints(sign_in),
            contact_endpoints(c.database, self.contacts, self.cases.concerns),
            staff_endpoints(c.database, self.staff),
            admin_endpoints(c.database, self.staff, self.roles, self.organisation, catalogue),
            import_endpoints(imports, self.words, catalogue),
            oversight_endpoints(c.database, oversight),
            place_endpoints(c.database, self.places, self.words, catalogue),
            case_endpoints(c.database, c.clock, self.cases),
            conversation_endpoints(c.database, self.conversations, self.chats),
            queue_endpoints(c.database, self.queue, self.conversations, self.chats, c.sealer),
            desk_endpoints(c.database, self.desk, self.drafts, self.cases),
            survey_endpoints(c.database, self.cases, self.surveys),
            *self.calling.endpoints,
            citizen_endpoints(
                c.database,
                self.intake,
                c.throttle,
                self.cases,
                door,
            ),
        ]

    async def _pages_connected(self) -> float:
        return float(self.hub.clients)

    async def _about(self) -> AboutView:
        settings = self.core.settings
        demo = bool(await active_demo_accounts(self.core.database, self.staff))
        own = {"name": settings.service_name, "scope": settings.service_scope}
        plain = {
            part: {one: self.catalogue.text(one, f"service_{part}") for one in LANGUAGES} for part in own
        }
        shown = {part: {**plain[part], **(demo_service()[part] if demo else {}), **own[part]} for part in own}
        return AboutView(name=shown["name"], scope=shown["scope"], demo=demo, version=__version__)

    async def _denied(self, principal: Principal, operation: str, path: str) -> None:
        await self.core.audit.denied(self.core.database, principal.actor, operation, f"route:{path}")


__all__ = ["Hotline", "build", "metadata"]
