"""What happens to alarms and suggestions. The aggregate is the conversation's reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DangerAlarmChanged(Event):
    """An alarm was raised, confirmed or cancelled."""

    name: ClassVar[str] = "suggestions.danger_alarm_changed"
    conversation_id: str
    alarm_id: str
    state: str


@dataclass(frozen=True, kw_only=True)
class SuggestionChanged(Event):
    """A value for a field was proposed, replaced, taken back, accepted or rejected."""

    name: ClassVar[str] = "suggestions.suggestion_changed"
    conversation_id: str
    field: str


@dataclass(frozen=True, kw_only=True)
class ReadingChanged(Event):
    """There is something new to read (``is_due``), or it was read."""

    name: ClassVar[str] = "suggestions.reading_changed"
    conversation_id: str
    is_due: bool


@dataclass(frozen=True, kw_only=True)
class ClassifierTurned(Event):
    """The classifier became ready or absent. Told to live views only; no commit carries it."""

    name: ClassVar[str] = "suggestions.classifier_turned"
