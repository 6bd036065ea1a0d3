"""Benchmark 6: durable transactions on SQLite, ours beside raw ``sqlite3`` with one commit each.

    python bench/bench_transactions.py [--dir FOLDER] [--rounds 7] [--units 1024] [--tasks 64]

Prints one JSON object. Every run has a fresh copy of the same migrated file in the same folder, WAL and
``synchronous=FULL`` on both sides; rounds are interleaved, so that a change of the disk's mood hits all.

``kernel``    a case-sized row and its outbox row per unit: ``Database.uow()`` and ``emit``, from 64 tasks
``raw``       its peer: the same two INSERTs with ``sqlite3``, one thread, BEGIN IMMEDIATE and COMMIT each
``cases``     ``Cases.register`` from 64 tasks: the real use case: number, deadlines, hash-chained history
``raw_cases`` its peer: the very statements that it sent, as recorded, replayed with one COMMIT per case; the
              peer computes nothing, for all values are there already

``ratio`` is kernel by raw (3 is to be reached), ``ratio_cases`` is cases by raw_cases: medians over the
rounds of the ratio within a round.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from hotline.calendar.holidays import holiday_calendar
from hotline.cases.actor import CaseActor
from hotline.cases.registration import RegisterCase
from hotline.cases.service import Cases
from hotline.cases.taxonomy import load_taxonomy
from hotline.catalogues import server_catalogue
from hotline.contacts.service import Contacts
from hotline.kernel.audit import Audit
from hotline.kernel.clock import SystemClock
from hotline.kernel.db import UtcDateTime
from hotline.kernel.db.sqlite import SqliteDatabase
from hotline.kernel.events import Event
from hotline.kernel.ids import new_id
from hotline.kernel.sealing import Sealer
from hotline.kernel.secretfile import SecretFolder
from hotline.migrations.run import migrate
from hotline.web.throttle import Throttle

TEXT = "The street lamp opposite number 12 has been dark for three nights; the crossing is unsafe. " * 3
ADDRESS = "12 Lamp Street"

bench_case = sa.Table(
    "bench_case",
    sa.MetaData(),
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case_no", sa.String(20), nullable=False, unique=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("registered_at", UtcDateTime, nullable=False),
)

INSERT_CASE = bench_case.insert()
RAW_CASE = "INSERT INTO bench_case VALUES (?, ?, ?, ?, ?, ?)"
RAW_OUTBOX = """INSERT INTO outbox (event_id, name, aggregate, payload, occurred_at, state, next_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


@dataclass(frozen=True, kw_only=True)
class BenchCaseRegistered(Event):
    """A case was registered."""

    name: ClassVar[str] = "bench.case_registered"
    case_id: str
    case_no: str


@contextmanager
def raw_connection(path: Path) -> Iterator[sqlite3.Connection]:
    """The peer's connection, as durable as ours."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}")
        yield connection


def raw_rate(path: Path, units: int) -> float:
    """Transactions a second of the kernel's peer."""
    with raw_connection(path) as connection:
        begun = time.perf_counter()
        for n in range(units):
            case_id, case_no, now = new_id(), f"{n:014}", datetime.now(UTC).isoformat(sep=" ")
            payload = json.dumps({"case_id": case_id, "case_no": case_no})
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(RAW_CASE, (case_id, case_no, "registered", TEXT, ADDRESS, now))
            event = (new_id(), BenchCaseRegistered.name, f"case:{case_id}", payload, now, "pending", now)
            connection.execute(RAW_OUTBOX, event)
            connection.execute("COMMIT")
        return units / (time.perf_counter() - begun)


def replay_rate(path: Path, recorded: list[list[str]]) -> float:
    """Transactions a second of the use case's peer."""
    with raw_connection(path) as connection:
        begun = time.perf_counter()
        for unit in recorded:
            connection.execute("BEGIN IMMEDIATE")
            for statement in unit:
                connection.execute(statement).fetchall()
            connection.execute("COMMIT")
        return len(recorded) / (time.perf_counter() - begun)


async def rate_of(unit: Callable[[int], Awaitable[None]], units: int, tasks: int) -> float:
    """Units a second when so many tasks do one after the other."""
    numbers = iter(range(units))

    async def work() -> None:
        for n in numbers:
            await unit(n)

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return units / (time.perf_counter() - begun)


async def kernel_rate(path: Path, units: int, tasks: int) -> float:
    """The bare kernel: one row and its event in each unit of work."""
    database = SqliteDatabase(path)

    async def unit(n: int) -> None:
        case_id, case_no = new_id(), f"{n:014}"
        row: dict[str, Any] = {"id": case_id, "case_no": case_no, "state": "registered", "content": TEXT}
        async with database.uow() as tx:
            row |= {"address": ADDRESS, "registered_at": datetime.now(UTC)}
            await tx.execute(INSERT_CASE, row)
            tx.emit(BenchCaseRegistered(aggregate=f"case:{case_id}", case_id=case_id, case_no=case_no))

    try:
        async with database.uow():
            pass  # opens the connection, as the peer does before it begins
        return await rate_of(unit, units, tasks)
    finally:
        await database.close()


async def cases_rate(path: Path, units: int, tasks: int) -> float:
    """The real use case."""
    database, clock = SqliteDatabase(path), SystemClock()
    audit, sealer = Audit(clock), Sealer(SecretFolder(path.parent / "secrets"))
    contacts = Contacts(database, clock, sealer, audit, Throttle(database, clock))
    taxonomy = load_taxonomy()
    cases = Cases(database, clock, holiday_calendar(), taxonomy, sealer, audit, server_catalogue())
    agent = CaseActor("staff:bench", "Bench", ("agent",), frozenset({"case.register"}), None, "127.0.0.1")
    async with database.uow() as tx:
        contact_id = await contacts.add(tx, "Bench", "13800000000")
    order: dict[str, Any] = {
        "channel": "walk_in",
        "request_type": "complaint",
        "content": TEXT,
        "address": ADDRESS,
        "category_code": next(iter(taxonomy.leaves)),
        "room": "1201",
        "contact_id": contact_id,
    }

    async def unit(_n: int) -> None:
        async with database.uow() as tx:
            await cases.register(tx, RegisterCase(key=new_id(), **order), agent)

    try:
        return await rate_of(unit, units, tasks)
    finally:
        await database.close()


def recorded_cases(path: Path, units: int) -> list[list[str]]:
    """The statements of so many registrations, unit by unit, their values in them."""
    said: list[str] = []

    def listen(raw: Any, _record: Any) -> None:
        raw.set_trace_callback(said.append)

    sa.event.listen(sa.Pool, "connect", listen)
    try:
        asyncio.run(cases_rate(path, units, 1))
    finally:
        sa.event.remove(sa.Pool, "connect", listen)
    recorded: list[list[str]] = [[]]
    for statement in said:
        if statement == "COMMIT":
            recorded.append([])
        elif not statement.lstrip().upper().startswith(TRANSACTIONS):
            recorded[-1].append(statement)
    return [unit for unit in recorded if unit]


class Bench:
    """The folder, the file that every run begins with, and the runs."""

    def __init__(self, folder: Path, units: int, tasks: int) -> None:
        self.folder, self.units, self.tasks = folder, units, tasks
        self.template = folder / "template.db"
        migrate(f"sqlite:///{self.template}")
        with closing(sqlite3.connect(self.template)) as connection:
            connection.execute(str(sa.schema.CreateTable(bench_case).compile(dialect=sqlite.dialect())))
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.recorded = recorded_cases(self.fresh(), units)

    def fresh(self) -> Path:
        """A copy, with nothing left to be written by the system."""
        for left in self.folder.glob("round.db*"):
            left.unlink()
        path = self.folder / "round.db"
        shutil.copy(self.template, path)
        os.sync()
        return path

    def round(self) -> dict[str, float]:
        """Transactions a second of each."""
        return {
            "raw": raw_rate(self.fresh(), self.units),
            "kernel": asyncio.run(kernel_rate(self.fresh(), self.units, self.tasks)),
            "raw_cases": replay_rate(self.fresh(), self.recorded),
            "cases": asyncio.run(cases_rate(self.fresh(), self.units, self.tasks)),
        }

    def report(self, rounds: int) -> dict[str, Any]:
        """All rounds; one before them, which warms everything up, is not counted."""
        self.round()
        found = [self.round() for _ in range(rounds)]
        kernel = [rates["kernel"] / rates["raw"] for rates in found]
        cases = [rates["cases"] / rates["raw_cases"] for rates in found]
        return {
            "benchmark": "case + outbox transactions on SQLite, ours by raw sqlite3 with one commit each",
            "ratio": round(statistics.median(kernel), 2),
            "reach": 3,
            "ratio_cases": round(statistics.median(cases), 2),
            "per_second": {name: round(statistics.median(r[name] for r in found)) for name in found[0]},
            "statements_per_case": round(statistics.mean(map(len, self.recorded)), 1),
            "ratios": [round(ratio, 2) for ratio in kernel],
            "ratios_cases": [round(ratio, 2) for ratio in cases],
            "rounds": rounds,
            "units": self.units,
            "tasks": self.tasks,
            "synchronous": "FULL",
        }


def main() -> None:
    """Run the rounds and print the report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dir", type=Path, help="folder on the disk to measure (default: the temporary one)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--units", type=int, default=1024)
    parser.add_argument("--tasks", type=int, default=64)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hotline-bench-", dir=given.dir) as folder:
        report = Bench(Path(folder), given.units, given.tasks).report(given.rounds)
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
