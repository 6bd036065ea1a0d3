"""Category and area to the responsible unit, by ordered rules that are data (DOMAIN §4.1, appendix A)."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

COLUMNS = ("category", "area", "unit")
RULE_COLUMNS = ("rule", "category")
Reason = Literal["rule", "default", "catch_all", "any"]


@dataclass(frozen=True, slots=True)
class Rule:
    """``category`` is a code or the beginning of one (``EN``, ``EN-01``), ``area`` the name of a place.

    Empty means any; a rule with neither catches what no other rule and no default has a unit for.
    """

    category: str
    area: str
    unit: str

    def fits(self, category: str, areas: Collection[str]) -> bool:
        """Whether it is about this category, here."""
        code = not self.category or category == self.category or category.startswith(f"{self.category}-")
        return code and (not self.area or self.area in areas)


@dataclass(frozen=True, slots=True)
class Route:
    """The unit and why: the ``rule`` that chose it, the category's own unit, or for want of a better.

    ``category`` and ``area`` are the rule's, "" where they played no part.
    """

    unit: str
    reason: Reason
    category: str = ""
    area: str = ""


class Routing:
    """The rules, in their order."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)

    def route(
        self, category: str, areas: Collection[str], default: str, units: Collection[str] | None = None
    ) -> Route:
        """The first rule that fits and whose unit exists, else ``default``, the category's own unit.

        ``areas`` are the names of the places the address lies in. ``units`` are the codes there are, None
        when all that the data names exist; the answer is always one of them. ValueError when there is none.
        """
        if units is not None and not units:
            raise ValueError("there is no unit")
        exists = _Exists(units)
        for rule in self.rules:
            if (rule.category or rule.area) and rule.fits(category, areas) and rule.unit in exists:
                return Route(rule.unit, "rule", rule.category, rule.area)
        if default in exists:
            return Route(default, "default")
        for rule in self.rules:
            if not (rule.category or rule.area) and rule.unit in exists:
                return Route(rule.unit, "catch_all")
        return Route(min(units or (default,)), "any")


class _Exists:
    """Whether there is such a unit; without a list there is every one."""

    def __init__(self, units: Collection[str] | None) -> None:
        self._units = units

    def __contains__(self, unit: str) -> bool:
        return bool(unit) and (self._units is None or unit in self._units)


def read_routing(text: str) -> Routing:
    """Read the table, tab-separated, its first line ``COLUMNS``. ValueError names the wrong line."""
    return Routing(Rule(*row) for row in _rows(text, COLUMNS))


def read_rule_categories(text: str) -> dict[str, frozenset[str]]:
    """Read the table of ``RULE_COLUMNS``: the categories that fit each emergency rule."""
    found: dict[str, set[str]] = {}
    for rule, category in _rows(text, RULE_COLUMNS):
        found.setdefault(rule, set()).add(category)
    return {rule: frozenset(categories) for rule, categories in found.items()}


@cache
def shipped_routing() -> Routing:
    """The table that ships with the product."""
    return read_routing(_data("routing.tsv"))


@cache
def rule_categories() -> dict[str, frozenset[str]]:
    """Which categories an emergency rule leaves (DOMAIN §4.4)."""
    return read_rule_categories(_data("rule_categories.tsv"))


def categories_left(rules: Iterable[str]) -> frozenset[str] | None:
    """The categories that fit any of the emergency ``rules`` that fired; None without a rule."""
    known = rule_categories()
    return frozenset().union(*(known.get(rule, ()) for rule in rules)) or None


def _rows(text: str, columns: Sequence[str]) -> Iterator[list[str]]:
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter="\t", quoting=csv.QUOTE_NONE)
    if next(rows, []) != list(columns):
        raise ValueError(f"line 1: the columns are {', '.join(columns)}")
    for number, cells in enumerate(rows, start=2):
        if len(cells) != len(columns) or not cells[-1]:
            raise ValueError(f"line {number}: {', '.join(columns)}")
        yield [cell.strip() for cell in cells]


def _data(name: str) -> str:
    return files("hotline.dispatch").joinpath(f"data/{name}").read_text("utf-8")
