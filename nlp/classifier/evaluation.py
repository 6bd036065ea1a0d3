"""How good proposals are, against what a person said the texts are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hotline.ports.classifier import SURE, Proposal
from nlp.classifier.corpus import Example

COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
WORST = 20


@dataclass(frozen=True)
class Level:
    """Figures at one level of the category tree; macro-F1 weighs every category that occurs alike."""

    accuracy: float
    macro_f1: float


@dataclass(frozen=True)
class Point:
    """When the surest ``coverage`` of all texts is relied on: how many of their leaves are right."""

    coverage: float
    accuracy: float
    confidence: float


@dataclass(frozen=True)
class Mistake:
    """A leaf that was taken for another."""

    right: str
    proposed: str
    count: int


@dataclass(frozen=True)
class Figures:
    """All about one set of texts. ``relied_on``: the share with confidence ≥ ``SURE``, and how good."""

    texts: int
    categories: int
    sector: Level
    leaf: Level
    top3: float
    top5: float
    request_type: float
    urgency: float
    coverage: tuple[Point, ...]
    relied_on: Point
    confusion: dict[str, dict[str, int]]
    """Sector by sector: right → proposed → how often."""
    worst: tuple[Mistake, ...]


def evaluate(examples: Sequence[Example], proposals: Sequence[Proposal]) -> Figures:
    """Figures of ``proposals`` for ``examples``, in the same order. ValueError when there is none."""
    if not examples or len(examples) != len(proposals):
        raise ValueError("as many proposals as examples, and at least one")
    pairs = list(zip(examples, proposals, strict=True))
    right = [one.category for one in examples]
    guessed = [one.category for one in proposals]
    return Figures(
        texts=len(pairs),
        categories=len(set(right)),
        sector=_level([sector(code) for code in right], [sector(code) for code in guessed]),
        leaf=_level(right, guessed),
        top3=_share(pairs, lambda e, p: e.category in [guess.category for guess in p.top[:3]]),
        top5=_share(pairs, lambda e, p: e.category in [guess.category for guess in p.top]),
        request_type=_share(pairs, lambda e, p: e.request_type == p.request_type),
        urgency=_share(pairs, lambda e, p: e.urgency == p.urgency),
        coverage=tuple(_coverage(pairs)),
        relied_on=_relied_on(pairs),
        confusion=_confusion(right, guessed),
        worst=_worst(right, guessed),
    )


def sector(code: str) -> str:
    """The first level of a category's code."""
    return code.partition("-")[0]


def macro_f1(right: Sequence[str], guessed: Sequence[str]) -> float:
    """The mean over the categories that occur in ``right``; 0 for one that is never hit."""
    hits = Counter(r for r, g in zip(right, guessed, strict=True) if r == g)
    wanted, said = Counter(right), Counter(guessed)
    return sum(2 * hits[code] / (wanted[code] + said[code]) for code in wanted) / len(wanted)


def _level(right: Sequence[str], guessed: Sequence[str]) -> Level:
    hits = sum(r == g for r, g in zip(right, guessed, strict=True))
    return Level(_rounded(hits / len(right)), _rounded(macro_f1(right, guessed)))


def _share(pairs: Sequence[tuple[Example, Proposal]], is_right: Callable[[Example, Proposal], bool]) -> float:
    return _rounded(sum(is_right(*pair) for pair in pairs) / len(pairs))


def _by_confidence(pairs: Sequence[tuple[Example, Proposal]]) -> list[tuple[float, bool]]:
    found = [(proposal.confidence, proposal.category == example.category) for example, proposal in pairs]
    return sorted(found, key=lambda one: -one[0])


def _coverage(pairs: Sequence[tuple[Example, Proposal]]) -> list[Point]:
    surest = _by_confidence(pairs)
    points = []
    for share in COVERAGES:
        kept = surest[: max(1, round(share * len(surest)))]
        points.append(Point(share, _rounded(sum(hit for _, hit in kept) / len(kept)), kept[-1][0]))
    return points


def _relied_on(pairs: Sequence[tuple[Example, Proposal]]) -> Point:
    kept = [hit for confidence, hit in _by_confidence(pairs) if confidence >= SURE]
    right = sum(kept) / len(kept) if kept else 0.0
    return Point(_rounded(len(kept) / len(pairs)), _rounded(right), SURE)


def _confusion(right: Sequence[str], guessed: Sequence[str]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for r, g in zip(right, guessed, strict=True):
        found.setdefault(sector(r), Counter())[sector(g)] += 1
    return {code: dict(sorted(row.items())) for code, row in sorted(found.items())}


def _worst(right: Sequence[str], guessed: Sequence[str]) -> tuple[Mistake, ...]:
    wrong = Counter((r, g) for r, g in zip(right, guessed, strict=True) if r != g)
    ranked = sorted(wrong.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Mistake(r, g, count) for (r, g), count in ranked[:WORST])


def _rounded(share: float) -> float:
    return round(share, 4)
