"""Names of places in a text: those of the gazetteer, and those that end as names of places do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hotline.ports.gazetteer import GazetteerEntry, PlaceKind
from nlp.addresses.words import Grammar
from nlp.text.normalise import NO_DIALECT, is_ideograph, normalise
from nlp.text.trie import Trie

_LONGEST = {"road": 4, "community": 6, "poi": 8, "district": 4}
"""Characters before the ending; more than that is no name, or a sentence without marks."""
_CUT = 2
"""So many characters are taken of what is too long: most names have two before their ending."""
_SHORT_ALIAS = 2
"""An alias of a district so short is a word like any other, unless it is said what it is."""


@dataclass(frozen=True, slots=True)
class Name:
    """``text[start:end]`` is a place called ``name``; ``known``: the gazetteer has it, in ``district``.

    ``road`` is the road that a longer name begins with ("… Road Primary School").
    """

    kind: PlaceKind
    start: int
    end: int
    name: str
    known: bool = False
    district: str = ""
    road: str = ""


class Names:
    """Finds names; made once for a gazetteer."""

    def __init__(self, entries: Iterable[GazetteerEntry], grammar: Grammar) -> None:
        self._grammar = grammar
        self._places: Trie[GazetteerEntry] = Trie()
        for entry in entries:
            for name in (entry.name, *entry.aliases):
                form = normalise(name, NO_DIALECT).text
                if form and not (entry.kind == "district" and len(form) <= _SHORT_ALIAS):
                    self._places.add(form, entry)
        self._endings: Trie[PlaceKind] = Trie()
        for kind in _LONGEST:
            for ending in grammar.endings[kind]:
                self._endings.add(ending, kind)  # type: ignore[arg-type]
        self._attached: Trie[bool] = Trie()
        for ending in (*grammar.attached, *grammar.endings["poi"]):
            self._attached.add(ending, True)
        self._stops: Trie[bool] = Trie()
        for word in grammar.stop_words:
            self._stops.add(word, True)
        self._kept: Trie[bool] = Trie()
        for word in grammar.kept:
            self._kept.add(word, True)

    def find(self, text: str) -> list[Name]:
        """The names in ``text``, in order and apart from one another."""
        stopped = self._stopped(text)
        found: list[Name] = []
        at = 0
        while at < len(text):
            known = self._places.longest_at(text, at)
            ending = self._endings.longest_at(text, at)
            if found and found[-1].end == at and (longer := self._longer(text, found[-1])):
                found[-1] = longer
                at = longer.end
            elif known is not None and (ending is None or known[0] >= ending[0]):
                end, entry = known
                found.append(Name(entry.kind, at, end, entry.name, True, entry.district))
                at = end
            elif ending is not None:
                end, kind = ending
                wall = found[-1].end if found else 0
                if self._goes_on(text, end, kind):
                    at += 1
                    continue
                if name := self._unknown(text, at, end, kind, wall, stopped):
                    found.append(name)
                at = end
            else:
                at += 1
        return found

    def _longer(self, text: str, name: Name) -> Name | None:
        """What is called after the road or community ``name`` and stands right behind it."""
        ending = self._attached.longest_at(text, name.end)
        if name.kind not in ("road", "community") or ending is None or self._goes_on(text, ending[0], "poi"):
            return None
        road = name.name if name.kind == "road" else ""
        whole = text[name.start : ending[0]]
        return Name("poi", name.start, ending[0], whole, name.known, name.district, road)

    def _unknown(
        self, text: str, at: int, end: int, kind: PlaceKind, wall: int, stopped: list[bool]
    ) -> Name | None:
        """The name that ends with ``text[at:end]`` and does not reach back over ``wall``, if it is one."""
        start = at
        while start > wall and not stopped[start - 1] and _is_of_a_name(text[start - 1]):
            start -= 1
            if at - start > _LONGEST[kind]:
                start = at - _CUT
                break
        whole = text[start:end]
        if self._is_spoilt(text[start:at]) or not self._is_named(whole, end - at, kind):
            return None
        return Name(kind, start, end, whole)

    def _goes_on(self, text: str, end: int, kind: PlaceKind) -> bool:
        return any(text.startswith(one, end) for one in self._grammar.goes_on[kind])

    def _is_spoilt(self, core: str) -> bool:
        """Whether what stands before the ending tells what happens, or is what every place has."""
        return not self._grammar.spoiling_characters.isdisjoint(core) or any(
            word in core for word in self._grammar.spoiling_words
        )

    def _is_named(self, whole: str, ending: int, kind: PlaceKind) -> bool:
        """Whether something stands before the ending, and enough of it before an ending that is no name."""
        generic = max((len(word) for word in self._grammar.no_name[kind] if whole.endswith(word)), default=0)
        return len(whole) > ending and (not generic or len(whole) - generic >= _CUT)

    def _stopped(self, text: str) -> list[bool]:
        """For each character whether a name cannot reach back over it."""
        characters = self._grammar.stop_characters
        stopped = [one in characters for one in text]
        for start, end in _words(text, self._stops):
            stopped[start:end] = [True] * (end - start)
        for start, end in _words(text, self._kept):
            stopped[start:end] = [False] * (end - start)
        return stopped


def _words(text: str, words: Trie[bool]) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(text):
        found = words.longest_at(text, at)
        if found is None:
            at += 1
        else:
            yield at, found[0]
            at = found[0]


def _is_of_a_name(character: str) -> bool:
    return is_ideograph(character) or character.isdigit()
