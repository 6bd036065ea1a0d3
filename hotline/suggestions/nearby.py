"""Open cases that may be the same matter: the same kind, at the same place or in the same words."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

import sqlalchemy as sa

from hotline.kernel.db import Reader
from hotline.places import store as places
from hotline.ports.addresses import Address, AddressFinder
from hotline.ports.clock import Clock
from hotline.ports.similarity import Similarity, Wording
from hotline.suggestions import store

Why = Literal["same_place", "near", "alike"]

LOOKED_AT = 200
MOST = 5
SINCE = timedelta(days=60)
NEAR_M = 300
ALIKE = 0.4
SAME_WORDS = 0.7
"""So alike two texts, or two addresses, are by chance only rarely."""
EARTH_M = 6_371_000
Point = tuple[float, float, str]
"""Degrees east, degrees north, and the coordinate system."""


@dataclass(frozen=True)
class Matter:
    """What somebody reports: of which category, where, and in what words."""

    category_code: str | None
    address: str
    text: str
    title: str = ""


@dataclass(frozen=True)
class Near:
    """An open case. ``similarity`` of the texts is 0 to 1; ``distance_m`` None where a place has no point."""

    case_id: str
    similarity: float
    distance_m: int | None
    reason: Why


class Nearby:
    """Finds them; reads only."""

    def __init__(self, clock: Clock, finder: AddressFinder, similarity: Similarity) -> None:
        self._clock = clock
        self._finder = finder
        self._similarity = similarity

    async def find(self, reader: Reader, matter: Matter) -> list[Near]:
        """The likeliest cases, at most ``MOST``; none without a category and a place or words."""
        group = group_of(matter.category_code)
        if group is None or not (matter.address or matter.text or matter.title):
            return []
        rows = await store.open_cases(reader, group, self._clock.now() - SINCE, LOOKED_AT)
        if not rows:
            return []
        wanted, found, alike, same_words = await asyncio.to_thread(self._compare, matter, rows)
        points = await _points(reader, [a for a in (wanted, *found) if a is not None])
        here = _point(wanted, points)
        near = []
        for row, address, text, words in zip(rows, found, alike, same_words, strict=True):
            there = (row.lng, row.lat, row.crs) if row.lng is not None else _point(address, points)
            distance = metres(here, there)
            if why := _why(is_same_place(wanted, address) or words >= SAME_WORDS, distance, text):
                near.append(Near(row.id, round(text, 3), distance, why))
        order = ("same_place", "near", "alike")
        return sorted(near, key=lambda one: (order.index(one.reason), -one.similarity))[:MOST]

    def _compare(
        self, matter: Matter, rows: Sequence[sa.Row[Any]]
    ) -> tuple[Address | None, list[Address | None], list[float], list[float]]:
        wanted = self._finder.find(matter.address or matter.text)
        found = [self._finder.find(row.address) for row in rows]
        texts = [Wording(row.content, row.title) for row in rows]
        alike = self._similarity.similarities(Wording(matter.text, matter.title), texts)
        addresses = [Wording(row.address) for row in rows]
        said = matter.address or (wanted.text if wanted is not None else "")
        words = self._similarity.similarities(Wording(said), addresses)
        return wanted, found, alike, words


def group_of(category_code: str | None) -> str | None:
    """The second level of a category."""
    if not category_code or category_code.count("-") != 2:
        return None
    return category_code.rsplit("-", 1)[0]


def plain(found: Sequence[Near]) -> list[dict[str, Any]]:
    """As it is kept."""
    return [asdict(one) for one in found]


def is_same_place(one: Address | None, other: Address | None) -> bool:
    """Whether two addresses name the same door, crossing, community or point."""
    if one is None or other is None or _differ(one.district, other.district):
        return False
    if one.road and one.road == other.road:
        doors = one.number and one.number == other.number
        crossing = one.cross_road and one.cross_road == other.cross_road
        if doors or crossing:
            return True
    if one.cross_road and (one.road, one.cross_road) == (other.cross_road, other.road):
        return True
    if one.community and one.community == other.community:
        return not _differ(one.building, other.building)
    return bool(one.poi) and one.poi == other.poi


def metres(one: Point | None, other: Point | None) -> int | None:
    """The distance on the ground; None where one is missing or they are of different systems."""
    if one is None or other is None or one[2] != other[2]:
        return None
    lng, lat, to_lng, to_lat = (math.radians(x) for x in (*one[:2], *other[:2]))
    half = math.sin((to_lat - lat) / 2) ** 2
    half += math.cos(lat) * math.cos(to_lat) * math.sin((to_lng - lng) / 2) ** 2
    return round(2 * EARTH_M * math.asin(math.sqrt(min(1.0, half))))


def _why(is_same: bool, distance: int | None, text: float) -> Why | None:
    if is_same:
        return "same_place"
    if distance is not None and distance <= NEAR_M:
        return "near"
    return "alike" if text >= ALIKE and distance is None else None


def _differ(one: str, other: str) -> bool:
    return bool(one) and bool(other) and one != other


async def _points(reader: Reader, addresses: Sequence[Address]) -> Mapping[tuple[str, str], Point]:
    names = {name for one in addresses for name in (one.community, one.poi) if name}
    found = await places.by_names(reader, names)
    return {
        (name, district): (row.lng, row.lat, row.crs)
        for (_, name, district), row in found.items()
        if row.lng is not None
    }


def _point(address: Address | None, points: Mapping[tuple[str, str], Point]) -> Point | None:
    """The point of an address; None as well where the name is one of several places."""
    for name in (address.poi, address.community) if address is not None else ():
        at = {point for (known, district), point in points.items() if known == name}
        if name and len(at) == 1:
            return at.pop()
    return None
