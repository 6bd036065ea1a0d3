"""Which cases tell of the same thing, by their words.

Character bigrams weighted by TF-IDF over the candidates given in, the title counted twice, the beginning of
the text only; similar is a cosine of at least ``SIMILAR``. Candidates are chosen by place and category
beforehand.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from nlp.text.normalise import standard_text

SIMILAR = 0.10
BODY = 200
"""Characters of the text that are compared: what follows is politeness and history."""
TITLE_WEIGHT = 2

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Account(Generic[Key]):
    """What a citizen told, and by what its case is known."""

    key: Key
    body: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Similar(Generic[Key]):
    """A candidate like the account; ``cosine`` from ``SIMILAR`` to 1."""

    key: Key
    cosine: float


def similar(account: Account[Key], candidates: Sequence[Account[Key]], most: int = 5) -> list[Similar[Key]]:
    """The candidates like ``account``, the likest first, at most ``most``; itself is none of them."""
    others = [one for one in candidates if one.key != account.key]
    counts = [_bigrams(one) for one in (account, *others)]
    weights = _weights(counts)
    asked = _vector(counts[0], weights)
    found = [
        Similar(one.key, cosine)
        for one, count in zip(others, counts[1:], strict=True)
        if (cosine := _cosine(asked, _vector(count, weights))) >= SIMILAR
    ]
    return sorted(found, key=lambda one: -one.cosine)[:most]


def _bigrams(account: Account[Key]) -> Counter[str]:
    counts = Counter(_pairs(standard_text(account.body)[:BODY]))
    for pair in _pairs(standard_text(account.title)):
        counts[pair] += TITLE_WEIGHT
    return counts


def _pairs(text: str) -> Iterable[str]:
    said = [one for one in text if one.isalnum()]
    return (first + second for first, second in pairwise(said))


def _weights(counts: Sequence[Counter[str]]) -> dict[str, float]:
    """Smoothed inverse document frequency."""
    documents = Counter(pair for count in counts for pair in count)
    return {pair: math.log((1 + len(counts)) / (1 + seen)) + 1 for pair, seen in documents.items()}


def _vector(count: Counter[str], weights: Mapping[str, float]) -> dict[str, float]:
    """Of length 1, or empty."""
    raw = {pair: times * weights[pair] for pair, times in count.items()}
    length = math.sqrt(sum(value * value for value in raw.values()))
    return {pair: value / length for pair, value in raw.items()} if length else {}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    fewer, more = (one, other) if len(one) <= len(other) else (other, one)
    return min(1.0, sum(value * more[pair] for pair, value in fewer.items() if pair in more))
