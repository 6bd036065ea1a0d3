"""The exchange's own records of calls that have ended: what came and went while nobody listened.

They carry plain numbers, so a file that was read, and whose calls were taken, is deleted.
"""

from __future__ import annotations

import asyncio
import csv
import itertools
import logging
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hotline.ports.callsink import CallPassed, CallSink
from hotline.ports.pbx import Direction

SOURCE, CALLER_ID, OTHER, START, END, DISPOSITION, CALL, MARK = 1, 4, 6, 9, 11, 14, 16, 17
"""Columns; ``MARK`` is what the dialplan writes on callers' channels and no other: ``direction/called``."""
FILE = "Master.csv"
AGENT = re.compile(r"PJSIP/([A-Za-z0-9_.\-]{1,64})-[0-9a-f]{8,}")
NAME = re.compile(r'"(.*)" <.*>')
log = logging.getLogger(__name__)

Row = Sequence[str]


def passed_calls(rows: Iterable[Row]) -> list[CallPassed]:
    """One call of all its rows: the wait, and each attempt to hand it over. Other rows are left out."""
    calls: dict[str, list[Row]] = {}
    for row in rows:
        if len(row) > MARK and row[MARK].partition("/")[0] in {*Direction}:
            calls.setdefault(row[CALL], []).append(row)
    return [call for mine in calls.values() if (call := _call(mine)) is not None]


def _call(rows: Sequence[Row]) -> CallPassed | None:
    try:
        begin, end = min(_moment(row[START]) for row in rows), max(_moment(row[END]) for row in rows)
    except ValueError:
        log.error("a call's record is not readable")
        return None
    last = rows[-1]
    direction, _, called = last[MARK].partition("/")
    talks = [row[OTHER] for row in rows if row[DISPOSITION] == "ANSWERED"]
    agents = [found[1] for other in talks if (found := AGENT.fullmatch(other))]
    name = NAME.fullmatch(last[CALLER_ID])
    outbound = direction == Direction.OUTBOUND
    return CallPassed(
        call_id=last[CALL],
        number=called if outbound else last[SOURCE],
        name=name[1] if name is not None and not outbound else "",
        called=called,
        direction=Direction(direction),
        agent=agents[-1] if agents else None,
        arrived_at=begin,
        at=end,
    )


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


@dataclass(frozen=True)
class Taken:
    """What was read, and the files with their sizes when they were."""

    calls: Sequence[CallPassed] = ()
    files: Mapping[Path, int] | None = None


class CallRecords:
    """The folder where the exchange writes its records. Methods block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self) -> Taken:
        """Every record that was not done with, also those of a time when we were killed in between."""
        source = self._folder / FILE
        if source.exists():
            # The exchange opens its file for each record: the next one goes into a new file.
            source.rename(next(path for path in self._names() if not path.exists()))
        files = {path: path.stat().st_size for path in sorted(self._folder.glob("taken-*.csv"))}
        rows: list[Row] = []
        for path in files:
            with path.open(encoding="utf-8", errors="replace", newline="") as file:
                rows += csv.reader(line.replace("\0", "") for line in file)
        return Taken(passed_calls(rows), files)

    def done(self, taken: Taken) -> None:
        """The calls are known: the files go, unless the exchange was writing its last record into one."""
        for path, size in (taken.files or {}).items():
            if path.stat().st_size == size:
                path.unlink()

    def _names(self) -> Iterable[Path]:
        return (self._folder / f"taken-{number:04}.csv" for number in itertools.count(1))


async def tell_passed(records: CallRecords, sink: CallSink, but: Container[str]) -> None:
    """Tell of every call on record except those of ``but``. What is not taken is told again another time."""
    taken = await asyncio.to_thread(records.take)
    told = [await _took(sink, call) for call in taken.calls if call.call_id not in but]
    if all(told):
        await asyncio.to_thread(records.done, taken)


async def _took(sink: CallSink, call: CallPassed) -> bool:
    try:
        await sink.happened(call)
    except Exception as error:
        log.error("a record was not taken: %s", type(error).__name__, exc_info=True)
        return False
    return True
