"""AudioSink port: the sound of one leg of a running call, told while it is heard."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

RATE = 16_000
"""Samples a second of what a sink is given: 16-bit little-endian PCM, one channel."""


class Leg(StrEnum):
    """A side of a call. Legs are never mixed: who said something is known by its leg."""

    CITIZEN = "citizen"
    AGENT = "agent"


class AudioSink(Protocol):
    """Told of the frames of one leg, in order; both methods return at once."""

    def frame(self, pcm: bytes) -> None:
        """The next sound (20 ms as a rule). Whoever is silent sends silence, or nothing at all."""
        ...

    def ended(self) -> None:
        """Nothing more comes: the leg is gone, the tap was closed, or its connection broke."""
        ...
