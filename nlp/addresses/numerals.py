"""Numbers of doors, buildings and rooms, in digits or in Chinese numerals."""

from __future__ import annotations

from collections.abc import Mapping


class Numerals:
    """``digits`` maps numerals to 0…9; ``units`` are the signs for ten, hundred and thousand, in order."""

    def __init__(self, digits: Mapping[str, int], units: str) -> None:
        self._digits = digits
        self._units = {sign: 10 ** (place + 1) for place, sign in enumerate(units)}
        self.signs = frozenset(digits) | frozenset(units)

    def read(self, text: str) -> str:
        """``text`` in digits: one by one where no unit stands, else the value. ValueError: no number."""
        if text.isascii() and text.isdigit():
            return text
        if not text or not set(text) <= self.signs:
            raise ValueError(f"no number: {text!r}")
        if not set(text) & set(self._units):
            return "".join(str(self._digits[sign]) for sign in text)
        value, digit = 0, 0
        for place, sign in enumerate(text):
            if sign in self._digits:
                digit = self._digits[sign]
            else:
                # Ten at the beginning stands for one ten.
                value += (digit if digit or place else 1) * self._units[sign]
                digit = 0
        return str(value + digit)
