"""What engines give back, whichever they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

RATE = 16_000
"""Samples a second that whole pieces are given in."""
SAMPLE_BYTES = 2
LONGEST_UTTERANCE_S = 18.0
"""A live utterance is closed after so long, whoever goes on talking."""
_IDEOGRAPHS = f"{chr(0x3400)}-{chr(0x9FFF)}{chr(0xF900)}-{chr(0xFAFF)}"
_GAP = re.compile(rf"(?<=[{_IDEOGRAPHS}])\s+(?=[{_IDEOGRAPHS}])")


@dataclass(frozen=True)
class Spoken:
    """Words. Times are seconds from where the listener, or the piece, began."""

    start_s: float
    end_s: float
    text: str
    confidence: float | None
    final: bool = True


class Listener(Protocol):
    """One leg, live. Partial words replace each other until final ones come, even empty."""

    def accept(self, pcm: bytes, hurried: bool) -> Iterable[Spoken]:
        """Take 16-bit PCM; ``hurried``: more waits already, so partial words may be left out."""
        ...

    def finish(self) -> Iterable[Spoken]:
        """What was not told yet."""
        ...


class Engine(Protocol):
    """A loaded model. Several threads use it at a time."""

    def listener(self, leg: str, rate: int) -> Listener:
        """Listen to a leg, ``rate`` samples a second."""
        ...

    def piece(self, pcm: bytes) -> Sequence[Spoken]:
        """Read at most 30 s of 16-bit PCM at ``RATE``."""
        ...


class CannotLoad(Exception):
    """``code`` is a message code of the port: "speech_engine_missing" or "speech_model_wrong"."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


def seconds(pcm: bytes, rate: int = RATE) -> float:
    """How long 16-bit mono sound is."""
    return len(pcm) / SAMPLE_BYTES / rate


def joined(text: str) -> str:
    """The text as it is written: engines put blanks between Chinese words, writers do not."""
    return _GAP.sub("", " ".join(text.split()))
