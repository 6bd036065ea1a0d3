"""A whole file: each channel by itself, cut where nobody speaks, read piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nlp.speech.endpoints import Endpointer, Piece
from nlp.speech.sound import opened
from nlp.speech.spoken import Engine, Spoken, joined, seconds

SILENCE_S = 0.8
LONGEST_PIECE_S = 30.0
MONO, STEREO = ["mono"], ["left", "right"]

Told = Callable[[str, int, Spoken], None]
"""Told of a leg, the number of the segment in it, and its words, with times in the file."""


def read_file(engine: Engine, path: Path, told: Told) -> tuple[float, list[str]]:
    """Tell every segment; returns the length in seconds, and the legs. Raises ``BadSound``, ``OSError``."""
    with opened(path) as sound:
        legs = MONO if sound.channels == 1 else STEREO
        readers = [_LegReader(engine, leg, told) for leg in legs]
        for block in sound.blocks():
            for reader, pcm in zip(readers, block, strict=True):
                reader.take(pcm)
        for reader in readers:
            reader.end()
    return max(reader.taken_s for reader in readers), legs


class _LegReader:
    def __init__(self, engine: Engine, leg: str, told: Told) -> None:
        self._engine, self._leg, self._told = engine, leg, told
        self._ends = Endpointer(SILENCE_S, LONGEST_PIECE_S)
        self._number = 0
        self.taken_s = 0.0

    def take(self, pcm: bytes) -> None:
        self.taken_s += seconds(pcm)
        for piece in self._ends.feed(pcm):
            self._read(piece)

    def end(self) -> None:
        for piece in self._ends.finish():
            self._read(piece)

    def _read(self, piece: Piece) -> None:
        for spoken in self._engine.piece(piece.pcm):
            if text := joined(spoken.text):
                begun, ended = piece.start_s + spoken.start_s, min(piece.end_s, piece.start_s + spoken.end_s)
                self._told(self._leg, self._number, Spoken(begun, ended, text, spoken.confidence))
                self._number += 1
