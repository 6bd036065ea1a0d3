"""The words of the address grammar, as ``nlp/data/addresses.toml`` has them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from nlp.addresses.numerals import Numerals

NAMED = ("road", "community", "poi", "district")


@dataclass(frozen=True)
class Grammar:
    """``endings`` of names by kind and ``no_name`` what ends so without being one; a name does not reach back
    over ``stop_characters`` and ``stop_words`` unless they belong to one of ``kept``. The rest is said in the
    data. Each tuple has the longest first.
    """

    endings: Mapping[str, tuple[str, ...]]
    attached: tuple[str, ...]
    goes_on: Mapping[str, tuple[str, ...]]
    no_name: Mapping[str, frozenset[str]]
    spoiling_characters: frozenset[str]
    spoiling_words: tuple[str, ...]
    stop_characters: frozenset[str]
    stop_words: tuple[str, ...]
    kept: tuple[str, ...]
    between: tuple[str, ...]
    crossing: tuple[str, ...]
    inside: tuple[str, ...]
    numerals: Numerals
    door: tuple[str, ...]
    building: tuple[str, ...]
    lettered: tuple[str, ...]
    counted: tuple[str, ...]
    house: str
    unit: tuple[str, ...]
    room: tuple[str, ...]
    not_door: tuple[str, ...]
    relations: tuple[tuple[str, str], ...]


@cache
def shipped_grammar() -> Grammar:
    """The grammar of this package."""
    return read_grammar(files("nlp").joinpath("data/addresses.toml").read_text("utf-8"))


def read_grammar(text: str) -> Grammar:
    """Read the TOML text; KeyError names a table that is missing."""
    data = tomllib.loads(text)
    numbers, joiners, stops = data["numbers"], data["joiners"], data["stops"]
    values = [int(value) for value in numbers["values"].split()]
    relations = [(word, code) for code, words in data["relations"].items() for word in words.split()]
    return Grammar(
        endings={kind: _longest_first(data["endings"][kind].split()) for kind in NAMED},
        attached=_longest_first(data["attached"]["poi"].split()),
        goes_on={kind: _longest_first(data["goes_on"].get(kind, "").split()) for kind in NAMED},
        spoiling_characters=frozenset(data["spoiling"]["characters"]),
        spoiling_words=_longest_first(data["spoiling"]["words"].split()),
        no_name={kind: frozenset(data["no_name"].get(kind, "").split()) for kind in NAMED},
        stop_characters=frozenset(stops["characters"]),
        stop_words=_longest_first(stops["words"].split()),
        kept=_longest_first(stops["kept"].split()),
        between=_longest_first(joiners["between"].split()),
        crossing=_longest_first(joiners["crossing"].split()),
        inside=_longest_first(joiners["inside"].split()),
        numerals=Numerals(dict(zip(numbers["digits"], values, strict=True)), numbers["units"]),
        door=_longest_first(numbers["door"].split()),
        building=_longest_first(numbers["building"].split()),
        lettered=_longest_first(numbers["lettered"].split()),
        counted=_longest_first(numbers["counted"].split()),
        house=numbers["house"],
        unit=_longest_first(numbers["unit"].split()),
        room=_longest_first(numbers["room"].split()),
        not_door=_longest_first(numbers["not_door"].split()),
        relations=tuple(sorted(relations, key=lambda one: -len(one[0]))),
    )


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(words), key=lambda word: -len(word)))
