"""Words and rules of alarms and suggestions; pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

LEAST_REASON = 2
"""Characters of a reason for cancelling an alarm."""
LONGEST_QUOTE = 4000
TOGETHER = 3
LONGEST_TOGETHER = 600
"""So many utterances are read together: "she is dizzy", "the water heater is on" (DOMAIN §4.4, U2). They are
short; whoever writes longer has said it all in one."""


class AlarmState(StrEnum):
    """A rule found danger; a person says that it is so, or that it is not and why."""

    RAISED = "raised"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


OPEN = (AlarmState.RAISED, AlarmState.CONFIRMED)
"""While an alarm is in one of these, the case is an emergency."""
MAY_BECOME: Mapping[AlarmState, frozenset[AlarmState]] = {
    AlarmState.RAISED: frozenset({AlarmState.CONFIRMED, AlarmState.CANCELLED}),
    AlarmState.CONFIRMED: frozenset({AlarmState.CANCELLED}),
    AlarmState.CANCELLED: frozenset(),
}


class FieldName(StrEnum):
    """A field of the case form."""

    REQUEST_TYPE = "request_type"
    CATEGORY_CODE = "category_code"
    URGENCY = "urgency"
    UNIT_ID = "unit_id"
    ADDRESS = "address"
    TITLE = "title"


class SuggestionState(StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class SourceKind(StrEnum):
    """``SEGMENT``: words of a call."""

    MESSAGE = "message"
    SEGMENT = "segment"


@dataclass(frozen=True)
class Utterance:
    """What a citizen wrote or said. ``id``: of the message, or ``<call>/<leg>-<number>`` as in live views."""

    kind: SourceKind
    id: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Evidence:
    """Where something comes from: ``quote[start:end]``, ``quote`` being the utterance."""

    kind: SourceKind
    id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True)
class Proposed:
    """A value for a field. ``reason`` is plain JSON; ``model`` is "" where none was asked.

    ``needs_human``: nobody should rely on it (DOMAIN §4.2 step 4).
    """

    field: FieldName
    value: str
    confidence: float
    evidence: Evidence | None
    reason: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    needs_human: bool = False
    model: str = ""


@dataclass(frozen=True)
class Standing:
    """How a field stands: the value that is on record, and every value that a person rejected."""

    value: str
    state: SuggestionState
    rejected: frozenset[str] = frozenset()


def may_propose(known: Standing | None, value: str) -> bool:
    """Whether a reading may propose ``value``: an accepted one stays, a rejected one does not come back."""
    if known is None:
        return True
    return known.state is not SuggestionState.ACCEPTED and value not in known.rejected


def to_raise(
    alone: Sequence[str], jointly: Sequence[str], standing: Mapping[str, Collection[AlarmState]]
) -> list[str]:
    """The rules that raise an alarm, the gravest first.

    ``alone`` fired on the new utterance, ``jointly`` on it and those before it. ``standing`` tells the
    states of the conversation's alarms by rule. What is open is not raised again. What a person cancelled is
    raised again by a new utterance that says so by itself, never by the old words.
    """
    rules = dict.fromkeys((*alone, *jointly))
    return [rule for rule in rules if _is_news(standing.get(rule, ()), rule in alone)]


def _is_news(states: Collection[AlarmState], is_said_now: bool) -> bool:
    if any(state in OPEN for state in states):
        return False
    return is_said_now or not states


def is_reason(reason: str) -> bool:
    """Whether this explains why an alarm is cancelled."""
    return len(reason.strip()) >= LEAST_REASON


SEPARATOR = "\n"


def joined(utterances: Sequence[Utterance]) -> str:
    """Utterances as one text."""
    return SEPARATOR.join(one.text for one in utterances)


def together(said: Sequence[Utterance]) -> Sequence[Utterance]:
    """The last utterance with those before it that are read together with it."""
    window = said[-TOGETHER:]
    while len(window) > 1 and len(joined(window)) > LONGEST_TOGETHER:
        window = window[1:]
    return window


def located(utterances: Sequence[Utterance], start: int, end: int) -> Evidence | None:
    """The last utterance that a span of their ``joined`` text reaches into, and its share of the span."""
    offset, found = 0, None
    for one in utterances:
        first, last = max(start - offset, 0), min(end - offset, len(one.text))
        if first < last:
            found = Evidence(one.kind, one.id, first, last, one.text)
        offset += len(one.text) + len(SEPARATOR)
    return found


def quoted(evidence: Evidence) -> Evidence:
    """The same with a quote that is not longer than is kept, around what matters."""
    if len(evidence.quote) <= LONGEST_QUOTE:
        return evidence
    begin = min(max(0, evidence.start - LONGEST_QUOTE // 2), len(evidence.quote) - LONGEST_QUOTE)
    quote = evidence.quote[begin : begin + LONGEST_QUOTE]
    start, end = evidence.start - begin, min(evidence.end - begin, len(quote))
    return Evidence(evidence.kind, evidence.id, start, end, quote)
