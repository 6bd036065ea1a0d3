"""Addresses port: where something is, as the citizen says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place of the gazetteer that sounds like ``heard`` (``text[start:end]``); the text is not changed."""

    heard: str
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Address:
    """``text`` is ``original[start:end]``; the other parts are normalised, "" when not said.

    ``road`` and ``cross_road`` are the roads of an intersection; ``number`` is the number of a door
    ("128", "128-3"); ``building``, ``unit`` and ``room`` are digits; ``poi`` is a point by name and
    ``relation`` where it is seen from it ("opposite", "beside", "gate_east"…, "" for at it); ``district`` is
    the one that was said, or else the one in which the gazetteer has the place. ``known``: road, community
    or poi stands in the gazetteer.
    """

    start: int
    end: int
    text: str
    road: str = ""
    cross_road: str = ""
    number: str = ""
    community: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""
    poi: str = ""
    relation: str = ""
    district: str = ""
    known: bool = False
    suggestions: tuple[Suggestion, ...] = ()


class AddressFinder(Protocol):
    """Finds addresses in text; never fails on any text, in time linear in its length."""

    def find(self, text: str) -> Address | None:
        """The fullest address in ``text``, or None."""
        ...

    def all(self, text: str) -> tuple[Address, ...]:
        """Every address, in order."""
        ...
