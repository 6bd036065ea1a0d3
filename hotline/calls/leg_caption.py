"""One leg that is listened to: implements ``AudioSink``, keeps time, passes words on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from hotline.ports.audiosink import RATE, Leg
from hotline.ports.transcriber import Segment, Stream, Transcriber

LATE_S = 0.4
"""A telephone that is silent may send nothing: what is later than this is made up as silence."""


class LegCaption:
    """From the first frame of a tap to its end. ``offset_s``: since ``began_at``, when they began to talk."""

    def __init__(
        self,
        call_id: str,
        conversation_id: str,
        leg: Leg,
        began_at: datetime,
        offset_s: float,
        told: Callable[[LegCaption, Segment], None],
        gone: Callable[[LegCaption], None],
    ) -> None:
        self.call_id = call_id
        self.conversation_id = conversation_id
        self.leg = leg
        self.began_at = began_at
        self._offset_s = offset_s
        self._told, self._gone = told, gone
        self._stream: Stream | None = None
        self._first = 0
        self._begun = 0.0
        self._has_ended = False

    def begin(self, transcriber: Transcriber, first: int, now: float) -> None:
        """Listen from now on; its segments are numbered from ``first``."""
        self._first, self._begun = first, now
        self._stream = transcriber.open(self.leg, RATE, self._heard)

    def frame(self, pcm: bytes) -> None:
        """The next sound."""
        self.fill(asyncio.get_running_loop().time() - len(pcm) / 2 / RATE)
        if self._stream is not None and not self._has_ended:
            self._stream.feed(pcm)

    def fill(self, now: float) -> None:
        """Silence for what did not come: times stay true, and utterances end."""
        if self._stream is None or self._has_ended:
            return
        missing = now - self._begun - self._stream.fed_s
        if missing > LATE_S:
            self._stream.feed(bytes(int(missing * RATE) * 2))

    def ended(self) -> None:
        """The tap is over."""
        if not self._has_ended:
            self._has_ended = True
            self._gone(self)

    async def finish(self) -> None:
        """Wait for the last words."""
        if self._stream is not None:
            await self._stream.finish()

    def _heard(self, segment: Segment) -> None:
        self._told(
            self,
            replace(
                segment,
                number=segment.number + self._first,
                start_s=round(segment.start_s + self._offset_s, 3),
                end_s=round(segment.end_s + self._offset_s, 3),
            ),
        )
