"""The composition root: builds every part and connects them; nothing else does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from aiohttp import web

from hotline import __version__
from hotline.cases.service import Cases
from hotline.composition.core import Core, build_core
from hotline.composition.doors import all_endpoints, guard_of
from hotline.composition.slices import Slices
from hotline.config import Settings
from hotline.intake.service import IntakeService
from hotline.kernel.bus import COMMITTED, pass_on_wake_ups
from hotline.kernel.db import Database, metadata
from hotline.kernel.db.interface import CommitListener
from hotline.kernel.jobs import JobQueue
from hotline.kernel.leases import DatabaseLeases
from hotline.kernel.relay import Relay
from hotline.kernel.workers import Supervisor
from hotline.knowledge.service import Knowledge
from hotline.places.service import Places
from hotline.ports.clock import Clock
from hotline.staff.organisation import Organisation
from hotline.staff.roles import Roles
from hotline.staff.service import Staff
from hotline.web.app import build_app
from hotline.web.endpoint import Endpoints
from hotline.web.health import HealthBoard
from hotline.web.housekeeping import Housekeeping
from hotline.web.live import LiveHub
from hotline.web.live_socket import LiveSocket
from hotline.web.metrics import Metrics
from hotline.web.pages import Pages, built_ui
from hotline.web.parts import bus_check, database_check, parked_count


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
    knowledge: Knowledge
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


def build(settings: Settings, clock: Clock | None = None) -> Hotline:
    """Build everything; nothing runs and no table is touched until it is started."""
    core = build_core(settings, clock)
    slices = Slices(core)
    metrics = Metrics()
    _listen(core, slices, metrics)
    supervisor = _supervisor(core, slices)
    board = HealthBoard()
    board.add("database", database_check(core.database))
    board.add("bus", bus_check(supervisor))
    slices.calling.work(supervisor, board)
    slices.speech.work(supervisor, board, slices.guessed)
    slices.understanding.work(supervisor, board)
    slices.messaging.work(supervisor, board)
    slices.suggesting.work(supervisor, slices.hub)
    endpoints = all_endpoints(core, slices, board)
    guard = guard_of(core, slices)
    app = build_app(
        endpoints=endpoints,
        guard=guard,
        live=LiveSocket(guard, slices.hub),
        metrics=metrics,
        catalogue=slices.catalogue,
        pages=Pages(built_ui()),
        version=__version__,
        sockets=slices.calling.sockets,
        webhooks=slices.messaging.webhooks,
    )
    return Hotline(
        settings=settings,
        database=core.database,
        leases=core.leases,
        relay=slices.relay,
        jobs=core.jobs,
        supervisor=supervisor,
        hub=slices.hub,
        staff=slices.staff,
        roles=slices.roles,
        organisation=slices.organisation,
        places=slices.places,
        knowledge=slices.knowledge,
        cases=slices.cases,
        intake=slices.intake,
        board=board,
        app=app,
        endpoints=tuple(endpoints),
    )


def _listen(core: Core, slices: Slices, metrics: Metrics) -> None:
    core.database.on_commit(lambda recorded: slices.bus.publish(COMMITTED, recorded))
    for listener in (slices.hub.committed, metrics.committed, slices.accounts_changed):
        core.database.on_commit(listener)
    slices.hub.on_presence(slices.router.presence_changed)
    metrics.probe("hotline_live_clients", "Pages connected", partial(_pages_connected, slices.hub))
    metrics.probe("hotline_parked", "Deliveries and jobs parked", parked_count(core.database))


def _supervisor(core: Core, slices: Slices) -> Supervisor:
    supervisor = Supervisor(core.clock)
    wakes: list[CommitListener] = [
        slices.relay.wake,
        core.jobs.wake,
        slices.router.committed,
        slices.anchors.committed,
        *slices.calling.wakes,
        *slices.speech.wakes,
        *slices.messaging.wakes,
        *slices.suggesting.wakes,
    ]
    supervisor.add("wake-ups", partial(pass_on_wake_ups, slices.bus, wakes))
    supervisor.add("relay", partial(_relay_alone, core.leases, slices.relay))
    supervisor.add("router", slices.router.run)
    supervisor.add("jobs", core.jobs.run)
    supervisor.add("live", slices.hub.run)
    supervisor.add("anchors", slices.anchors.run)
    supervisor.add("housekeeping", Housekeeping(core.database, core.sessions, core.throttle).run)
    return supervisor


async def _relay_alone(leases: DatabaseLeases, relay: Relay) -> None:
    async with leases.hold("relay"):
        await relay.run()


async def _pages_connected(hub: LiveHub) -> float:
    return float(hub.clients)


__all__ = ["Hotline", "build", "metadata"]
