"""Sound files as telephone systems make them, read block by block: each channel as 16-bit PCM at ``RATE``.

WAV (PCM of any width, µ-law, A-law, GSM, ADPCM), AU, AIFF, FLAC, Ogg and MP3 are known by their first bytes;
raw telephone sound, which has no header, by the name's ending.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from nlp.speech.spoken import RATE

BLOCK_S = 10
LONGEST_S = 4 * 3600
"""A recording longer than this is none of a telephone call."""
LARGEST_BYTES = 4_000_000_000
CHANNELS = 2
RATES = (4_000, 192_000)
MAGIC = (b"RIFF", b"RIFX", b"RF64", b".snd", b"FORM", b"fLaC", b"OggS", b"ID3")
MP3_SYNC = 0xE0
HEADER_BYTES = 4096
RAW: Mapping[str, tuple[str, int]] = {
    ".ulaw": ("ULAW", 8000),
    ".mulaw": ("ULAW", 8000),
    ".ul": ("ULAW", 8000),
    ".pcmu": ("ULAW", 8000),
    ".alaw": ("ALAW", 8000),
    ".al": ("ALAW", 8000),
    ".pcma": ("ALAW", 8000),
    ".gsm": ("GSM610", 8000),
    ".sln": ("PCM_16", 8000),
    ".sln16": ("PCM_16", 16_000),
    ".raw": ("PCM_16", 8000),
}
"""Endings of raw sound: coding and samples a second, as Asterisk names them."""


class BadSound(Exception):
    """``code``: "audio_empty", "audio_unreadable", "audio_too_long", "audio_too_large" or
    "audio_too_many_channels"."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code, self.params = code, params
        super().__init__(code)


class Sound:
    """An open sound file."""

    def __init__(self, file: Any, path: Path) -> None:
        self._file, self._path = file, path
        self.rate: int = file.samplerate
        self.channels: int = file.channels

    def blocks(self) -> Iterator[list[bytes]]:
        """Some seconds at a time: for each channel 16-bit PCM at ``RATE``. Raises ``BadSound``."""
        resamplers = [soxr.ResampleStream(self.rate, RATE, 1, dtype="int16") for _ in range(self.channels)]
        taken = 0
        while (block := self._read()).shape[0]:
            taken += block.shape[0]
            if taken > LONGEST_S * self.rate:
                raise BadSound("audio_too_long", hours=LONGEST_S // 3600)
            yield [_pcm(one, block[:, i], last=False) for i, one in enumerate(resamplers)]
        if taken == 0:
            raise BadSound("audio_empty")
        yield [_pcm(one, np.zeros(0, dtype=np.int16), last=True) for one in resamplers]

    def _read(self) -> Any:
        try:
            return self._file.read(self.rate * BLOCK_S, dtype="int16", always_2d=True)
        except (soundfile.SoundFileError, ValueError) as error:
            raise BadSound("audio_unreadable", path=self._path.name, reason=str(error)) from error


@contextmanager
def opened(path: Path) -> Iterator[Sound]:
    """The file, open. Raises ``BadSound``, and ``OSError`` when there is no such file to read."""
    with path.open("rb") as raw:
        size, begin = path.stat().st_size, raw.read(4)
    if size == 0:
        raise BadSound("audio_empty")
    if size > LARGEST_BYTES:
        raise BadSound("audio_too_large", gigabytes=LARGEST_BYTES // 1_000_000_000)
    try:
        file = soundfile.SoundFile(str(path), "r", **_coding(path, begin))
    except (soundfile.SoundFileError, TypeError, ValueError) as error:
        raise BadSound("audio_unreadable", path=path.name, reason=str(error)) from error
    with file:
        if file.channels > CHANNELS:
            raise BadSound("audio_too_many_channels", channels=file.channels)
        if not RATES[0] <= file.samplerate <= RATES[1]:
            raise BadSound("audio_unreadable", path=path.name, reason=f"{file.samplerate} Hz")
        if _is_raw(begin) or file.frames > 0:
            yield Sound(file, path)
            return
    with _mended(path) as mended:
        yield mended


@contextmanager
def _mended(path: Path) -> Iterator[Sound]:
    """A WAV whose writer was killed: its header says that there is nothing, but there is."""
    with path.open("rb") as raw:
        head = raw.read(HEADER_BYTES)
    at = head.find(b"data")
    length = path.stat().st_size - at - 8
    if not head.startswith(b"RIFF") or at < 0 or length <= 0:
        raise BadSound("audio_empty")
    with tempfile.NamedTemporaryFile(suffix=".wav") as copy:
        with path.open("rb") as raw:
            shutil.copyfileobj(raw, copy)
        copy.seek(at + 4)
        copy.write(length.to_bytes(4, "little"))
        copy.flush()
        try:
            file = soundfile.SoundFile(copy.name)
        except soundfile.SoundFileError as error:
            raise BadSound("audio_unreadable", path=path.name, reason=str(error)) from error
        with file:
            yield Sound(file, path)


def _coding(path: Path, begin: bytes) -> dict[str, Any]:
    if not _is_raw(begin):
        return {}
    raw = RAW.get(path.suffix.lower())
    if raw is None:
        raise BadSound("audio_unreadable", path=path.name, reason="neither a known header nor a known ending")
    return {"format": "RAW", "subtype": raw[0], "samplerate": raw[1], "channels": 1}


def _is_raw(begin: bytes) -> bool:
    is_mp3 = len(begin) > 1 and begin[0] == 0xFF and begin[1] & MP3_SYNC == MP3_SYNC and begin[1] != 0xFF
    return not (begin.startswith(MAGIC) or is_mp3)


def _pcm(resampler: Any, samples: Any, last: bool) -> bytes:
    return bytes(resampler.resample_chunk(np.ascontiguousarray(samples), last=last).astype("<i2").tobytes())
