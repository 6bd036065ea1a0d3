"""Words of the rules, found in one pass.

A concept is a set of words that mean the same to the rules. All words of all concepts are sought at once in a
tree of characters, so the time is linear in the text whatever the words are: there is no pattern that could
run wild.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nlp.text.normalise import standard_text
from nlp.text.sounds import sound_form
from nlp.text.trie import Trie

GAP = "~"
"""In a word: up to ``MOST_BETWEEN`` other characters may stand here."""
MOST_BETWEEN = 5
_LONGEST_WORD = 24

Span = tuple[int, int]
Found = Mapping[str, "tuple[Span, ...]"]
"""Where each concept was found: spans in the order of their starts."""


@dataclass(frozen=True)
class Concept:
    """``heard`` are words that are found as well where others stand that sound the same (not their tones).
    ``excepts``: a word that lies inside one of these, as they are written, is something else.
    """

    name: str
    words: tuple[str, ...]
    excepts: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a concept as its literals in a row; ``excepts``: it makes others something else."""

    concept: str
    literals: tuple[int, ...]
    excepts: bool


class Lexicon:
    """Finds the concepts it was made from."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self._literals: Trie[int] = Trie()
        self._sounds: Trie[int] = Trie()
        self._count = 0
        self._words: dict[int, list[_Word]] = {}
        names: list[str] = []
        for concept in concepts:
            names.append(concept.name)
            self._add(concept.name, concept.words, excepts=False)
            self._add(concept.name, concept.excepts, excepts=True)
            for word in concept.heard:
                literal = self._literal(sound_form(word), self._sounds)
                self._words.setdefault(literal, []).append(_Word(concept.name, (literal,), False))
        self.concepts = frozenset(names)
        if len(self.concepts) < len(names):
            raise ValueError("a concept is given twice")

    def find(self, text: str, clauses: Sequence[int] = ()) -> Found:
        """Every place of every concept in ``text``.

        ``clauses`` numbers the clause of each character. Marks hide no word that is written, but what is only
        heard does not reach from one clause into another, and an exception that does says nothing about a
        word that does not.
        """
        places = self._places(text, clauses)
        found: dict[str, set[Span]] = {}
        others: dict[str, set[Span]] = {}
        for literal in places:
            for word in self._words.get(literal, ()):
                spans = places[literal]
                for part in word.literals[1:]:
                    spans = _joined(spans, places.get(part, ()))
                if spans:
                    (others if word.excepts else found).setdefault(word.concept, set()).update(spans)
        return {
            name: left
            for name, spans in found.items()
            if (left := _left(spans, others.get(name, ()), clauses))
        }

    def _places(self, text: str, clauses: Sequence[int]) -> dict[int, list[Span]]:
        places: dict[int, list[Span]] = {}
        for start in range(len(text)):
            for end, literal in self._literals.at(text, start):
                places.setdefault(literal, []).append((start, end))
        sounds = sound_form(text)
        for start in range(len(sounds)):
            for end, literal in self._sounds.at(sounds, start):
                if not clauses or _within((start, end), clauses):
                    places.setdefault(literal, []).append((start, end))
        return places

    def _add(self, concept: str, words: Iterable[str], *, excepts: bool) -> None:
        for form in dict.fromkeys(form for word in words for form in (word, standard_text(word))):
            literals = tuple(self._literal(part, self._literals) for part in form.split(GAP))
            self._words.setdefault(literals[0], []).append(_Word(concept, literals, excepts))

    def _literal(self, text: str, among: Trie[int]) -> int:
        if not text or len(text) > _LONGEST_WORD:
            raise ValueError(f"a word has 1 to {_LONGEST_WORD} characters between gaps: {text!r}")
        literal = among.get(text)
        if literal is None:
            literal = self._count
            self._count += 1
            among.add(text, literal)
        return literal


def _within(span: Span, clauses: Sequence[int]) -> bool:
    return clauses[span[0]] == clauses[span[1] - 1]


def _left(spans: Iterable[Span], others: Iterable[Span], clauses: Sequence[int]) -> tuple[Span, ...]:
    covering = sorted(others)
    inside = [other for other in covering if not clauses or _within(other, clauses)]
    return tuple(
        span
        for span in sorted(spans)
        if not _covered(span, inside if clauses and _within(span, clauses) else covering)
    )


def _joined(firsts: Sequence[Span], seconds: Sequence[Span]) -> list[Span]:
    joined = []
    for start, end in firsts:
        at = bisect_left(seconds, (end, 0))
        if at < len(seconds) and seconds[at][0] - end <= MOST_BETWEEN:
            joined.append((start, seconds[at][1]))
    return joined


def _covered(span: Span, others: Sequence[Span]) -> bool:
    start, end = span
    reach = 2 * (_LONGEST_WORD + MOST_BETWEEN)
    first = bisect_left(others, (end - reach, 0))
    last = bisect_right(others, (start, end + reach))
    return any(others[at][1] >= end for at in range(first, last))
