"""One stereo file out of a call's legs: the caller on the left, agents on the right, aligned by their starts.

Pure but for the files. Sound is 16-bit PCM as the exchange writes it; nothing else is taken.
"""

from __future__ import annotations

import array
import os
import sys
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

SAMPLE_BYTES = 2
LOUDEST, QUIETEST = 32767, -32768
LONGEST_SECONDS = 4 * 3600
"""A leg that began so much later than the first did not belong to the same call."""


class NoSound(ValueError):
    """The file holds nothing that could be heard, or nothing that could be read."""


@dataclass(frozen=True)
class Leg:
    """A file, and when it begins; ``is_caller``: to the left."""

    path: Path
    started_at: datetime
    is_caller: bool


@dataclass(frozen=True)
class Sound:
    """What a file holds."""

    seconds: float
    bytes: int


def measure(path: Path) -> Sound:
    """Length and size of a leg. Raises ``NoSound``, also when it is absent."""
    with _opened(path) as file:
        frames, rate = file.getnframes(), file.getframerate()
    if frames == 0 or rate == 0:
        raise NoSound(path.name)
    return Sound(frames / rate, path.stat().st_size)


def mix(legs: Sequence[Leg], target: Path) -> Sound:
    """Write ``target``, whole or not at all. Raises ``NoSound`` when no leg has any sound."""
    rate, sides = 0, {True: array.array("h"), False: array.array("h")}
    begin = min(leg.started_at for leg in legs)
    for leg in legs:
        samples, rate_here = _samples(leg.path)
        rate = rate or rate_here
        if rate_here != rate:
            samples = _at_rate(samples, rate_here, rate)
        offset = min(LONGEST_SECONDS, (leg.started_at - begin).total_seconds())
        _lay(sides[leg.is_caller], samples, round(offset * rate))
    length = max(len(side) for side in sides.values())
    if length == 0:
        raise NoSound(target.name)
    both = array.array("h", bytes(SAMPLE_BYTES * 2 * length))
    for place, side in ((0, sides[True]), (1, sides[False])):
        both[place : 2 * len(side) : 2] = side
    return _write(target, both, rate, length)


def outline(path: Path, points: int) -> list[list[float]]:
    """For each channel so many peaks from 0 to 1, for drawing. Raises ``NoSound``."""
    with _opened(path) as file:
        channels, frames = file.getnchannels(), file.getnframes()
        step = max(1, -(-frames // points))
        peaks: list[list[float]] = [[] for _ in range(channels)]
        while data := file.readframes(step):
            samples = _native(data)
            for number, row in enumerate(peaks):
                channel = samples[number::channels]
                row.append(round(min(1.0, max(max(channel), -min(channel)) / LOUDEST), 3))
    return peaks


def _opened(path: Path) -> wave.Wave_read:
    try:
        file = wave.open(str(path), "rb")  # noqa: SIM115 - the caller closes it
    except (OSError, EOFError, wave.Error) as error:
        raise NoSound(path.name) from error
    if file.getsampwidth() != SAMPLE_BYTES:
        file.close()
        raise NoSound(path.name)
    return file


def _samples(path: Path) -> tuple[array.array[int], int]:
    with _opened(path) as file:
        samples = _native(file.readframes(file.getnframes()))
        return samples[:: file.getnchannels()], file.getframerate()


def _native(data: bytes) -> array.array[int]:
    samples = array.array("h", data[: len(data) // SAMPLE_BYTES * SAMPLE_BYTES])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _at_rate(samples: array.array[int], rate: int, wanted: int) -> array.array[int]:
    """The nearest samples: good enough to be understood, and rates differ only by a site's own setting."""
    count = len(samples) * wanted // rate
    return array.array("h", (samples[i * rate // wanted] for i in range(count)))


def _lay(side: array.array[int], samples: array.array[int], at: int) -> None:
    """Add ``samples`` from ``at`` on; where two speak at the same time they are summed."""
    if len(side) < at:
        side.extend(array.array("h", bytes(SAMPLE_BYTES * (at - len(side)))))
    shared = min(len(side) - at, len(samples))
    for i in range(shared):
        side[at + i] = max(QUIETEST, min(LOUDEST, side[at + i] + samples[i]))
    side.extend(samples[shared:])


def _write(target: Path, both: array.array[int], rate: int, length: int) -> Sound:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = target.with_suffix(".new")
    if sys.byteorder == "big":
        both.byteswap()
    with partial.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(rate)
        file.writeframes(both.tobytes())
    partial.chmod(0o600)
    handle = os.open(partial, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    partial.replace(target)
    return Sound(length / rate, target.stat().st_size)
