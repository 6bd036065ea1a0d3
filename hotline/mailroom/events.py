"""What happens in the mailroom. The aggregate is the sender: what one citizen sends keeps its order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PostKept(Event):
    """A platform's call is durable; what it brings is to be entered."""

    name: ClassVar[str] = "mailroom.post_kept"
    post_id: str
