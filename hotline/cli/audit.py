"""``hotline audit``: verify the chains."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import click

from hotline.cases.anchors import verify_case_chains
from hotline.cli.output import data_option, emit, json_option
from hotline.config import load_settings
from hotline.kernel.audit import Audit, BrokenLink
from hotline.kernel.clock import SystemClock
from hotline.kernel.db.open import open_database


@dataclass(frozen=True)
class Verified:
    """How many links hold, and the first one of each kind of chain that does not."""

    audit_entries: int
    case_events: int
    broken: list[BrokenLink]


@click.group()
def audit() -> None:
    """The record that cannot be rewritten."""


@audit.command()
@data_option
@json_option
def verify(data: Path, as_json: bool) -> None:
    """Check every link of the audit chain and of the cases' chains; exit 1 at the first that is broken."""
    found = asyncio.run(_verify(load_settings(data).database))
    lines = [f"{b.chain}: row {b.seq} is broken ({b.reason})" for b in found.broken]
    good = f"{found.audit_entries} audit entries and {found.case_events} case events verified"
    emit(found, as_json, "\n".join([*lines, good]))
    if found.broken:
        raise click.exceptions.Exit(1)


async def _verify(url: str) -> Verified:
    database = open_database(url)
    try:
        async with database.read() as reader:
            entries, broken = await Audit(SystemClock()).verify(reader)
            events, broken_case = await verify_case_chains(reader)
    finally:
        await database.close()
    return Verified(entries, events, [b for b in (broken, broken_case) if b])
