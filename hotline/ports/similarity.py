"""Similarity port: how alike texts are, by their wording alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class TextSimilarity(Protocol):
    """Compares short texts; any text will do, in time linear in all that is given."""

    def similarities(self, text: str, others: Sequence[str]) -> list[float]:
        """For each of ``others`` how alike it is to ``text``: 0 nothing in common, 1 the same wording."""
        ...
