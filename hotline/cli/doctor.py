"""``hotline doctor``: what works on this machine, what does not, and what to do about it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from hotline.calendar.holidays import holiday_calendar, missing_years
from hotline.calendar.model import CITY_TIME
from hotline.cli.doctor_lines import LINE_CHECKS
from hotline.cli.finding import Finding
from hotline.cli.output import data_option, emit, explain, json_option
from hotline.config import Settings, load_settings
from hotline.errors import DomainError
from hotline.kernel.clock import SystemClock
from hotline.kernel.db.open import open_database
from hotline.kernel.inbox import Inbox
from hotline.kernel.jobs import JobQueue
from hotline.migrations.run import current
from hotline.speech import OFF, speech_folder
from hotline.web.pages import built_ui
from hotline.workbench import Workbench

FREE_BYTES = 1_000_000_000


@click.command()
@data_option
@json_option
def doctor(data: Path, as_json: bool) -> None:
    """Check this installation; exit 1 when something does not work."""
    try:
        settings = load_settings(data)
        findings = [_guarded(name, check, settings) for name, check in CHECKS.items()]
    except DomainError as error:
        findings = [Finding("settings", "failed", explain(error))]
    marks = {"ok": "ok     ", "warning": "WARNING", "failed": "FAILED ", "absent": "absent "}
    text = "\n".join(f"{marks[f.state]}  {f.check:12} {f.detail}" for f in findings)
    emit({"findings": [vars(f) for f in findings]}, as_json, text)
    if any(f.state == "failed" for f in findings):
        raise click.exceptions.Exit(1)


def _guarded(name: str, check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return check(settings)
    except Exception as error:
        return Finding(name, "failed", explain(error))


def _python(_settings: Settings) -> Finding:
    return Finding("python", "ok", sys.version.split()[0])


def _data(settings: Settings) -> Finding:
    if not settings.data.exists():
        return Finding("data", "warning", f"{settings.data} does not exist yet; 'hotline run' makes it")
    if not os.access(settings.data, os.W_OK):
        return Finding("data", "failed", f"{settings.data} is not writable")
    free = shutil.disk_usage(settings.data).free
    state = "ok" if free > FREE_BYTES else "warning"
    return Finding("data", state, f"{settings.data}, {free / 1e9:.1f} GB free")


def _secrets(settings: Settings) -> Finding:
    loose = [p.name for p in settings.secrets_folder.glob("*.key") if p.stat().st_mode & 0o077]
    if loose:
        return Finding("secrets", "failed", f"readable by others: {', '.join(loose)}; run chmod 600")
    return Finding("secrets", "ok", f"{len(list(settings.secrets_folder.glob('*.key')))} keys")


def _database(settings: Settings) -> Finding:
    if settings.database.startswith("sqlite") and not (settings.data / "hotline.db").exists():
        return Finding("database", "warning", "not made yet; 'hotline run' makes it")
    revision, newest = current(settings.database)
    if revision != newest:
        return Finding("database", "failed", f"at {revision}, this version needs {newest}: 'hotline migrate'")
    return Finding("database", "ok", f"{settings.database.split(':')[0]}, schema {revision}")


def _parked(settings: Settings) -> Finding:
    if _database(settings).state != "ok":
        return Finding("deliveries", "absent", "no database yet")

    async def count() -> int:
        database, clock = open_database(settings.database), SystemClock()
        try:
            async with database.read() as reader:
                deliveries = await Inbox(clock).parked(reader)
                return len(deliveries) + len(await JobQueue(database, clock).parked(reader))
        finally:
            await database.close()

    parked = asyncio.run(count())
    if parked:
        return Finding("deliveries", "warning", f"{parked} parked: see Admin > Failures")
    return Finding("deliveries", "ok", "none parked")


def _pages(_settings: Settings) -> Finding:
    folder = built_ui()
    if folder is None:
        return Finding("pages", "failed", "the user interface was not built: 'make run' builds it")
    return Finding("pages", "ok", str(folder))


def _https(settings: Settings) -> Finding:
    if settings.https:
        return Finding("https", "ok", str(settings.certificate))
    return Finding("https", "absent", "pages only on this machine; 'hotline cert' for an intranet")


def _calendar(_settings: Settings) -> Finding:
    calendar, today = holiday_calendar(), datetime.now(CITY_TIME).date()
    missing = missing_years(calendar, today)
    if missing:
        years = ", ".join(map(str, missing))
        return Finding("calendar", "warning", f"no public holidays known for {years}: update chinesecalendar")
    return Finding("calendar", "ok", f"public holidays known until {max(calendar.known_years)}")


def _classifier(settings: Settings) -> Finding:
    if not settings.classifier:
        return Finding("classifier", "absent", "switched off")
    bench = Workbench(settings.data)
    if not bench.is_trained:
        return Finding("classifier", "warning", "not trained yet; the first start does it in half a minute")
    return Finding("classifier", "ok", f"model {bench.version}")


def _speech(settings: Settings) -> Finding:
    if settings.speech_engine == OFF:
        return Finding("speech", "absent", "switched off")
    found = speech_folder(settings)
    state = {"ok": "ok", "absent": "absent"}.get(found.state, "failed")
    return Finding("speech", state, found.detail)


CHECKS: dict[str, Callable[[Settings], Finding]] = {
    "python": _python,
    "data": _data,
    "secrets": _secrets,
    "database": _database,
    "deliveries": _parked,
    "pages": _pages,
    "https": _https,
    "calendar": _calendar,
    "classifier": _classifier,
    **LINE_CHECKS,
    "speech": _speech,
}
