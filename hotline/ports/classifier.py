"""Classifier port: what a text is about. A proposal; a person decides (DOMAIN §4.2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

SURE = 0.6
"""Below this confidence a person must choose (DOMAIN §4.2, step 4)."""
GUESSES = 5
State = Literal["off", "training", "loading", "ready", "restarting"]


@dataclass(frozen=True, slots=True)
class Category:
    """A category one can be sorted into, as the core knows it.

    ``names`` are its sector's, its group's and its own; ``request_types`` those it allows, the usual first.
    """

    code: str
    names: tuple[str, ...]
    urgency: str
    request_types: tuple[str, ...]
    cues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """A category (leaf code) and how likely it is, 0…1."""

    category: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the text seems to be. ``top`` has the ``GUESSES`` likeliest, the proposed one first.

    ``request_type`` is one that the category allows, ``urgency`` the category's own. ``needs_human``: nobody
    should rely on it: the confidence is below ``SURE`` or there is nothing to understand.
    ``model`` is the version that made it.
    """

    category: str
    request_type: str
    urgency: str
    confidence: float
    top: tuple[Guess, ...]
    needs_human: bool
    model: str


@dataclass(frozen=True, slots=True)
class Question:
    """Text to be sorted; ``among`` are categories that something surer than a model has left."""

    text: str
    title: str = ""
    among: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """How a classifier is doing. ``reason``: why it does not answer; ``model`` is "" until one is loaded."""

    state: State
    model: str = ""
    reason: str = ""
    restarts: int = 0


class Classifier(Protocol):
    """Sorts texts. Never blocks the caller's event loop; any text will do, also none."""

    @property
    def condition(self) -> Condition:
        """How it is doing now."""
        ...

    async def classify(self, text: str, title: str = "", among: Collection[str] | None = None) -> Proposal:
        """One proposal. Raises ``Unavailable`` ("classifier_not_ready") while it cannot answer."""
        ...

    async def classify_all(self, questions: Sequence[Question]) -> list[Proposal]:
        """A proposal for each, in their order; raises as ``classify`` does."""
        ...
