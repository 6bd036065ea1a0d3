"""What the figures of an evaluation mean, on texts few enough to count by hand."""

from __future__ import annotations

import pytest

from hotline.ports.classifier import Guess, Proposal
from nlp.classifier.corpus import Example
from nlp.classifier.evaluation import Level, Mistake, Point, evaluate, macro_f1


def said(category: str, confidence: float, *others: str) -> Proposal:
    top = (Guess(category, confidence), *(Guess(other, 0.0) for other in others))
    return Proposal(category, "help", "N", confidence, top, confidence < 0.6, "m")


RIGHT = [Example(code, "help", "N", "x") for code in ("WS-01-01", "WS-01-01", "WS-01-02", "GS-01-01")]
SAID = [
    said("WS-01-01", 0.9),
    said("WS-01-02", 0.7, "WS-01-01"),
    said("WS-01-02", 0.5),
    said("WS-01-01", 0.4, "HT-01-01", "LT-01-01", "GS-01-01"),
]


def test_accuracy_and_f1_at_both_levels() -> None:
    figures = evaluate(RIGHT, SAID)
    assert figures.leaf == Level(0.5, round((0.5 + 2 / 3 + 0) / 3, 4))
    assert figures.sector == Level(0.75, round((6 / 7 + 0) / 2, 4))


def test_the_right_one_among_the_first_three_and_five() -> None:
    figures = evaluate(RIGHT, SAID)
    assert (figures.top3, figures.top5) == (0.75, 1.0)


def test_relying_on_the_surest_only() -> None:
    figures = evaluate(RIGHT, SAID)
    assert figures.coverage[0] == Point(1.0, 0.5, 0.4)
    assert figures.coverage[-1] == Point(0.5, 0.5, 0.7)
    assert figures.relied_on == Point(0.5, 0.5, 0.6)


def test_what_was_taken_for_what() -> None:
    figures = evaluate(RIGHT, SAID)
    assert figures.confusion == {"GS": {"WS": 1}, "WS": {"WS": 3}}
    assert figures.worst == (Mistake("GS-01-01", "WS-01-01", 1), Mistake("WS-01-01", "WS-01-02", 1))


def test_a_category_that_only_the_model_names_counts_against_those_it_took_from() -> None:
    assert macro_f1(["a", "a"], ["a", "b"]) == pytest.approx(2 / 3)


def test_nothing_to_judge_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        evaluate([], [])
