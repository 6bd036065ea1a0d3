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
