"""Where a number is from: land lines by their area code, mobiles only where an operator has the data.

The area codes ship with the product. Which city a mobile number was given out in is in no free list, and
numbers may be taken along to another carrier; so it is left open unless ``number_areas`` names a file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from hotline.contacts.model import normalise_phone
from hotline.errors import ConfigurationError
from hotline.web.endpoint import Schema

COLUMNS = ("prefix", "zh-CN", "en")
LONGEST_PREFIX = 11
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LOCAL = re.compile(r"[2-9][0-9]{6,7}")


class AreaKind(StrEnum):
    """What a number is. ``LOCAL``: of the city itself, dialled without area code. ``OTHER``: from abroad,
    a service, or nothing that looks like a number."""

    LANDLINE = "landline"
    MOBILE = "mobile"
    LOCAL = "local"
    OTHER = "other"


class Area(Schema):
    """Where a number is from; ``name`` by language, None when it is not known."""

    kind: AreaKind
    name: dict[str, str] | None


class Areas:
    """Names of areas by the first digits of numbers; the longest known prefix counts."""

    def __init__(self, more: Path | None = None) -> None:
        """``more``: a CSV file with the columns ``prefix``, ``zh-CN`` and ``en``, which goes before ours.

        Raises ``ConfigurationError`` ("number_areas_unreadable", ``path``, ``reason``).
        """
        shipped = files("hotline.calls").joinpath("data/area_codes.csv").read_text("utf-8")
        self._names = _read(shipped.splitlines())
        if more is not None:
            try:
                self._names |= _read(more.read_text("utf-8-sig").splitlines())
            except (OSError, ValueError) as error:
                raise ConfigurationError(
                    "number_areas_unreadable", path=str(more), reason=str(error)
                ) from error

    def of(self, number: str) -> Area:
        """The area of a number as an exchange tells it."""
        digits = normalise_phone(number)
        if digits is None:
            return Area(kind=AreaKind.OTHER, name=None)
        kind = _kind(digits)
        return Area(kind=kind, name=None if kind is AreaKind.LOCAL else self._name(digits))

    def _name(self, digits: str) -> dict[str, str] | None:
        for length in range(min(LONGEST_PREFIX, len(digits)), 1, -1):
            if (name := self._names.get(digits[:length])) is not None:
                return dict(name)
        return None


def _kind(digits: str) -> AreaKind:
    if digits.startswith("0"):
        return AreaKind.LANDLINE
    if _MOBILE.fullmatch(digits):
        return AreaKind.MOBILE
    return AreaKind.LOCAL if _LOCAL.fullmatch(digits) else AreaKind.OTHER


def _read(lines: Iterable[str]) -> dict[str, Mapping[str, str]]:
    rows = csv.DictReader(lines)
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise ValueError(f"the first line has to be {','.join(COLUMNS)}")
    names: dict[str, Mapping[str, str]] = {}
    for row in rows:
        prefix, zh, en = (row[column] or "" for column in COLUMNS)
        if not re.fullmatch(r"[0-9]{2,11}", prefix) or not zh or not en:
            raise ValueError(f"line {rows.line_num}")
        names[prefix] = {"zh-CN": zh, "en": en}
    return names
