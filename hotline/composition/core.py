"""Kernel and web parts that every slice is given."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.config import Settings
from hotline.kernel.audit import Audit
from hotline.kernel.clock import SystemClock
from hotline.kernel.db import Database
from hotline.kernel.db.open import open_database
from hotline.kernel.jobs import JobQueue
from hotline.kernel.leases import DatabaseLeases
from hotline.kernel.sealing import Sealer
from hotline.kernel.secretfile import SecretFolder
from hotline.ports.clock import Clock
from hotline.web.sessions import Sessions
from hotline.web.throttle import Throttle


@dataclass(frozen=True)
class Core:
    """What stands below every slice; nothing of it runs until it is started."""

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


def build_core(settings: Settings, clock: Clock | None = None) -> Core:
    """The core for ``settings``; no table is touched."""
    clock = clock or SystemClock()
    database = open_database(settings.database)
    secrets = SecretFolder(settings.secrets_folder)
    return Core(
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
