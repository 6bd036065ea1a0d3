"""Similarity port: how alike two accounts are, by their wording alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Wording:
    """What somebody told; ``title`` counts for more and may be empty."""

    text: str
    title: str = ""


class Similarity(Protocol):
    """Compares wordings; any text will do, in time linear in all that is given."""

    def similarities(self, one: Wording, others: Sequence[Wording]) -> list[float]:
        """For each of ``others`` how alike it is to ``one``: 0 nothing in common, 1 the same wording."""
        ...
