"""Places that sound like what stands in a text: recognisers write names as other words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hotline.ports.gazetteer import GazetteerEntry, PlaceKind
from nlp.addresses.names import Name
from nlp.addresses.words import Grammar
from nlp.text.normalise import NO_DIALECT, is_ideograph, normalise
from nlp.text.sounds import syllable

_SHORTEST = 3
"""Characters; shorter names sound like half the language."""
_ALIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"))
Sound = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """``text[start:end]`` sounds like the place ``name``."""

    kind: PlaceKind
    start: int
    end: int
    name: str


class Sounds:
    """Made once for a gazetteer."""

    def __init__(self, entries: Iterable[GazetteerEntry], grammar: Grammar) -> None:
        self._stops = grammar.stop_characters
        self._places: dict[Sound, tuple[PlaceKind, str]] = {}
        for entry in entries:
            form = normalise(entry.name, NO_DIALECT).text
            if entry.kind != "district" and len(form) >= _SHORTEST and all(map(is_ideograph, form)):
                self._places.setdefault(tuple(map(_sound, form)), (entry.kind, entry.name))
        self._lengths = sorted({len(sound) for sound in self._places}, reverse=True)

    def find(self, text: str, names: Sequence[Name]) -> list[Heard]:
        """What sounds like a place, in order; nothing over a name that is known."""
        taken = [False] * len(text)
        for name in names:
            if name.known:
                taken[name.start : name.end] = [True] * (name.end - name.start)
        sounds = [_sound(one) if self._lengths and is_ideograph(one) else "" for one in text]
        found: list[Heard] = []
        for start in range(len(text)):
            for end in (start + length for length in self._lengths):
                place = self._places.get(tuple(sounds[start:end])) if end <= len(text) else None
                if place is None or any(taken[start:end]) or not self._stops.isdisjoint(text[start:end]):
                    continue
                found.append(Heard(place[0], start, end, place[1]))
                taken[start:end] = [True] * (end - start)
                break
        return found


@lru_cache(maxsize=30_000)
def _sound(character: str) -> str:
    """Its syllable; what the region does not keep apart is one."""
    said = syllable(character)
    for one, other in _ALIKE:
        if said.startswith(one):
            said = other + said.removeprefix(one)
    return said.removesuffix("g") if said.endswith("ng") else said
