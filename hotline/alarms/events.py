"""What happens to alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class AlarmChanged(Event):
    """An alarm was raised, raised again, or is over."""

    name: ClassVar[str] = "alarms.alarm_changed"
    alarm_id: str
    kind: str
