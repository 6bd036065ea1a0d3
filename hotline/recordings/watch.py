"""The watch over recordings: while calls go on, is their sound on the disk? If not, an alarm within 30 s.

It looks at what there should be, so whatever the cause, it is noticed; and it tries the folder itself, so a
full disk is noticed before the next call. Calls go on all the while.
"""

from __future__ import annotations

import asyncio
import errno
import os
from datetime import timedelta
from pathlib import Path

from hotline.alarms.model import Kind
from hotline.alarms.service import Alarms
from hotline.kernel.db import Database
from hotline.ports.clock import Clock
from hotline.ports.lease import Leases
from hotline.recordings import store
from hotline.web.health import PartHealth

LEASE = "recording-watch"
LOOK_SECONDS = 5.0
FIRST_SOUND = timedelta(seconds=15)
"""So long after its beginning a leg has sound on the disk, if it is recorded at all."""
HEADER_BYTES = 44
PROBE = ".probe"
PROBE_BYTES = 64 * 1024
LEAST_FREE = 200 * 1024 * 1024
"""Bytes: some hours of one call."""


class RecordingWatch:
    """``folder`` is where complete recordings are; those that still grow are in ``live/`` below."""

    def __init__(
        self, database: Database, clock: Clock, leases: Leases, alarms: Alarms, folder: Path
    ) -> None:
        self._database = database
        self._clock = clock
        self._leases = leases
        self._alarms = alarms
        self._folder = folder
        self._reason: str | None = None
        self._is_told: bool | None = None

    async def run(self) -> None:
        """Look for ever."""
        async with self._leases.hold(LEASE):
            while True:
                await self.look()
                await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look once, and raise or end the alarm."""
        sounding, silent = await self._legs()
        reason = await asyncio.to_thread(_trouble, self._folder)
        if reason is None and silent:
            reason = "nothing_written"
        if reason is None and self._reason == "nothing_written" and not sounding:
            # Nobody is being recorded, so nothing shows yet that it works again.
            return
        self._reason = reason
        if reason is not None:
            if self._is_told is not True:
                async with self._database.uow() as tx:
                    await self._alarms.raised(tx, Kind.RECORDING_FAILS, reason=reason)
                self._is_told = True
        elif self._is_told is not False and (sounding or self._is_told):
            async with self._database.uow() as tx:
                await self._alarms.ended(tx, Kind.RECORDING_FAILS)
            self._is_told = False

    async def health(self) -> PartHealth:
        """For the health board."""
        if self._reason is None:
            return PartHealth("ok", "")
        return PartHealth("degraded", f"calls are not recorded: {self._reason}", self._reason)

    async def _legs(self) -> tuple[int, int]:
        """Of the legs that are being recorded: how many have sound, and how many should and have none."""
        async with self._database.read() as reader:
            legs = await store.growing(reader)
        late = self._clock.now() - FIRST_SOUND
        sizes = await asyncio.to_thread(lambda: [self._size(leg.file) for leg in legs])
        sounding = sum(size > HEADER_BYTES for size in sizes)
        silent = sum(
            size <= HEADER_BYTES and leg.started_at < late for leg, size in zip(legs, sizes, strict=True)
        )
        return sounding, silent

    def _size(self, file: str) -> int:
        for path in (self._folder / "live" / file, self._folder / file):
            try:
                return path.stat().st_size
            except OSError:
                continue
        return 0


def _trouble(folder: Path) -> str | None:
    """Why the folder takes no recordings; None when it does, or when no exchange ever made it."""
    live = folder / "live"
    if not folder.exists():
        return None
    try:
        with (live / PROBE).open("wb") as probe:
            probe.write(bytes(PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
        free = os.statvfs(live)
    except OSError as error:
        return "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "folder_unwritable"
    return "disk_low" if free.f_bavail * free.f_frsize < LEAST_FREE else None
