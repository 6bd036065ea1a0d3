"""Words and rules of articles, and how their text is cut for the search; pure.

Chinese has no blanks between words, so text is cut into overlapping pairs of characters: whatever two
characters follow each other in an article can be asked for, on every database alike. Single characters are
kept too, for queries of one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, get_args

from hotline.errors import FieldProblem

Kind = Literal["article", "script", "notice"]
"""``article``: facts for the agent. ``script``: words to say or send. ``notice``: what holds at present."""
KINDS: tuple[str, ...] = get_args(Kind)

TITLE_LENGTH = 80
BODY_LENGTH = 8000
LABELS = 20
"""So many categories, and so many keywords, at most."""
KEYWORD_LENGTH = 20

TITLE_WEIGHT, KEYWORD_WEIGHT, BODY_WEIGHT = 8, 5, 1

_RUN = re.compile(r"[^\W_]+")


class State(StrEnum):
    """``PUBLISHED``: agents see an edition of it, though a newer one may be in the making."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Content:
    """What an edition says.

    ``categories`` are codes of any level of the category tree. After ``valid_until`` agents no longer see it;
    None: it holds until it is withdrawn.
    """

    kind: str
    title: str
    body: str
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    valid_until: datetime | None = None


def tidy(content: Content) -> Content:
    """The same without blanks at the ends, Windows line ends, and labels that are empty or there twice."""
    body = "\n".join(line.rstrip() for line in content.body.replace("\r\n", "\n").split("\n")).strip()
    return replace(
        content,
        title=" ".join(content.title.split()),
        body=body,
        categories=_labels(content.categories),
        keywords=_labels(content.keywords),
    )


def content_problems(content: Content, known: Collection[str], now: datetime) -> list[FieldProblem]:
    """Everything that is wrong with a tidy content; ``known`` are the codes of the category tree."""
    problems = [
        FieldProblem(field, "field_missing") for field in ("title", "body") if not getattr(content, field)
    ]
    if content.kind not in KINDS:
        problems.append(FieldProblem("kind", "field_choice"))
    for field, text, most in (("title", content.title, TITLE_LENGTH), ("body", content.body, BODY_LENGTH)):
        if len(text) > most:
            problems.append(FieldProblem(field, "field_too_long", {"max_length": most}))
    for field in ("categories", "keywords"):
        if len(getattr(content, field)) > LABELS:
            problems.append(FieldProblem(field, "knowledge_too_many", {"most": LABELS}))
    problems += [
        FieldProblem("categories", "knowledge_category", {"code": code})
        for code in content.categories
        if code not in known
    ]
    if any(len(keyword) > KEYWORD_LENGTH for keyword in content.keywords):
        problems.append(FieldProblem("keywords", "field_too_long", {"max_length": KEYWORD_LENGTH}))
    if content.valid_until is not None and content.valid_until <= now:
        problems.append(FieldProblem("valid_until", "knowledge_end_past"))
    return problems


def gram_weights(content: Content) -> Mapping[str, int]:
    """What finds this content, and how much it says: each character and pair, by the best place it stands."""
    weights: dict[str, int] = {}
    for text, weight in (
        (content.body, BODY_WEIGHT),
        (" ".join(content.keywords), KEYWORD_WEIGHT),
        (content.title, TITLE_WEIGHT),
    ):
        for run in _runs(text):
            weights.update(dict.fromkeys((*run, *_pairs(run)), weight))
    return weights


def asked_grams(text: str) -> Sequence[str]:
    """What a query asks for: the pairs of each run, or its only character. Empty: it asks for nothing."""
    return list(dict.fromkeys(gram for run in _runs(text) for gram in (_pairs(run) if len(run) > 1 else run)))


def needed(asked: int) -> int:
    """How many of the grams an article must have to be found: a third, for people ask in whole sentences."""
    return -(-asked // 3)


def lines_of(code: str) -> tuple[str, ...]:
    """A category and those above it: ``WS``, ``WS-01``, ``WS-01-02``."""
    parts = code.split("-")
    return tuple("-".join(parts[:n]) for n in range(1, len(parts) + 1))


def _labels(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for label in labels if (one := " ".join(label.split()))))


def _runs(text: str) -> list[str]:
    return _RUN.findall(unicodedata.normalize("NFKC", text).casefold())


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]
