"""What happens to recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class RecordingChanged(Event):
    """A recording was begun, its call ended, or its files were found, mixed or missed."""

    name: ClassVar[str] = "recordings.recording_changed"
    recording_id: str
    call_id: str
    state: str


@dataclass(frozen=True, kw_only=True)
class TranscriptChanged(Event):
    """A version of what was said was begun, finished or given up."""

    name: ClassVar[str] = "recordings.transcript_changed"
    transcript_id: str
    call_id: str
    state: str


@dataclass(frozen=True, kw_only=True)
class SegmentHeard(Event):
    """Words of one leg of a running call stand in its live transcript, for good."""

    name: ClassVar[str] = "recordings.segment_heard"
    transcript_id: str
    call_id: str
    leg: str
    number: int


@dataclass(frozen=True, kw_only=True)
class SegmentGuessed(Event):
    """Words of a running call that may still change. Told to live views only; no commit carries it."""

    name: ClassVar[str] = "recordings.segment_guessed"
    transcript_id: str
    call_id: str
    leg: str
    number: int


@dataclass(frozen=True, kw_only=True)
class SpeechTurned(Event):
    """The engine became ready, or is it no longer. Told to live views only; no commit carries it."""

    name: ClassVar[str] = "recordings.speech_turned"
