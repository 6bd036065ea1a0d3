"""Transcriber port: speech becomes text, in a process of the engine's own.

Nothing here waits for an engine: a stream takes sound and returns at once, and what was understood is told
later. Without a model, or while an engine is dead, sound is taken and nothing is told; ``status`` says why.

**Errors** of ``transcribe``: ``InvalidInput`` ("audio_empty" for no sound, "audio_unreadable" for what is no
sound file, "audio_too_long", "audio_too_large", "audio_too_many_channels"); ``Unavailable``
("speech_no_model", "speech_engine_missing", "speech_model_wrong", "speech_engine_died").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class EngineState(StrEnum):
    """How an engine is doing."""

    OFF = "off"
    """Speech is switched off, or nobody has started the engine."""
    STARTING = "starting"
    """The model is being loaded."""
    READY = "ready"
    MISSING_MODEL = "missing_model"
    """There is no model at the configured place, or it is another engine's, or the engine's own package is
    not installed. It is looked for again now and then; ``code`` says what is missing."""
    RESTARTING = "restarting"
    """It died and is started again after a pause."""
    DEAD = "dead"
    """It died again and again without living for a minute; it is tried once a minute from now on."""


@dataclass(frozen=True)
class EngineStatus:
    """State of an engine. ``model`` is the folder's name, ``model_hash`` a digest of what is in it ("" until
    it was loaded). ``code`` and ``detail`` say what is wrong: a message code, and words for the log."""

    state: EngineState
    engine: str = ""
    model: str = ""
    model_hash: str = ""
    code: str = ""
    detail: str = ""
    restarts: int = 0


@dataclass(frozen=True)
class Segment:
    """Words of one leg. Times are seconds from the beginning of the stream or file.

    ``number`` counts the utterances of a leg from 0: a partial segment is replaced by the next one of its
    number, at last by the final one (``final``), which nothing replaces. ``confidence`` is from 0 to 1, None
    when the engine tells none. A final segment without text takes its partials back: nothing was said.
    """

    leg: str
    number: int
    start_s: float
    end_s: float
    text: str
    confidence: float | None
    final: bool


Heard = Callable[[Segment], None]


class Stream(Protocol):
    """One leg that is being listened to."""

    @property
    def fed_s(self) -> float:
        """Seconds of sound taken so far."""
        ...

    def feed(self, pcm: bytes) -> None:
        """Take 16-bit little-endian mono PCM at the stream's rate. Returns at once.

        What an engine cannot keep up with is left out, and times stay true.
        """
        ...

    async def finish(self) -> None:
        """No more sound: returns when the last segment was told, or the engine cannot tell it (a few
        seconds at most). Idempotent."""
        ...


@dataclass(frozen=True)
class FileText:
    """A whole file. ``legs`` are "mono", or "left" and "right" when it has two channels; ``segments`` are
    final, in the order of their start. ``seconds``: its length. ``by``: what understood it."""

    by: EngineStatus
    seconds: float
    legs: tuple[str, ...]
    segments: tuple[Segment, ...]


class Transcriber(Protocol):
    """One engine with one model."""

    @property
    def status(self) -> EngineStatus:
        """How it is doing, at once."""
        ...

    async def start(self) -> None:
        """Begin to start the engine; returns at once. Idempotent."""
        ...

    async def close(self) -> None:
        """End the engine's process. Streams tell nothing more."""
        ...

    def open(self, leg: str, rate: int, heard: Heard) -> Stream:
        """Listen to a leg: ``heard`` is called in the event loop with partial and final segments.

        ``rate`` in samples a second, 8000 to 48000. Works in any state: an engine that comes (back) later
        hears what comes from then on, with true times.
        """
        ...

    async def transcribe(self, path: Path) -> FileText:
        """Read a sound file, each channel by itself. Waits for an engine that is starting."""
        ...
