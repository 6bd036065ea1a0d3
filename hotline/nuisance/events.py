"""What happens to the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class NuisanceChanged(Event):
    """A number was proposed, confirmed, rejected, or left the list."""

    name: ClassVar[str] = "nuisance.nuisance_changed"
    nuisance_id: str
    standing: str
