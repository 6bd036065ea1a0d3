"""Numbers of an address: of a door, a building, its unit and a room."""

from __future__ import annotations

import re
from dataclasses import replace

from hotline.ports.addresses import Address
from nlp.addresses.words import Grammar


class Numbers:
    """Reads the numbers at a place of a text."""

    def __init__(self, grammar: Grammar) -> None:
        self._numerals = grammar.numerals
        self._counted = grammar.counted
        signs = "".join(sorted(grammar.numerals.signs))
        counts = f"[{signs}]{{1,6}}(?:{_any(grammar.counted)})(?:{re.escape(grammar.house)})"
        number = f"(?:[0-9]{{1,5}}|[{signs}]{{1,6}})"
        no_more = f"(?!{_any(grammar.not_door)})"
        self._patterns = (
            ("building", re.compile(f"(?!{counts})(?P<n>{number})(?:{_any(grammar.building)})")),
            ("building", re.compile(f"(?P<n>[a-z])(?:{_any(grammar.lettered)})")),
            ("unit", re.compile(f"(?P<n>{number})(?:{_any(grammar.unit)})")),
            ("number", re.compile(f"(?P<n>{number}(?:-[0-9]{{1,4}})?)(?:{_any(grammar.door)}){no_more}")),
        )
        self._room = re.compile(f"(?P<n>{number})(?:{_any(grammar.room)})?")
        self._dashed = re.compile("(?P<b>[0-9]{1,3})-(?P<u>[0-9]{1,2})-(?P<r>[0-9]{2,4})(?![0-9-])")

    def is_building_at(self, text: str, at: int, before: int) -> bool:
        """Whether the number of a building begins at ``at`` and ends not later than ``before``."""
        if at and (text[at - 1].isdecimal() or text[at - 1] in self._numerals.signs):
            return False
        found = self._patterns[0][1].match(text, at)
        if found is None or found.end() > before:
            return False
        is_count = not found["n"].isdecimal() and found[0].endswith(self._counted)
        return not is_count and self._read(found["n"]) is not None

    def part_at(self, text: str, at: int, address: Address) -> Address | None:
        """``address`` with the number that begins at ``at``; None when there is none that fits."""
        if not address.building and (dashed := self._dashed.match(text, at)):
            building, unit, room = dashed["b"], dashed["u"], dashed["r"]
            return replace(address, building=building, unit=unit, room=room, end=dashed.end())
        for field, pattern in self._patterns:
            found = pattern.match(text, at)
            if found is None or getattr(address, field) or not self._belongs(field, address):
                continue
            value = self._read(found["n"])
            if value is not None:
                return _with_number(replace(address, end=found.end()), field, value)
        return self._room_at(text, at, address)

    def _room_at(self, text: str, at: int, address: Address) -> Address | None:
        """A room has three or four digits and comes after its unit or building."""
        found = self._room.match(text, at)
        if found is None or address.room or not (address.unit or address.building):
            return None
        value = self._read(found["n"])
        if value is None or not 3 <= len(value) <= 4:
            return None
        return replace(address, room=value, end=found.end())

    def _belongs(self, field: str, address: Address) -> bool:
        """A number of a door needs a road or what stands by it, and no building yet."""
        if field != "number":
            return True
        return bool(address.road or address.community or address.poi) and not address.building

    def _read(self, text: str) -> str | None:
        """In digits; letters of buildings as capitals."""
        if len(text) == 1 and text.isascii() and text.isalpha():
            return text.upper()
        head, dash, tail = text.partition("-")
        try:
            return self._numerals.read(head) + dash + tail
        except ValueError:
            return None


def _with_number(address: Address, field: str, value: str) -> Address:
    if field == "building":
        return replace(address, building=value)
    return replace(address, unit=value) if field == "unit" else replace(address, number=value)


def _any(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in words)
