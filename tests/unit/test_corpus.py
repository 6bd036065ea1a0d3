"""The product's own corpus: enough of everything, nothing twice, nothing that the held-out set gives away."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

import pytest

from hotline.cases.taxonomy import load_taxonomy
from hotline.understanding import categories_of, request_words
from nlp.classifier.corpus import Example, held_out_folder, read_examples, read_folder, training_folder
from nlp.text.normalise import standard_text

LEAVES = 193
AT_LEAST_A_LEAF = 3
AT_LEAST_A_SECTOR = 40
SECTORS = ("WS", "GS", "HT", "LT", "SN")
TOO_ALIKE = 0.8
"""Bigram Jaccard, within one set."""
LEAKED = 0.7
"""Between what is learnt and what is judged by: stricter, for texts too long to meet by chance."""
LONG_ENOUGH = 8
PHONE_LIKE = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}[- ]?\d{7,8}|[2-9]\d{6,7})(?!\d)")
CITIZEN_ID_LIKE = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
SLOT = re.compile(r"[{}<>]|__+|\bXX+\b|××")

Sets = dict[str, list[Example]]


@cache
def sets() -> Sets:
    categories = categories_of(load_taxonomy())
    held_out = held_out_folder().joinpath("heldout.tsv").read_text("utf-8")
    return {
        "train": read_folder(training_folder(), request_words(), categories),
        "heldout": read_examples(held_out, request_words(), categories, "heldout.tsv"),
    }


@pytest.fixture(params=["train", "heldout"])
def examples(request: pytest.FixtureRequest) -> list[Example]:
    return sets()[request.param]


def form(text: str) -> str:
    """What is compared: the normal form without marks."""
    return "".join(character for character in standard_text(text) if character.isalnum())


def bigrams(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


def alike(some: Sequence[str], others: Sequence[str], limit: float) -> Iterable[tuple[str, str, float]]:
    """Pairs of texts whose bigrams overlap by at least ``limit``; of a text with itself none."""
    grams = [bigrams(form(text)) for text in others]
    having = defaultdict(list)
    for at, found in enumerate(grams):
        for gram in found:
            having[gram].append(at)
    for number, text in enumerate(some):
        mine = bigrams(form(text))
        shared = Counter(at for gram in mine for at in having[gram])
        for at, count in shared.items():
            if some is others and at <= number:
                continue
            overlap = count / len(mine | grams[at])
            if overlap >= limit:
                yield text, others[at], round(overlap, 2)


def test_every_leaf_has_its_texts(examples: list[Example]) -> None:
    counts = Counter(one.category for one in examples)
    leaves = load_taxonomy().leaves
    assert len(leaves) == LEAVES
    assert {leaf: counts[leaf] for leaf in leaves if counts[leaf] < AT_LEAST_A_LEAF} == {}


def test_the_great_trades_have_many() -> None:
    counts = Counter(one.category.partition("-")[0] for one in sets()["train"])
    assert {sector: counts[sector] for sector in SECTORS if counts[sector] < AT_LEAST_A_SECTOR} == {}


def test_request_type_and_urgency_are_those_of_the_leaf(examples: list[Example]) -> None:
    leaves = load_taxonomy().leaves
    wrong = [
        one
        for one in examples
        if one.urgency != leaves[one.category].urgency
        or one.request_type not in leaves[one.category].request_types
    ]
    assert wrong == []


def test_every_text_says_who_wrote_it(examples: list[Example]) -> None:
    assert [one.text for one in examples if not one.source] == []


def test_the_held_out_set_is_by_another_hand() -> None:
    hands = {name: {one.source for one in found} for name, found in sets().items()}
    assert hands["train"].isdisjoint(hands["heldout"])


def test_nothing_stands_twice(examples: list[Example]) -> None:
    counts = Counter(form(one.text) for one in examples)
    assert [text for text, count in counts.items() if count > 1] == []


def test_no_two_texts_are_nearly_the_same(examples: list[Example]) -> None:
    texts = [one.text for one in examples if len(form(one.text)) >= LONG_ENOUGH]
    assert list(alike(texts, texts, TOO_ALIKE)) == []


def test_nothing_of_the_held_out_set_has_been_learnt() -> None:
    learnt = {form(one.text) for one in sets()["train"]}
    assert [one.text for one in sets()["heldout"] if form(one.text) in learnt] == []
    texts = {
        name: [one.text for one in found if len(form(one.text)) >= LONG_ENOUGH]
        for name, found in sets().items()
    }
    assert list(alike(texts["heldout"], texts["train"], LEAKED)) == []


def test_nobody_can_be_called_or_named_by_a_number_in_it(examples: list[Example]) -> None:
    found = [one.text for one in examples if PHONE_LIKE.search(one.text) or CITIZEN_ID_LIKE.search(one.text)]
    assert found == []


def test_there_is_no_template_with_slots(examples: list[Example]) -> None:
    assert [one.text for one in examples if SLOT.search(one.text)] == []


def test_what_the_lint_looks_for_it_finds() -> None:
    assert list(alike(["路灯不亮三天了没人修"], ["路灯不亮四天了没人修"], 0.5))
    assert PHONE_LIKE.search("打13800138000")
    assert PHONE_LIKE.search("0393-4412345")
    assert not PHONE_LIKE.search("五一路128号2026年11月22日")
    assert SLOT.search("{路}的灯坏了")
