"""Archive transcripts: each recording is read once it is put together, one at a time, whatever happens.

A recording that waits for an engine or a model keeps waiting, and says for what; one that no engine can read
is given up with its reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from hotline.errors import InvalidInput, Unavailable
from hotline.kernel.db import Database, Tx
from hotline.kernel.events import Recorded
from hotline.kernel.relay import Subscription
from hotline.ports.audiosink import Leg
from hotline.ports.clock import Clock
from hotline.ports.lease import Leases
from hotline.ports.transcriber import FileText, Segment, Transcriber
from hotline.recordings import store
from hotline.recordings.events import RecordingChanged, TranscriptChanged
from hotline.recordings.mixer import mixed_file
from hotline.recordings.model import State
from hotline.recordings.transcripts import Transcripts

LEASE = "transcripts"
LOOK_SECONDS = 5.0
IDLE_SECONDS = 60.0
"""An engine that has had nothing to read for so long is let go: a model takes much memory."""
PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
TRIES = 5
"""A recording that killed the engine so often is given up."""
SIDES = {"left": Leg.CITIZEN, "mono": Leg.CITIZEN, "right": Leg.AGENT}
log = logging.getLogger(__name__)


class Transcribing:
    """See the module. ``folder`` is where the mixed recordings stand."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        leases: Leases,
        transcripts: Transcripts,
        transcriber: Transcriber,
        folder: Path,
    ) -> None:
        self._database = database
        self._clock = clock
        self._leases = leases
        self._transcripts = transcripts
        self._transcriber = transcriber
        self._folder = folder
        self._wake = asyncio.Event()

    def subscriptions(self) -> list[Subscription]:
        """What is to be heard of recordings."""
        return [Subscription("transcripts", RecordingChanged, self.recorded)]

    async def recorded(self, tx: Tx, recorded: Recorded) -> None:
        """A recording is there: it is to be read."""
        event = cast(RecordingChanged, recorded.event)
        if event.state == State.READY:
            await self._transcripts.plan(tx, event.call_id)

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener."""
        if any(isinstance(r.event, TranscriptChanged) for r in recorded):
            self._wake.set()

    async def run(self) -> None:
        """Read for ever."""
        async with self._leases.hold(LEASE):
            idle_since = asyncio.get_running_loop().time()
            try:
                while True:
                    self._wake.clear()
                    while await self.step():
                        idle_since = asyncio.get_running_loop().time()
                    if asyncio.get_running_loop().time() - idle_since > IDLE_SECONDS:
                        await self._transcriber.close()
                    # Not wait_for: before Python 3.12 it can lose a cancellation that meets the wake-up.
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await self._wake.wait()
            finally:
                await self._transcriber.close()

    async def step(self) -> bool:
        """Read one recording that is due; False when none is."""
        async with self._database.read() as reader:
            row = await self._transcripts.due(reader)
            recording = await store.of_call(reader, row.call_id) if row is not None else None
        if row is None:
            return False
        if recording is None or recording.state != State.READY:
            await self._give_up(row, "recording_missing", "")
            return True
        try:
            await self._transcriber.start()
            text = await self._transcriber.transcribe(mixed_file(self._folder, recording.id))
        except InvalidInput as error:
            await self._give_up(row, error.code, str(error))
        except Unavailable as error:
            await self._try_later(row, error)
        else:
            async with self._database.uow() as tx:
                await self._transcripts.read(tx, row, text.by, _by_leg(text))
        return True

    async def _try_later(self, row: sa.Row[Any], error: Unavailable) -> None:
        """A missing model is waited for as long as it takes; an engine that dies of it is not."""
        detail = str(error.params.get("detail", ""))
        has_died = error.code == "speech_engine_died"
        if has_died and row.attempts + 1 >= TRIES:
            await self._give_up(row, error.code, detail)
            return
        pause = min(PAUSE * 2 ** min(row.attempts, 10), LONGEST_PAUSE)
        async with self._database.uow() as tx:
            await self._transcripts.later(tx, row, error.code, detail, pause)

    async def _give_up(self, row: sa.Row[Any], code: str, detail: str) -> None:
        log.warning("a recording is not transcribed", extra={"call": row.call_id, "code": code})
        async with self._database.uow() as tx:
            await self._transcripts.failed(tx, row, code, detail)


def _by_leg(text: FileText) -> list[Segment]:
    """The recording's sides are ours: the caller left, agents right."""
    return [replace(segment, leg=SIDES[segment.leg]) for segment in text.segments]
