"""What happens to contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ContactChanged(Event):
    """A contact was made, or its name or number changed."""

    name: ClassVar[str] = "contacts.contact_changed"
    contact_id: str
