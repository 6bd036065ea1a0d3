"""The mixer: finds the files of calls that are over, says what is missing, and puts the rest together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Database, Tx
from hotline.kernel.events import Recorded
from hotline.ports.clock import Clock
from hotline.ports.lease import Leases
from hotline.recordings import store
from hotline.recordings.events import RecordingChanged
from hotline.recordings.mixing import Leg, NoSound, Sound, measure, mix
from hotline.recordings.model import CALLER, State
from hotline.recordings.service import Recordings

LEASE = "recordings"
LOOK_SECONDS = 5.0
COMPLETE_WITHIN = timedelta(seconds=30)
"""So long after a call its last file may take to be complete; what is not there then is missing."""
NAME = re.compile(
    r"(?P<call>[A-Za-z0-9_.\-]{1,100})~(?P<leg>[A-Za-z0-9_.\-]{1,64})~[A-Za-z0-9_.\-]{1,100}\.wav"
)
"""What the exchange calls its files: call, leg, channel."""
log = logging.getLogger(__name__)

Owner = Callable[[Tx, str, datetime], Awaitable[bool]]
"""Told of a call, and when it began, of which there may be only a recording; tells whether it is over."""


class Mixer:
    """One at a time. ``folder`` is where the exchange puts complete recordings of single legs.

    The folder is compared with what we were told whenever the line is back: what goes on is known then.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        leases: Leases,
        recordings: Recordings,
        folder: Path,
        owner: Owner,
        is_line_up: Callable[[], bool],
    ) -> None:
        self._database = database
        self._clock = clock
        self._leases = leases
        self._recordings = recordings
        self._folder = folder
        self._owner = owner
        self._is_line_up = is_line_up
        self._was_up = False
        self._wake = asyncio.Event()

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener."""
        if any(isinstance(r.event, RecordingChanged) for r in recorded):
            self._wake.set()

    async def run(self) -> None:
        """Look after every call."""
        async with self._leases.hold(LEASE):
            while True:
                self._wake.clear()
                is_up = self._is_line_up()
                if is_up and not self._was_up:
                    await self.reconcile()
                self._was_up = is_up
                await self.step()
                # Not wait_for: before Python 3.12 it can lose a cancellation that meets the wake-up.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._wake.wait()

    async def reconcile(self) -> int:
        """Take in files that nobody told us of, and those that were missing; how many."""
        files = await asyncio.to_thread(_listed, self._folder)
        async with self._database.read() as reader:
            names = [file.name for file in files]
            known = await store.known_files(reader, names)
            found_late = await store.missing_files(reader, names)
        taken = 0
        for leg in found_late:
            if self._measured(leg.file) is not None:
                async with self._database.uow() as tx:
                    await self._recordings.found_late(tx, leg)
                taken += 1
        for file in files:
            if file.name not in known and (named := NAME.fullmatch(file.name)) is not None:
                await self._take(file, named["call"], named["leg"])
                taken += 1
        return taken

    async def _take(self, file: Path, call_id: str, leg: str) -> None:
        began, ended = await asyncio.to_thread(_times, file)
        async with self._database.uow() as tx:
            is_over = await self._owner(tx, call_id, began)
            await self._recordings.leg_began(tx, call_id, leg, file.name, began)
            if is_over:
                await self._recordings.call_ended(tx, call_id, ended)

    async def step(self) -> None:
        """Everything that can be settled now."""
        async with self._database.read() as reader:
            rows = await store.expected(reader)
        for row in rows:
            try:
                await self._settle(row)
            except OSError as error:
                log.error(
                    "a recording cannot be put together", extra={"recording": row.id, "error": repr(error)}
                )

    async def _settle(self, row: sa.Row[Any]) -> None:
        async with self._database.read() as reader:
            legs = await store.legs_of(reader, row.id)
        found = {leg.file: await asyncio.to_thread(self._measured, leg.file) for leg in legs}
        is_late = self._clock.now() - row.ended_at > COMPLETE_WITHIN
        if not is_late and not all(found.values()):
            return
        values = {leg.file: _values(found[leg.file]) for leg in legs}
        there = [
            Leg(self._folder / leg.file, leg.started_at, leg.leg == CALLER) for leg in legs if found[leg.file]
        ]
        mixed: dict[str, Any] = {"state": State.MISSING, "seconds": None, "bytes": None}
        if there:
            mixed = _values(await asyncio.to_thread(mix, there, mixed_file(self._folder, row.id)))
        async with self._database.uow() as tx:
            now = await store.by_id(tx, row.id)
            # Another leg was found meanwhile: the next look takes all of them.
            if now is not None and now.version == row.version:
                await self._recordings.found(tx, row, values, mixed)

    def _measured(self, file: str) -> Sound | None:
        try:
            return measure(self._folder / file)
        except NoSound:
            return None


def mixed_file(folder: Path, recording_id: str) -> Path:
    """Where the mixed file of a recording stands."""
    return folder / "mixed" / f"{recording_id}.wav"


def _values(sound: Sound | None) -> dict[str, Any]:
    if sound is None:
        return {"state": State.MISSING, "seconds": None, "bytes": None}
    return {"state": State.READY, "seconds": sound.seconds, "bytes": sound.bytes}


def _times(file: Path) -> tuple[datetime, datetime]:
    """When a complete leg began and ended."""
    ended = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    try:
        return ended - timedelta(seconds=measure(file).seconds), ended
    except NoSound:
        return ended, ended


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.wav"))
