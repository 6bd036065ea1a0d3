"""Runs the rules over a text (DOMAIN §4.2 step 1, §4.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from hotline.ports.emergency import Alarm, Language, SafetyScript
from nlp.emergency import guards
from nlp.emergency.lexicon import Found, Span
from nlp.emergency.reading import Reading, read
from nlp.emergency.rules import Rule, RuleBook, Trigger, shipped_rules

_ELSE_REACH = 12
"""A word that makes it something else stands so near; farther off it may speak of another thing."""


class RuleEngine:
    """``EmergencyRules`` by a rule book; pure, and safe to share between threads."""

    def __init__(self, book: RuleBook | None = None) -> None:
        self._book = book or shipped_rules()

    def check(self, text: str) -> Alarm | None:
        """See ``EmergencyRules``."""
        return next(self._alarms(text), None)

    def all(self, text: str) -> tuple[Alarm, ...]:
        """See ``EmergencyRules``."""
        return tuple(self._alarms(text))

    def script(self, rule: str, language: Language) -> SafetyScript:
        """See ``EmergencyRules``."""
        return self._book.scripts[rule, language]

    def _alarms(self, text: str) -> Iterator[Alarm]:
        reading = read(text)
        found = self._book.lexicon.find(reading.text, reading.clauses)
        for rule in self._book.rules:
            if alarm := self._alarm(rule, reading, found):
                yield alarm

    def _alarm(self, rule: Rule, reading: Reading, found: Found) -> Alarm | None:
        for trigger in rule.triggers:
            for parts in _findings(trigger, found):
                if _is_something_else(trigger, parts, reading, found):
                    continue
                reasons = guards.reasons(self._book.guards, parts, reading, found)
                if reasons is None:
                    continue
                first, last = parts[0][0], max(end for _, end in parts)
                start, end = reading.span(first, last)
                words = tuple(reading.original(*part) for part in parts)
                return Alarm(rule.code, rule.key, "E0", start, end, words, reasons)
        return None


def _findings(trigger: Trigger, found: Found) -> Iterator[tuple[Span, ...]]:
    """Each place of the first concept with the nearest place of every other one, in the order of the text."""
    others = [found.get(concept, ()) for concept in trigger.concepts[1:]]
    if not all(others):
        return
    for anchor in found.get(trigger.concepts[0], ()):
        near = [_nearest(anchor, spans, trigger.reach) for spans in others]
        if None not in near:
            yield tuple(sorted((anchor, *(span for span in near if span is not None))))


def _nearest(anchor: Span, spans: Sequence[Span], reach: int) -> Span | None:
    """The span nearest to ``anchor`` without touching its characters, at most ``reach`` away."""
    start, end = anchor
    nearest, least = None, reach + 1
    first = bisect_left(spans, (start - reach - 40, 0))
    for at in range(first, len(spans)):
        if spans[at][0] - end >= least:
            break
        between = spans[at][0] - end if spans[at][0] >= end else start - spans[at][1]
        if 0 <= between < least:
            nearest, least = spans[at], between
    return nearest


def _is_something_else(trigger: Trigger, parts: Sequence[Span], reading: Reading, found: Found) -> bool:
    sentences = {reading.sentences[start] for start, _ in parts}
    for concept in trigger.unless:
        spans = found.get(concept, ())
        for at in range(bisect_left(spans, (parts[0][0] - _ELSE_REACH, 0)), len(spans)):
            if spans[at][0] > parts[-1][1] + _ELSE_REACH:
                break
            if reading.sentences[spans[at][0]] in sentences:
                return True
    return False
