"""What is counted in a text: its characters, its words, and the trade's concepts it speaks of.

Each block (characters, words, concepts) is TF-IDF of unit length times its weight, so that a long text does
not outweigh a short one and no block drowns another. The title counts twice.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from nlp.text.normalise import is_ideograph, standard_text
from nlp.text.segment import Segmenter
from nlp.text.trie import Trie

LONGEST = 2000
"""Characters of a text that are read; what a request is about stands at its beginning."""
TITLE_WEIGHT = 2
CHARACTERS, WORDS, CONCEPTS = "c", "w", "k"
BLOCKS: Mapping[str, float] = {CHARACTERS: 1.0, WORDS: 0.4, CONCEPTS: 0.5}
_CHARACTER_GRAMS = (1, 2)

Vector = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Places in the vocabulary and their values, by rising place."""


@dataclass(frozen=True)
class Concepts:
    """Words of the trade that mean the same to it: ``words`` leads from a word to its concepts."""

    words: Trie[tuple[str, ...]]

    def found(self, text: str) -> list[str]:
        """The concepts that ``text`` (normalised) speaks of, each once, in alphabetical order.

        Words may overlap; where several begin, the longest stands for the shorter.
        """
        names: set[str] = set()
        for start in range(len(text)):
            if (found := self.words.longest_at(text, start)) is not None:
                names.update(found[1])
        return sorted(names)


@dataclass(frozen=True)
class Vocabulary:
    """What is counted: ``places`` by feature, ``weights`` (inverse document frequency) by place."""

    places: Mapping[str, int]
    weights: NDArray[np.float32]

    def vector(self, counts: Mapping[str, int]) -> Vector:
        """The features that are known, weighted; empty when none is."""
        blocks: dict[str, list[tuple[int, int]]] = {block: [] for block in BLOCKS}
        for feature, count in counts.items():
            place = self.places.get(feature)
            if place is not None:
                blocks[feature[0]].append((place, count))
        found = [self._block(known, BLOCKS[block]) for block, known in blocks.items() if known]
        if not found:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        places = np.concatenate([one for one, _ in found])
        order = np.argsort(places)
        return places[order], np.concatenate([values for _, values in found])[order]

    def _block(self, known: list[tuple[int, int]], weight: float) -> Vector:
        pairs = np.array(known, np.int32)
        places = pairs[:, 0]
        values = self.weights[places] * (1 + np.log(pairs[:, 1], dtype=np.float32))
        scaled: NDArray[np.float32] = values * np.float32(weight / math.sqrt(float(values @ values)))
        return places, scaled


class Extractor:
    """Counts features of texts."""

    def __init__(self, segmenter: Segmenter, concepts: Concepts) -> None:
        self._segmenter = segmenter
        self._concepts = concepts

    def counts(self, text: str, title: str = "") -> Counter[str]:
        """How often each feature is there."""
        found: Counter[str] = Counter()
        if title:
            for feature, count in self.counts(title).items():
                found[feature] += count * TITLE_WEIGHT
        form = standard_text(text[:LONGEST])
        found.update([*_characters(form), *self._words(form), *_together(self._concepts.found(form))])
        return found

    def _words(self, form: str) -> Iterator[str]:
        for word in self._segmenter.words(form):
            if word[0].isalnum():
                yield f"{WORDS}{word}"


def is_intelligible(text: str) -> bool:
    """Whether there is anything to sort: at least two Chinese characters."""
    seen = 0
    for character in text[:LONGEST]:
        seen += is_ideograph(character)
        if seen > 1:
            return True
    return False


def build_vocabulary(documents: Sequence[Mapping[str, int]], at_least: int) -> Vocabulary:
    """Every feature of at least ``at_least`` documents, in alphabetical order."""
    frequency: Counter[str] = Counter()
    for document in documents:
        frequency.update(document.keys())
    features = sorted(feature for feature, count in frequency.items() if count >= at_least)
    total = len(documents)
    weights = [math.log((1 + total) / (1 + frequency[feature])) + 1 for feature in features]
    return Vocabulary({feature: at for at, feature in enumerate(features)}, np.array(weights, np.float32))


def read_concepts(text: str) -> Concepts:
    """Read ``concept<TAB>words``, words parted by semicolons, first line the names. ValueError if not so."""
    rows = csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    if next(rows, []) != ["concept", "words"]:
        raise ValueError("line 1: the columns are concept, words")
    of: dict[str, set[str]] = {}
    for number, cells in enumerate(rows, start=2):
        if len(cells) != 2 or not cells[0] or not cells[1]:
            raise ValueError(f"line {number}: a concept and its words")
        for word in cells[1].split(";"):
            of.setdefault(standard_text(word), set()).add(cells[0])
    words: Trie[tuple[str, ...]] = Trie()
    for word, names in of.items():
        if word:
            words.add(word, tuple(sorted(names)))
    return Concepts(words)


@cache
def shipped_concepts() -> Concepts:
    """The table of this package."""
    return read_concepts(files("nlp").joinpath("data/concepts.tsv").read_text("utf-8"))


def _characters(form: str) -> Iterator[str]:
    run = [character if character.isalnum() else " " for character in form]
    for size in _CHARACTER_GRAMS:
        for at in range(len(run) - size + 1):
            gram = "".join(run[at : at + size])
            if " " not in gram:
                yield CHARACTERS + gram


def _together(concepts: Iterable[str]) -> Iterator[str]:
    """Each concept, and each two that are spoken of together."""
    names = list(concepts)
    for at, name in enumerate(names):
        yield CONCEPTS + name
        for other in names[at + 1 :]:
            yield f"{CONCEPTS}{name}+{other}"
