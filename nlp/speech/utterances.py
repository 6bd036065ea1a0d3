"""Live listening for engines that read whole utterances only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import soxr

from nlp.speech.endpoints import Endpointer, Piece
from nlp.speech.spoken import LONGEST_UTTERANCE_S, RATE, Spoken

SILENCE_S = 0.7
PARTIAL_EVERY_S = 2.0
"""So much new sound is worth reading an utterance again before it has ended."""

Read = Callable[[bytes], Sequence[Spoken]]


class UtteranceListener:
    """Implements ``Listener``: an utterance is read when it ends, and now and then before."""

    def __init__(self, read: Read, rate: int) -> None:
        self._read = read
        self._resampler = None if rate == RATE else soxr.ResampleStream(rate, RATE, 1, dtype="int16")
        self._ends = Endpointer(SILENCE_S, LONGEST_UTTERANCE_S)
        self._read_s = 0.0

    def accept(self, pcm: bytes, hurried: bool) -> Iterable[Spoken]:
        """See ``Listener``."""
        for piece in self._ends.feed(self._at_rate(pcm, last=False)):
            self._read_s = 0.0
            yield self._one(piece, final=True)
        if not hurried and self._ends.current_s - self._read_s >= PARTIAL_EVERY_S:
            self._read_s = self._ends.current_s
            partial = self._one(self._ends.current, final=False)
            if partial.text:
                yield partial

    def finish(self) -> Iterator[Spoken]:
        """See ``Listener``."""
        for piece in (*self._ends.feed(self._at_rate(b"", last=True)), *self._ends.finish()):
            yield self._one(piece, final=True)

    def _one(self, piece: Piece, final: bool) -> Spoken:
        """The utterance as one; without text when nothing was understood."""
        parts = [part for part in self._read(piece.pcm) if part.text]
        if not parts:
            return Spoken(piece.start_s, piece.end_s, "", None, final)
        known = [part.confidence for part in parts if part.confidence is not None]
        return Spoken(
            piece.start_s + parts[0].start_s,
            min(piece.end_s, piece.start_s + parts[-1].end_s),
            " ".join(part.text for part in parts),
            sum(known) / len(known) if known else None,
            final,
        )

    def _at_rate(self, pcm: bytes, last: bool) -> bytes:
        if self._resampler is None:
            return pcm
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.int16)
        return bytes(self._resampler.resample_chunk(samples, last=last).astype("<i2").tobytes())
