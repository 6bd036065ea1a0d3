"""What happens to calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CallChanged(Event):
    """A call came, moved or ended, or its place on the worklist changed; ``state`` as in its row."""

    name: ClassVar[str] = "calls.call_changed"
    call_id: str
    conversation_id: str
    state: str
