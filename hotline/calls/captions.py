"""Captions: while citizen and agent talk, what each of them says becomes text.

Wherever we own the line, each leg of a call that talks is tapped and given to the transcriber. Final words go
into the call's live transcript; words that may still change are shown and forgotten. Without an engine, or
without sound, calls go on as ever (DOMAIN E33).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hotline.calls import store
from hotline.calls.events import CallChanged
from hotline.calls.leg_caption import LegCaption
from hotline.calls.line import Line
from hotline.calls.model import ENDED
from hotline.errors import DomainError
from hotline.kernel.db import Database
from hotline.kernel.events import Event, Recorded
from hotline.ports.audiosink import Leg
from hotline.ports.clock import Clock
from hotline.ports.pbx import CallState, Outcome
from hotline.ports.transcriber import EngineState, EngineStatus, Segment, Transcriber
from hotline.recordings import transcript_store
from hotline.recordings.events import SegmentGuessed, SpeechTurned
from hotline.recordings.transcripts import Transcripts

LOOK_SECONDS = 0.5
AGAIN_SECONDS = 2.0
"""A leg that could not be tapped, or whose tap broke, is tried again after so long."""
BATCH = 64
DEAF = (EngineState.OFF, EngineState.MISSING_MODEL)
log = logging.getLogger(__name__)

Key = tuple[str, Leg]


class Captions:
    """One worker; ``signal`` tells live views of what no commit carries."""

    def __init__(
        self, database: Database, clock: Clock, line: Line, transcripts: Transcripts, transcriber: Transcriber
    ) -> None:
        self._database = database
        self._clock = clock
        self._line = line
        self._transcripts = transcripts
        self._transcriber = transcriber
        self._signal: Callable[[Event], None] = lambda _event: None
        self._told_status = transcriber.status
        self._wake = asyncio.Event()
        self._legs: dict[Key, LegCaption] = {}
        self._not_before: dict[Key, float] = {}
        self._next: dict[Key, int] = {}
        self._partial: dict[str, dict[str, tuple[Segment, int]]] = {}
        self._final: deque[tuple[LegCaption, Segment]] = deque()
        self._writing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def on_signal(self, signal: Callable[[Event], None]) -> None:
        """Who is told of words that may still change."""
        self._signal = signal

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener: look again when a call changed."""
        if any(isinstance(r.event, CallChanged) for r in recorded):
            self._wake.set()

    @property
    def status(self) -> EngineStatus:
        """How the engine is doing."""
        return self._transcriber.status

    def partial(self, call_id: str) -> dict[str, tuple[Segment, int]]:
        """Words of a call that may still change, by their name, each with the count of its changes."""
        return self._partial.get(call_id, {})

    async def run(self) -> None:
        """Caption every call for ever."""
        await self._settle_left()
        try:
            while True:
                self._wake.clear()
                await self.step()
                # Not wait_for: before Python 3.12 it can lose a cancellation that meets the wake-up.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._wake.wait()
        finally:
            for caption in list(self._legs.values()):
                self._untap(caption)
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def step(self) -> None:
        """Tap who talks, let go of who does not, write down what was heard."""
        if self.status != self._told_status:
            self._told_status = self.status
            self._signal(SpeechTurned(aggregate="speech"))
        talking = {}
        if self._line.is_up and self.status.state not in DEAF:
            async with self._database.read() as reader:
                rows = await store.going_on(reader, CallState.TALKING)
            talking = {(row.id, leg): row for row in rows for leg in Leg}
        now = asyncio.get_running_loop().time()
        for key, caption in list(self._legs.items()):
            caption.fill(now)
            if key not in talking:
                self._untap(caption)
        for key, row in talking.items():
            if key not in self._legs and self._not_before.get(key, 0.0) <= now:
                self._legs[key] = caption = self._caption(row, key[1])
                self._begin(self._tap, caption)
        await self._write()

    async def _settle_left(self) -> None:
        """Calls that ended while nobody listened."""
        async with self._database.uow() as tx:
            for call_id in await transcript_store.live_calls(tx):
                row = await store.by_id(tx, call_id)
                if row is None or row.state == ENDED:
                    await self._transcripts.live_ended(tx, call_id)

    # -- legs

    def _caption(self, row: sa.Row[Any], leg: Leg) -> LegCaption:
        began_at = row.answered_at or self._clock.now()
        offset_s = max(0.0, (self._clock.now() - began_at).total_seconds())
        return LegCaption(row.id, row.conversation_id, leg, began_at, offset_s, self._told, self._ended)

    async def _tap(self, caption: LegCaption) -> None:
        key = (caption.call_id, caption.leg)
        if key not in self._next:
            async with self._database.read() as reader:
                rows = await transcript_store.live_segments(reader, caption.call_id)
            self._next[key] = max((row.number + 1 for row in rows if row.leg == caption.leg), default=0)
        caption.begin(self._transcriber, self._next[key], asyncio.get_running_loop().time())
        outcome = Outcome.UNKNOWN
        try:
            outcome = await self._line.pbx.tap(*key, caption)
        except DomainError as error:
            log.warning("a leg cannot be heard", extra={"call": caption.call_id, "code": error.code})
        if outcome is not Outcome.DONE:
            caption.ended()

    def _untap(self, caption: LegCaption) -> None:
        with contextlib.suppress(DomainError):
            self._line.pbx.untap(caption.call_id, caption.leg)
        caption.ended()

    def _ended(self, caption: LegCaption) -> None:
        """The leg is gone, or its tap is: the last words are awaited beside."""
        key = (caption.call_id, caption.leg)
        if self._legs.get(key) is caption:
            del self._legs[key]
            self._not_before[key] = asyncio.get_running_loop().time() + AGAIN_SECONDS
        self._begin(self._finish, caption)

    async def _finish(self, caption: LegCaption) -> None:
        await caption.finish()
        self._wake.set()
        if any(call_id == caption.call_id for call_id, _ in self._legs):
            return
        await self._write()
        async with self._database.uow() as tx:
            row = await store.by_id(tx, caption.call_id)
            if row is None or row.state == CallState.TALKING:
                return
            await self._transcripts.live_ended(tx, caption.call_id)
        for leg in Leg:
            self._next.pop((caption.call_id, leg), None)
            self._not_before.pop((caption.call_id, leg), None)
        self._partial.pop(caption.call_id, None)

    # -- words

    def _told(self, caption: LegCaption, segment: Segment) -> None:
        name = segment_name(segment.leg, segment.number)
        words = self._partial.setdefault(caption.call_id, {})
        if segment.final:
            key = (caption.call_id, caption.leg)
            self._next[key] = max(self._next.get(key, 0), segment.number + 1)
            self._final.append((caption, segment))
            self._wake.set()
            if segment.text:
                return  # stands as a guess until it is written down
            words.pop(name, None)
        else:
            words[name] = (segment, words[name][1] + 1 if name in words else 1)
        self._signal(_guessed(caption, segment))

    async def _write(self) -> None:
        async with self._writing:
            await self._write_all()

    async def _write_all(self) -> None:
        while self._final:
            batch = [self._final.popleft() for _ in range(min(BATCH, len(self._final)))]
            try:
                await self._write_down(batch)
            except BaseException:
                self._final.extendleft(reversed(batch))
                raise
            for caption, segment in batch:
                words = self._partial.get(caption.call_id, {})
                words.pop(segment_name(segment.leg, segment.number), None)

    async def _write_down(self, batch: Sequence[tuple[LegCaption, Segment]]) -> None:
        async with self._database.uow() as tx:
            for caption, segment in batch:
                transcript = await self._transcripts.live(tx, caption.call_id, self._transcriber.status)
                at = caption.began_at + timedelta(seconds=segment.end_s)
                await self._transcripts.heard(tx, transcript, caption.call_id, segment, at)

    # -- tasks

    def _begin(self, step: Callable[[LegCaption], Awaitable[None]], caption: LegCaption) -> None:
        task = asyncio.create_task(self._guarded(step, caption))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, step: Callable[[LegCaption], Awaitable[None]], caption: LegCaption) -> None:
        try:
            await step(caption)
        except Exception:
            # Whatever it was, the call goes on and so do the captions of others.
            log.exception("captions of a leg failed")


def segment_name(leg: str, number: int) -> str:
    """What a segment is called in live views of its call."""
    return f"{leg}-{number}"


def _guessed(caption: LegCaption, segment: Segment) -> SegmentGuessed:
    return SegmentGuessed(
        aggregate=f"call:{caption.call_id}",
        transcript_id="",
        call_id=caption.call_id,
        leg=segment.leg,
        number=segment.number,
    )
