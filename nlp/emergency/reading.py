"""A text made ready for the rules: only the characters that mean something, and where clauses end.

Blanks, marks and pictures between the characters of a word must not hide it, so words are sought in the text
without them. What a negation reaches is decided by the clauses that the marks had set.
"""

from __future__ import annotations

from dataclasses import dataclass

from nlp.text.normalise import Normalised, normalise

_SENTENCE_ENDS = frozenset(".!?;")
_CLAUSE_ENDS = _SENTENCE_ENDS | frozenset(",:")


@dataclass(frozen=True, slots=True)
class Reading:
    """``text`` is what is searched. For its character ``i``: the place in the normalised text (``places``),
    and the number of the clause and of the sentence that it stands in.
    """

    normalised: Normalised
    text: str
    places: tuple[int, ...]
    clauses: tuple[int, ...]
    sentences: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` stands in what the citizen wrote."""
        return self.normalised.span(self.places[start], self.places[end - 1] + 1)

    def original(self, start: int, end: int) -> str:
        """The citizen's own words for ``text[start:end]``."""
        first, last = self.span(start, end)
        return self.normalised.original[first:last]


def read(text: str) -> Reading:
    """Prepare ``text``; linear in its length."""
    normalised = normalise(text)
    form = normalised.text
    places: list[int] = []
    clauses: list[int] = []
    sentences: list[int] = []
    clause = sentence = 0
    for place, character in enumerate(form):
        if character.isalnum():
            places.append(place)
            clauses.append(clause)
            sentences.append(sentence)
        elif character in _CLAUSE_ENDS and not _in_number(form, place):
            clause += 1
            sentence += character in _SENTENCE_ENDS
    squeezed = "".join(form[place] for place in places)
    return Reading(normalised, squeezed, tuple(places), tuple(clauses), tuple(sentences))


def _in_number(form: str, place: int) -> bool:
    return 0 < place < len(form) - 1 and form[place - 1].isdigit() and form[place + 1].isdigit()
