"""Gazetteer port: the named places that addresses are found by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

PlaceKind = Literal["road", "community", "poi", "district"]


@dataclass(frozen=True, slots=True)
class GazetteerEntry:
    """A named place. ``district`` is the one it lies in, "" when it lies in several or is not known."""

    kind: PlaceKind
    name: str
    aliases: tuple[str, ...] = ()
    district: str = ""


class Gazetteer(Protocol):
    """Where the places come from: the database of an installation, or the packaged ones."""

    def entries(self) -> Sequence[GazetteerEntry]:
        """Every place."""
        ...
