"""Where speech begins and ends: voice activity by WebRTC's detector, in pieces of bounded length."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import webrtcvad

from nlp.speech.spoken import RATE, SAMPLE_BYTES, seconds

FRAME_S = 0.03
FRAME = int(RATE * FRAME_S) * SAMPLE_BYTES
STRICTNESS = 2
"""0 takes the most for speech, 3 the least."""
BEGINS_S = 0.09
"""So much speech in a row begins an utterance: a click does not."""
BEFORE_S = 0.3
"""Kept from before the beginning: detectors are late by a consonant."""


@dataclass(frozen=True)
class Piece:
    """Speech: where it begins in the whole, in seconds, and its sound at ``RATE``."""

    start_s: float
    pcm: bytes

    @property
    def end_s(self) -> float:
        """Where it ends."""
        return self.start_s + seconds(self.pcm)


class Endpointer:
    """Cuts 16-bit PCM at ``RATE`` into utterances.

    ``silence_s`` of silence end one; one that gets ``longest_s`` long is cut there.
    """

    def __init__(self, silence_s: float, longest_s: float) -> None:
        self._detector = webrtcvad.Vad(STRICTNESS)
        self._silent_frames = round(silence_s / FRAME_S)
        self._longest = int(longest_s * RATE) * SAMPLE_BYTES
        self._rest = b""
        self._before: deque[bytes] = deque(maxlen=round(BEFORE_S / FRAME_S))
        self._heard_bytes = 0
        self._spoken = 0
        self._silent = 0
        self._open: bytearray | None = None
        self._open_from = 0

    @property
    def is_open(self) -> bool:
        """Whether somebody is speaking."""
        return self._open is not None

    @property
    def current(self) -> Piece:
        """The utterance so far; empty when nobody speaks."""
        return Piece(self._at(self._open_from), bytes(self._open or b""))

    @property
    def current_s(self) -> float:
        """How long it is."""
        return 0.0 if self._open is None else self._at(len(self._open))

    def feed(self, pcm: bytes) -> Iterator[Piece]:
        """Take sound; the utterances that ended in it."""
        data = self._rest + pcm
        whole = len(data) // FRAME * FRAME
        self._rest = data[whole:]
        for i in range(0, whole, FRAME):
            if (piece := self._frame(data[i : i + FRAME])) is not None:
                yield piece

    def finish(self) -> Iterator[Piece]:
        """The utterance that the end cut off."""
        if self._open is not None:
            self._open += self._rest
            yield self._closed()
        self._rest = b""

    def _frame(self, frame: bytes) -> Piece | None:
        is_speech = self._detector.is_speech(frame, RATE)
        self._heard_bytes += len(frame)
        self._spoken = self._spoken + 1 if is_speech else 0
        if self._open is None:
            self._before.append(frame)
            if self._spoken * FRAME_S >= BEGINS_S - FRAME_S / 2:
                self._open = bytearray(b"".join(self._before))
                self._open_from = self._heard_bytes - len(self._open)
                self._before.clear()
                self._silent = 0
            return None
        self._open += frame
        self._silent = 0 if is_speech else self._silent + 1
        if self._silent >= self._silent_frames or len(self._open) >= self._longest:
            return self._closed()
        return None

    def _closed(self) -> Piece:
        piece = self.current
        self._open, self._silent = None, 0
        return piece

    @staticmethod
    def _at(count: int) -> float:
        return count / SAMPLE_BYTES / RATE


class Quiet:
    """For how long nobody has spoken, at any rate that the detector knows; at others it says 0."""

    def __init__(self, rate: int) -> None:
        self._detector = webrtcvad.Vad(STRICTNESS)
        self._rate = rate
        self._frame = int(rate * FRAME_S) * SAMPLE_BYTES
        self._is_known = bool(webrtcvad.valid_rate_and_frame_length(rate, int(rate * FRAME_S)))
        self._rest = b""
        self.for_s = 0.0

    def feed(self, pcm: bytes) -> None:
        """Take 16-bit PCM."""
        if not self._is_known:
            return
        data = self._rest + pcm
        whole = len(data) // self._frame * self._frame
        self._rest = data[whole:]
        for i in range(0, whole, self._frame):
            is_speech = self._detector.is_speech(data[i : i + self._frame], self._rate)
            self.for_s = 0.0 if is_speech else self.for_s + FRAME_S
