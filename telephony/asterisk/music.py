"""Music while waiting: a quiet arpeggio of our own, so that no one's rights are touched."""

from __future__ import annotations

import array
import math
import sys
import wave
from pathlib import Path

RATE = 8000
BEAT = 0.5
LOUDNESS = 2600
# Semitones above A3, four chords of eight notes.
CHORDS = ((3, 7, 10, 15), (0, 3, 7, 12), (-4, 3, 8, 12), (-2, 2, 5, 10))
ORDER = (0, 1, 2, 3, 2, 1, 2, 1)


def write_music(path: Path) -> None:
    """About 16 s that can be repeated without a seam: 8 kHz, 16 bit, mono."""
    samples = array.array("h", bytes(2 * int(RATE * BEAT * len(CHORDS) * len(ORDER))))
    for place, chord in enumerate(CHORDS):
        for beat, step in enumerate(ORDER):
            start = int(RATE * BEAT * (place * len(ORDER) + beat))
            _pluck(samples, start, 220 * 2 ** (chord[step] / 12))
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def _pluck(samples: array.array[int], start: int, pitch: float) -> None:
    """Add one fading note; what rings beyond the end begins again at the start."""
    for i in range(int(RATE * 3 * BEAT)):
        fade = math.exp(-3.2 * i / RATE) * min(1.0, i / 80)
        at = 2 * math.pi * pitch * i / RATE
        value = LOUDNESS * fade * (math.sin(at) + 0.25 * math.sin(2 * at))
        place = (start + i) % len(samples)
        samples[place] = max(-32768, min(32767, samples[place] + int(value)))
