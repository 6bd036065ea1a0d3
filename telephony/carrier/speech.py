"""Any WAV file as the carrier plays it: 8 kHz, 16 bit, mono."""

from __future__ import annotations

import array
import itertools
import sys
import wave
from pathlib import Path

from hotline.errors import ConfigurationError

RATE = 8000


def convert(source: Path, target: Path) -> float:
    """Write ``source`` to ``target`` in the carrier's form; returns its length in seconds.

    Raises ``ConfigurationError`` ("wav_unreadable", ``path``, ``reason``) for what is not PCM in WAV.
    """
    try:
        with wave.open(str(source), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            samples = _mono(_samples(file.readframes(file.getnframes()), width), channels)
    except (OSError, EOFError, wave.Error) as error:
        raise ConfigurationError("wav_unreadable", path=str(source), reason=str(error)) from error
    spoken = array.array("h", _resampled(samples, rate))
    if sys.byteorder == "big":
        spoken.byteswap()
    with wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(spoken.tobytes())
    return len(spoken) / RATE


def _samples(frames: bytes, width: int) -> list[int]:
    """16-bit values from little-endian PCM; 8 bit is unsigned, and of wider samples the top is kept."""
    if width == 1:
        return [(value - 128) << 8 for value in frames]
    ends = range(width - 2, len(frames) - 1, width)
    return [int.from_bytes(frames[i : i + 2], "little", signed=True) for i in ends]


def _mono(samples: list[int], channels: int) -> list[int]:
    if channels == 1:
        return samples
    return [sum(samples[i : i + channels]) // channels for i in range(0, len(samples), channels)]


def _resampled(samples: list[int], rate: int) -> list[int]:
    """Each new sample is the mean of what it stands for, or lies on the line between its neighbours."""
    if rate == RATE or not samples:
        return samples
    count = len(samples) * RATE // rate
    if rate > RATE:
        bounds = [i * rate // RATE for i in range(count + 1)]
        pairs = itertools.pairwise(bounds)
        return [sum(samples[a:b]) // (b - a) for a, b in pairs]
    last = len(samples) - 1
    result = []
    for i in range(count):
        whole, rest = divmod(i * rate, RATE)
        following = samples[min(whole + 1, last)]
        result.append(samples[whole] + (following - samples[whole]) * rest // RATE)
    return result
