"""The product's side of one leg that is listened to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from hotline.ports.transcriber import Heard, Segment
from nlp.speech.wire import Frame, Kind

SAMPLE_BYTES = 2
CHUNK_S = 0.1
FINISH_WITHIN_S = 10.0


class LegStream:
    """Implements ``ports.transcriber.Stream``. ``send`` tells whether a frame went out."""

    def __init__(
        self,
        number: int,
        leg: str,
        rate: int,
        heard: Heard,
        send: Callable[[Frame], bool],
        forget: Callable[[int], object],
    ) -> None:
        self._number, self._leg, self._rate = number, leg, rate
        self._heard, self._send, self._forget = heard, send, forget
        self._chunk = bytearray()
        self._chunk_bytes = int(rate * CHUNK_S) * SAMPLE_BYTES
        self._fed_bytes = 0
        self._unsent_s = 0.0
        self._next = 0
        self._partial: Segment | None = None
        self._is_open = False
        self._finished = asyncio.Event()
        self._is_finishing = False

    @property
    def fed_s(self) -> float:
        return self._fed_bytes / SAMPLE_BYTES / self._rate

    def feed(self, pcm: bytes) -> None:
        if self._is_finishing:
            return
        self._fed_bytes += len(pcm)
        self._chunk += pcm
        if len(self._chunk) >= self._chunk_bytes:
            self._send_chunk()

    async def finish(self) -> None:
        if not self._is_finishing:
            self._is_finishing = True
            self._send_chunk()
            if not (self._is_open and self._send(Frame(Kind.CLOSE, {"stream": self._number}))):
                self._finished.set()
        try:
            async with asyncio.timeout(FINISH_WITHIN_S):
                await self._finished.wait()
        except TimeoutError:
            self._settle_partial()
        finally:
            self._forget_once()

    def _send_chunk(self) -> None:
        if not self._chunk:
            return
        body = bytes(self._chunk)
        self._chunk.clear()
        if not self._is_open:
            return
        if self._unsent_s and self._send(
            Frame(Kind.SKIP, {"stream": self._number, "seconds": self._unsent_s})
        ):
            self._unsent_s = 0.0
        if self._unsent_s or not self._send(Frame(Kind.AUDIO, {"stream": self._number}, body)):
            self._unsent_s += len(body) / SAMPLE_BYTES / self._rate

    # -- what the transcriber says

    def begin(self) -> None:
        """An engine is there: what comes from now on is heard."""
        self._chunk.clear()
        self._unsent_s = 0.0
        head = {"stream": self._number, "leg": self._leg, "rate": self._rate}
        self._is_open = self._send(Frame(Kind.OPEN, head | {"offset_s": self.fed_s, "first": self._next}))

    def told(self, segment: Segment) -> None:
        """Pass it on."""
        if segment.final:
            self._next = segment.number + 1
            self._partial = None
        else:
            self._partial = segment
        self._heard(segment)

    def closed(self) -> None:
        """Nothing more will be told."""
        self._finished.set()

    def lost(self) -> None:
        """The engine is gone: what it had understood so far stays as it was."""
        self._is_open = False
        self._settle_partial()
        if self._is_finishing:
            self._finished.set()

    def _settle_partial(self) -> None:
        if self._partial is not None:
            self.told(replace(self._partial, final=True))

    def _forget_once(self) -> None:
        forget, self._forget = self._forget, lambda _number: None
        forget(self._number)
