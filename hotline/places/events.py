"""What happens to the gazetteer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PlacesChanged(Event):
    """Places were added to the gazetteer or changed; ``count`` of them."""

    name: ClassVar[str] = "places.places_changed"
    count: int
