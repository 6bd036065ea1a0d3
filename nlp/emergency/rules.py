"""The rules as data: what is read from ``nlp/data/emergency.toml`` and the words beside it.

``emergency_words.toml`` has the concepts. ``emergency.toml`` has the guards and the rules; a rule has
triggers, and each trigger names the concepts that must stand near each other. ``safety_scripts.toml`` has
what the agent reads out. ``read_rules`` refuses data that names what does not exist.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast, get_args

from hotline.ports.emergency import Call, Language, SafetyScript
from nlp.emergency.lexicon import Concept, Lexicon

Where = Literal["before", "after", "near"]
Bound = Literal["clause", "sentence", "text"]
_CALLS: tuple[str, ...] = get_args(Call)
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True)
class Trigger:
    """All of ``concepts`` with at most ``reach`` characters between the first and each other one.

    ``unless``: concepts that make it something else when they stand close by in the same sentence.
    """

    concepts: tuple[str, ...]
    reach: int
    unless: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """One of U1…U11. The graver of two rules has the smaller ``rank``."""

    code: str
    key: str
    rank: int
    source: str
    calls: tuple[Call, ...]
    triggers: tuple[Trigger, ...]


@dataclass(frozen=True)
class Guard:
    """Words that say it is not so, or not now.

    ``before``: a word of ``concept`` ends at most ``reach`` characters before a word of the trigger, with
    nothing but ``fillers`` (a concept) between them when that is given; ``after``: it begins so many after
    the last; ``near``: either, or among them. It must stand within the same ``bound``. One of ``lifted_by``
    in the same sentence says that it is happening all the same.
    """

    code: str
    concept: str
    where: Where
    reach: int
    bound: Bound
    fillers: str
    lifted_by: tuple[str, ...]


@dataclass(frozen=True)
class RuleBook:
    """Everything the engine needs."""

    lexicon: Lexicon
    guards: tuple[Guard, ...]
    rules: tuple[Rule, ...]
    scripts: Mapping[tuple[str, Language], SafetyScript]


def read_rules(words: str, rules: str, scripts: str) -> RuleBook:
    """Read the three TOML texts; ValueError names what does not fit."""
    lexicon = Lexicon(_concepts(tomllib.loads(words)))
    data = tomllib.loads(rules)
    guards = tuple(_guard(one) for one in data["guard"])
    found = tuple(sorted((_rule(one) for one in data["rule"]), key=lambda rule: rule.rank))
    if missing := sorted({name for name in _named(guards, found) if name not in lexicon.concepts}):
        raise ValueError(f"no such concepts: {', '.join(missing)}")
    return RuleBook(lexicon, guards, found, dict(_scripts(tomllib.loads(scripts), found)))


@cache
def shipped_rules() -> RuleBook:
    """The rules of this package."""
    data = files("nlp").joinpath("data")
    names = ("emergency_words.toml", "emergency.toml", "safety_scripts.toml")
    return read_rules(*(data.joinpath(name).read_text("utf-8") for name in names))


def _concepts(data: Mapping[str, Any]) -> Iterator[Concept]:
    for name, entry in data.items():
        including = [word for other in entry.get("include", ()) for word in data[other]["words"].split()]
        words = (*entry.get("words", "").split(), *including)
        if not words:
            raise ValueError(f"the concept {name} has no words")
        heard = tuple(entry.get("heard", "").split())
        yield Concept(name, words, tuple(entry.get("excepts", "").split()), heard)


def _rule(data: Mapping[str, Any]) -> Rule:
    calls = tuple(data["calls"])
    if unknown := [call for call in calls if call not in _CALLS]:
        raise ValueError(f"{data['code']} calls {', '.join(unknown)}")
    triggers = tuple(
        Trigger(tuple(one["all"]), one.get("reach", 10), tuple(one.get("unless", ())))
        for one in data["trigger"]
    )
    if not all(trigger.concepts for trigger in triggers):
        raise ValueError(f"{data['code']} has a trigger without concepts")
    known = cast("tuple[Call, ...]", calls)
    return Rule(data["code"], data["key"], data["rank"], data["source"], known, triggers)


def _guard(data: Mapping[str, Any]) -> Guard:
    if data["where"] not in get_args(Where) or data["bound"] not in get_args(Bound):
        raise ValueError(f"the guard {data['code']} stands nowhere: {data['where']}, {data['bound']}")
    return Guard(
        data["code"],
        data["concept"],
        data["where"],
        data["reach"],
        data["bound"],
        data.get("fillers", ""),
        tuple(data.get("lifted_by", ())),
    )


def _named(guards: Iterable[Guard], rules: Iterable[Rule]) -> Iterator[str]:
    for guard in guards:
        yield guard.concept
        yield from guard.lifted_by
        if guard.fillers:
            yield guard.fillers
    for rule in rules:
        for trigger in rule.triggers:
            yield from trigger.concepts
            yield from trigger.unless


def _scripts(
    data: Mapping[str, Any], rules: Iterable[Rule]
) -> Iterator[tuple[tuple[str, Language], SafetyScript]]:
    for rule in rules:
        for language in LANGUAGES:
            said = data[rule.key][language]
            script = SafetyScript(rule.code, said["name"], tuple(said["steps"]), rule.calls)
            if not script.name or not script.steps:
                raise ValueError(f"{rule.code} has no safety script in {language}")
            yield (rule.code, language), script
