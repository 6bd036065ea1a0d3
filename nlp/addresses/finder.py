"""Puts names, numbers and relations together into addresses."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from hotline.ports.addresses import Address, Suggestion
from hotline.ports.gazetteer import GazetteerEntry
from nlp.addresses.names import Name, Names
from nlp.addresses.numbers import Numbers
from nlp.addresses.sounds import Heard, Sounds
from nlp.addresses.words import Grammar, shipped_grammar
from nlp.text.normalise import NO_DIALECT, Normalised, normalise

_MOST_BETWEEN = 2
"""So many fillers may stand between two parts of one address."""


class GrammarAddressFinder:
    """``AddressFinder`` by a gazetteer and a grammar; pure, and safe to share between threads."""

    def __init__(self, entries: Iterable[GazetteerEntry] = (), grammar: Grammar | None = None) -> None:
        self._grammar = grammar or shipped_grammar()
        places = tuple(entries)
        self._names = Names(places, self._grammar)
        self._numbers = Numbers(self._grammar)
        self._sounds = Sounds(places, self._grammar)

    def find(self, text: str) -> Address | None:
        """See ``AddressFinder``."""
        return max(self.all(text), key=_fullness, default=None)

    def all(self, text: str) -> tuple[Address, ...]:
        """See ``AddressFinder``."""
        return tuple(self._addresses(normalise(text, NO_DIALECT)))

    def _addresses(self, form: Normalised) -> Iterator[Address]:
        names = self._names.find(form.text)
        heard = self._sounds.find(form.text, names)
        names = _with_heard(form.text, names, heard)
        starts = [name.start for name in names]
        at = 0
        while at < len(form.text):
            following = bisect_left(starts, at)
            name = names[following] if following < len(names) else None
            address: Address | None = None
            if name is not None and name.start == at:
                first = replace(_with_name(Address(at, at, ""), name), end=name.end)
                address = self._grown(form.text, names, starts, first)
            elif self._numbers.is_building_at(form.text, at, name.start if name else len(form.text)):
                # A number of a building begins an address too.
                address = self._grown(form.text, names, starts, Address(at, at, ""))
            if address is None:
                at += 1
            else:
                at = max(address.end, at + 1)
                yield _original(form, address, heard)

    def _grown(self, text: str, names: list[Name], starts: list[int], address: Address) -> Address:
        """``address`` with everything that follows it; its span ends with the last part."""
        while True:
            at = address.end
            grown = self._crossing(text, names, starts, address, at) or self._next(
                text, names, starts, address, at
            )
            if grown is None:
                return address
            address = grown

    def _next(
        self, text: str, names: list[Name], starts: list[int], address: Address, at: int
    ) -> Address | None:
        """One part more, directly or after fillers; None when there is none."""
        for place in self._after_fillers(text, at):
            if part := self._numbers.part_at(text, place, address):
                return part
            if found := self._relation(text, place):
                # Of several relations the first is nearest to the place.
                return replace(address, relation=address.relation or found[1], end=found[0])
            following = bisect_left(starts, place)
            if following < len(names) and names[following].start == place:
                name = names[following]
                return replace(_with_name(address, name), end=name.end) if _fits(address, name) else None
        return None

    def _crossing(
        self, text: str, names: list[Name], starts: list[int], address: Address, at: int
    ) -> Address | None:
        """The second road of a crossing; without a word between them one is wanted after them."""
        if not address.road or address.cross_road or address.number or address.community:
            return None
        between = next((one for one in self._grammar.between if text.startswith(one, at)), "")
        following = bisect_left(starts, at + len(between))
        if following >= len(names) or names[following].start != at + len(between):
            return None
        name = names[following]
        if name.kind != "road" or name.name == address.road:
            return None
        end = next(
            (name.end + len(one) for one in self._grammar.crossing if text.startswith(one, name.end)), 0
        )
        if not between and not end:
            return None
        return replace(
            address,
            cross_road=name.name,
            end=end or name.end,
            district=address.district or name.district,
            known=address.known or name.known,
        )

    def _after_fillers(self, text: str, at: int) -> Iterator[int]:
        """``at``, and the places after one filler and after two."""
        yield at
        for _ in range(_MOST_BETWEEN):
            filler = next((one for one in self._grammar.inside if text.startswith(one, at)), "")
            if not filler:
                return
            at += len(filler)
            yield at

    def _relation(self, text: str, at: int) -> tuple[int, str] | None:
        for word, code in self._grammar.relations:
            if text.startswith(word, at):
                return at + len(word), code
        return None


def _start(one: Heard) -> int:
    return one.start


def _with_heard(text: str, names: list[Name], heard: Iterable[Heard]) -> list[Name]:
    """What only sounds like a place is a name as well, as it stands in the text, where none is found."""
    taken = [False] * len(text)
    for name in names:
        taken[name.start : name.end] = [True] * (name.end - name.start)
    apart = [
        Name(one.kind, one.start, one.end, text[one.start : one.end])
        for one in heard
        if not any(taken[one.start : one.end])
    ]
    return sorted([*names, *apart], key=lambda name: name.start)


def _with_name(address: Address, name: Name) -> Address:
    district = address.district or (name.name if name.kind == "district" else name.district)
    known = address.known or (name.known and name.kind != "district")
    changed = replace(address, district=district, known=known)
    if name.kind == "road":
        return replace(changed, road=name.name)
    if name.kind == "community":
        return replace(changed, community=name.name, road=changed.road or name.road)
    if name.kind == "poi":
        return replace(changed, poi=name.name, road=changed.road or name.road)
    return changed


def _fits(address: Address, name: Name) -> bool:
    """Whether ``name`` may belong to the same address: what it says is not said yet."""
    if name.kind == "road":
        return not (address.road or address.community or address.poi or address.building)
    if name.kind == "community":
        return not (address.community or address.poi or address.building)
    if name.kind == "poi":
        return not (address.poi or address.building)
    return not (address.road or address.community or address.poi)


def _fullness(address: Address) -> int:
    named = (address.road, address.cross_road, address.community, address.poi)
    numbered = (address.number, address.building, address.unit, address.room)
    return (
        3 * sum(map(bool, named))
        + 2 * sum(map(bool, numbered))
        + 2 * address.known
        + bool(address.relation)
        + bool(address.district)
    )


def _original(form: Normalised, address: Address, heard: Sequence[Heard]) -> Address:
    """With spans into what the citizen wrote, and what its names may have been."""
    start, end = form.span(address.start, address.end)
    suggestions = tuple(
        Suggestion(form.original[first:last], one.name, first, last)
        for one in heard[
            bisect_left(heard, address.start, key=_start) : bisect_left(heard, address.end, key=_start)
        ]
        for first, last in [form.span(one.start, one.end)]
    )
    return replace(address, start=start, end=end, text=form.original[start:end], suggestions=suggestions)
