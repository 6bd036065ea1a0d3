"""Rules about places; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from hotline.errors import FieldProblem

Kind = Literal["road", "community", "poi", "district"]
Crs = Literal["CGCS2000", "WGS84", "GCJ02", "BD09"]
KINDS: tuple[str, ...] = get_args(Kind)
CRS: tuple[str, ...] = get_args(Crs)


@dataclass(frozen=True)
class NewPlace:
    """A place to be kept; ``lng`` and ``lat`` are degrees in ``crs``."""

    kind: str
    name: str
    district: str = ""
    aliases: tuple[str, ...] = ()
    lng: float | None = None
    lat: float | None = None
    crs: str | None = None
    demo: bool = False


def place_problems(place: NewPlace) -> list[FieldProblem]:
    """Everything that is wrong with a place. Coordinates without their system are refused (DOMAIN §8.5)."""
    problems = []
    if place.kind not in KINDS:
        problems.append(FieldProblem("kind", "field_choice"))
    for field, text, most in (("name", place.name, 80), ("district", place.district, 40)):
        if len(text) > most:
            problems.append(FieldProblem(field, "field_too_long", {"max_length": most}))
    if not place.name:
        problems.append(FieldProblem("name", "field_missing"))
    if (place.lng is None) != (place.lat is None):
        problems.append(FieldProblem("lat" if place.lat is None else "lng", "field_missing"))
    for field, degrees, most in (("lng", place.lng, 180), ("lat", place.lat, 90)):
        if degrees is not None and not -most <= degrees <= most:
            problems.append(FieldProblem(field, "field_range"))
    if place.lng is not None and place.crs is None:
        problems.append(FieldProblem("crs", "crs_missing"))
    if place.crs is not None and place.crs not in CRS:
        problems.append(FieldProblem("crs", "field_choice"))
    return problems


def search_form(text: str) -> str:
    """How names are compared: one width, lower case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def search_text(name: str, aliases: Sequence[str]) -> str:
    """What is searched: every name of a place, each begun by a bar, so that beginnings can be told."""
    return "".join(f"|{search_form(one).replace('|', '')}" for one in (name, *aliases))
