"""Checks of the parts that every installation has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import sqlalchemy as sa

from hotline.kernel.db import Database
from hotline.kernel.inbox import inbox
from hotline.kernel.jobs import job
from hotline.kernel.workers import Supervisor
from hotline.web.health import PartHealth
from hotline.web.metrics import Probe

Check = Callable[[], Awaitable[PartHealth]]


def database_check(database: Database) -> Check:
    """Whether the database answers."""

    async def check() -> PartHealth:
        async with database.read() as reader:
            await reader.execute(sa.select(1))
        return PartHealth("ok", database.dialect)

    return check


def bus_check(supervisor: Supervisor) -> Check:
    """Whether every worker runs: between them the events of this process are carried."""

    async def check() -> PartHealth:
        failing = [health.name for health in supervisor.health.values() if health.state != "running"]
        if failing:
            names = ", ".join(failing)
            return PartHealth("degraded", f"not running: {names}", "workers_down", {"workers": names})
        return PartHealth("ok", f"in-process, {len(supervisor.health)} workers")

    return check


def parked_count(database: Database) -> Probe:
    """How many deliveries and jobs have given up and wait for a person."""

    async def count() -> float:
        async with database.read() as reader:
            numbers = [
                (
                    await reader.execute(
                        sa.select(sa.func.count()).select_from(table).where(table.c.state == "parked")
                    )
                ).scalar_one()
                for table in (inbox, job)
            ]
        return float(sum(numbers))

    return count


async def switched_off() -> PartHealth:
    """A part that the operator does without."""
    return PartHealth("absent", "switched off", "switched_off")
