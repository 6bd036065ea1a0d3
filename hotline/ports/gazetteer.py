"""Gazetteer port: the named places that addresses are found by; the core gives them to the finder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PlaceKind = Literal["road", "community", "poi", "district"]


@dataclass(frozen=True, slots=True)
class GazetteerEntry:
    """A named place. ``district`` is the one it lies in, "" when it lies in several or is not known."""

    kind: PlaceKind
    name: str
    aliases: tuple[str, ...] = ()
    district: str = ""
