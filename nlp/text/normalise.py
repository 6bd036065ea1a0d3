"""One form for what citizens write and recognisers hear: width, case, blanks, punctuation, dialect.

The form is for matching and counting, never for showing. Every character of it knows which part of the
original it stands for, so that a finding can be marked in what the citizen really said.

``nlp/data/dialect.tsv`` says what is written instead of what (DOMAIN §4.5): the dialect of northern Henan,
and what recognisers make of the trade's words. ``not_after`` and ``not_before`` are characters beside which
an entry does not apply. ``nlp/data/traditional.tsv`` has the simplified form of traditional characters.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

COLUMNS = ("kind", "heard", "standard", "not_after", "not_before")
_IDEOGRAPHS = (chr(0x4E00), chr(0x9FFF))
_BLANK = " "
# A reader may stop at any of these; the marks within one group are one mark.
_MARKS = {
    ",": ("IDEOGRAPHIC COMMA", "HALFWIDTH IDEOGRAPHIC COMMA", "MIDDLE DOT"),
    ".": ("IDEOGRAPHIC FULL STOP", "HALFWIDTH IDEOGRAPHIC FULL STOP", "HORIZONTAL ELLIPSIS"),
    "~": ("WAVE DASH", "FULLWIDTH TILDE"),
    '"': ("LEFT DOUBLE QUOTATION MARK", "RIGHT DOUBLE QUOTATION MARK"),
}
_MARK_OF = {unicodedata.lookup(name): mark for mark, names in _MARKS.items() for name in names}
_ENDS = frozenset(",.!?;:")


@dataclass(frozen=True, slots=True)
class Normalised:
    """``text`` is the form; character ``i`` of it stands for ``original[starts[i]:ends[i]]``."""

    original: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` stands in the original; ValueError when it is empty or outside."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"no such part: {start}..{end} of {len(self.text)}")
        return min(self.starts[start:end]), max(self.ends[start:end])


@dataclass(frozen=True)
class Dialect:
    """What stands for what; ``pattern`` finds any key of ``standard``, the longest first."""

    standard: Mapping[str, str]
    pattern: re.Pattern[str]


NO_DIALECT = Dialect({}, re.compile("(?!)"))
"""For names, which mean themselves."""


def normalise(text: str, dialect: Dialect | None = None) -> Normalised:
    """The form of ``text`` with its way back; ``dialect`` None means the one that ships."""
    plain, places = _plain(text)
    found = (dialect or shipped_dialect()).pattern.finditer(plain)
    standard = (dialect or shipped_dialect()).standard
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for match in found:
        first, last = match.span()
        out.append(plain[at:first])
        starts += places[at:first]
        ends += [place + 1 for place in places[at:first]]
        instead = standard[match.group()]
        out.append(instead)
        starts += [places[first]] * len(instead)
        ends += [places[last - 1] + 1] * len(instead)
        at = last
    out.append(plain[at:])
    starts += places[at:]
    ends += [place + 1 for place in places[at:]]
    return Normalised(text, "".join(out), tuple(starts), tuple(ends))


def standard_text(text: str) -> str:
    """``normalise(text).text`` without the way back, for counting."""
    dialect = shipped_dialect()
    plain, _ = _plain(text)
    return dialect.pattern.sub(lambda match: dialect.standard[match.group()], plain)


def read_dialect(text: str) -> Dialect:
    """Read the table; its first line names ``COLUMNS``. ValueError names the wrong line."""
    lines = csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(next(lines, [])) != COLUMNS:
        raise ValueError(f"line 1: the columns are {', '.join(COLUMNS)}")
    standard: dict[str, str] = {}
    patterns: list[tuple[int, str]] = []
    for number, cells in enumerate(lines, start=2):
        if len(cells) != len(COLUMNS) or not cells[1] or cells[1] in standard:
            raise ValueError(f"line {number}: {len(cells)} columns, or heard is empty or there already")
        _, heard, instead, not_after, not_before = cells
        standard[heard] = instead
        before = f"(?<![{re.escape(not_after)}])" if not_after else ""
        after = f"(?![{re.escape(not_before)}])" if not_before else ""
        patterns.append((len(heard), before + re.escape(heard) + after))
    patterns.sort(key=lambda one: -one[0])
    return Dialect(standard, re.compile("|".join(pattern for _, pattern in patterns) or "(?!)"))


@cache
def shipped_dialect() -> Dialect:
    """The table of this package."""
    return read_dialect(files("nlp").joinpath("data/dialect.tsv").read_text("utf-8"))


def is_ideograph(character: str) -> bool:
    """Whether it is a Chinese character of the common block."""
    return _IDEOGRAPHS[0] <= character <= _IDEOGRAPHS[1]


def _plain(text: str) -> tuple[str, list[int]]:
    """Width, case, marks and blanks; and for each character its place in ``text``.

    A blank between Chinese characters goes (recognisers put one between words), others become one; the same
    mark again and again is one mark.
    """
    out: list[str] = []
    places: list[int] = []
    blank = -1
    for place, character in enumerate(text):
        for one in _simple(character):
            if one == _BLANK:
                blank = place if out else -1
                continue
            if blank >= 0:
                if _is_latin(out[-1]) and _is_latin(one):
                    out.append(_BLANK)
                    places.append(blank)
                blank = -1
            if one in _ENDS and out and out[-1] == one:
                continue
            out.append(one)
            places.append(place)
    return "".join(out), places


@lru_cache(maxsize=20_000)
def _simple(character: str) -> str:
    """One character in its plain form: none for what cannot be seen, a blank for blanks."""
    if character in _MARK_OF:
        return _MARK_OF[character]
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me", "Cs", "Co", "Cn"):
        return ""
    if category[0] == "Z" or category == "Cc":
        return _BLANK
    plain = unicodedata.normalize("NFKC", character).lower().translate(_simplified())
    return "".join(_MARK_OF.get(one, _BLANK if one.isspace() else one) for one in plain)


@cache
def _simplified() -> dict[int, str]:
    """Traditional characters (as ``str.translate`` wants them) and what stands for them."""
    lines = files("nlp").joinpath("data/traditional.tsv").read_text("utf-8").splitlines()[1:]
    return {ord(traditional): simplified for traditional, simplified in (line.split("\t") for line in lines)}


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
