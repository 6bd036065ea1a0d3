"""Emergency rules port: danger is recognised from words alone, before any model (DOMAIN §4.4).

The rules are pure, quick and never fail on any text; a person confirms what they find.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Language = Literal["zh-CN", "en"]
Standing = Literal["absent", "lifted"]
Call = Literal["unit", "gas", "heat", "119", "120", "110", "122", "power", "municipal", "drainage", "12345"]
"""Who is told at once: ``unit`` is the responsible unit of the case's category, ``power`` the grid's line."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a guard did not silence the alarm.

    ``guard`` is its code (``negated``, ``denied``, ``supposed``, ``foretold``, ``past``, ``once``, ``over``,
    ``told``, ``asked``). ``absent``: no word of it bears on the finding. ``lifted``: ``word`` does, but
    ``lifted_by`` says that it is happening.
    """

    guard: str
    standing: Standing
    word: str = ""
    lifted_by: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Danger found. ``text[start:end]`` of the text that was checked is what raised it.

    ``rule`` is U1…U11; ``key`` names the rule for catalogues and for the safety script; ``words`` are the
    citizen's own words that matched, in their order; ``reasons`` has one entry a guard.
    """

    rule: str
    key: str
    urgency: Literal["E0"]
    start: int
    end: int
    words: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class SafetyScript:
    """What the agent reads out, step by step, and whom the rule has called (DOMAIN §4.4, last columns)."""

    rule: str
    name: str
    steps: tuple[str, ...]
    calls: tuple[Call, ...]


class EmergencyRules(Protocol):
    """Finds danger in one utterance, message, or a few utterances joined."""

    def check(self, text: str) -> Alarm | None:
        """The gravest alarm, or None. Any text will do; the time is linear in its length."""
        ...

    def all(self, text: str) -> tuple[Alarm, ...]:
        """The first alarm of every rule that fires, the gravest first."""
        ...

    def script(self, rule: str, language: Language) -> SafetyScript:
        """The safety script of a rule; KeyError when there is no such rule."""
        ...
