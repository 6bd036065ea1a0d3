"""Rules of alarms and suggestions: what a person decided stands, and danger is told once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hotline.suggestions.model import (
    LONGEST_QUOTE,
    LONGEST_TOGETHER,
    MAY_BECOME,
    OPEN,
    AlarmState,
    Evidence,
    SourceKind,
    Standing,
    SuggestionState,
    Utterance,
    is_reason,
    joined,
    located,
    may_propose,
    quoted,
    to_raise,
    together,
)

AT = datetime(2026, 11, 23, 1, tzinfo=UTC)
RULES = st.sampled_from(["U1", "U2", "U3", "U11"])
FOUND = st.lists(RULES, max_size=4, unique=True)
VALUES = st.sampled_from(["a", "b", "c", "d"])


def said(*texts: str) -> list[Utterance]:
    return [Utterance(SourceKind.MESSAGE, f"m{n}", text, AT) for n, text in enumerate(texts)]


class AField(RuleBasedStateMachine):
    """One field of the form: a machine proposes, a person decides; checked after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.known: Standing | None = None
        self.refused: set[str] = set()
        self.taken: str | None = None

    @rule(value=VALUES)
    def read(self, value: str) -> None:
        if may_propose(self.known, value):
            rejected = self.known.rejected if self.known is not None else frozenset()
            self.known = Standing(value, SuggestionState.PROPOSED, rejected)

    @rule()
    def accept(self) -> None:
        if self.known is not None and self.known.state is SuggestionState.PROPOSED:
            self.known = Standing(self.known.value, SuggestionState.ACCEPTED, self.known.rejected)
            self.taken = self.known.value

    @rule()
    def reject(self) -> None:
        if self.known is not None and self.known.state is SuggestionState.PROPOSED:
            self.refused.add(self.known.value)
            self.known = Standing(
                self.known.value, SuggestionState.REJECTED, self.known.rejected | {self.known.value}
            )

    @invariant()
    def an_accepted_value_is_never_replaced(self) -> None:
        if self.taken is not None:
            assert self.known == Standing(self.taken, SuggestionState.ACCEPTED, frozenset(self.refused))

    @invariant()
    def a_rejected_value_is_not_proposed_again(self) -> None:
        if self.known is not None and self.known.state is SuggestionState.PROPOSED:
            assert self.known.value not in self.refused


TestAField = AField.TestCase


@given(alone=FOUND, jointly=FOUND, states=st.dictionaries(RULES, st.lists(st.sampled_from(AlarmState))))
def test_at_most_one_alarm_of_a_rule_is_open(
    alone: list[str], jointly: list[str], states: dict[str, list[AlarmState]]
) -> None:
    raised = to_raise(alone, jointly, states)
    assert len(raised) == len(set(raised))
    assert not [one for one in raised if any(state in OPEN for state in states.get(one, ()))]


@given(alone=FOUND, jointly=FOUND)
def test_every_rule_that_nobody_judged_yet_is_told(alone: list[str], jointly: list[str]) -> None:
    assert set(to_raise(alone, jointly, {})) == {*alone, *jointly}


@given(alone=FOUND, jointly=FOUND)
def test_what_was_cancelled_comes_back_by_new_words_only(alone: list[str], jointly: list[str]) -> None:
    cancelled = {one: [AlarmState.CANCELLED] for one in (*alone, *jointly)}
    assert to_raise(alone, jointly, cancelled) == alone


def test_the_gravest_comes_first() -> None:
    assert to_raise(["U3"], ["U1", "U3"], {}) == ["U3", "U1"]


def test_a_cancelled_alarm_is_over_and_a_confirmed_one_can_still_be_cancelled() -> None:
    assert MAY_BECOME[AlarmState.CANCELLED] == frozenset()
    assert MAY_BECOME[AlarmState.CONFIRMED] == {AlarmState.CANCELLED}


@pytest.mark.parametrize(("reason", "good"), [("", False), (" x ", False), ("ok", True), ("误报", True)])
def test_a_reason_has_two_characters_at_least(reason: str, good: bool) -> None:
    assert is_reason(reason) is good


def test_short_utterances_are_read_together_and_long_ones_by_themselves() -> None:
    short = said(*"abcde")
    assert together(short) == short[2:]
    long = said("a", "b" * (LONGEST_TOGETHER - 1), "c" * LONGEST_TOGETHER)
    assert together(long) == long[2:]
    assert together(long[:2]) == long[1:2]
    assert together(short[:1]) == short[:1]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4), st.data())
def test_a_span_of_the_joined_text_is_found_in_its_utterance(texts: list[str], data: st.DataObject) -> None:
    whole = said(*texts)
    at = data.draw(st.integers(0, len(texts) - 1))
    start = data.draw(st.integers(0, len(texts[at])))
    end = data.draw(st.integers(start, len(texts[at])))
    before = len(joined(whole[:at])) + (1 if at else 0)
    found = located(whole, before + start, before + end)
    if start == end:
        assert found is None
    else:
        assert found == Evidence(SourceKind.MESSAGE, f"m{at}", start, end, texts[at])


def test_a_span_over_several_utterances_belongs_to_the_last() -> None:
    whole = said("她头晕", "热水器开着")
    found = located(whole, 1, 7)
    assert found == Evidence(SourceKind.MESSAGE, "m1", 0, 3, "热水器开着")


@given(st.integers(0, 12000), st.integers(1, 30))
def test_a_long_quote_is_cut_around_what_matters(start: int, length: int) -> None:
    text = "".join(chr(0x4E00 + n % 5000) for n in range(start + length + 500))
    short = quoted(Evidence(SourceKind.MESSAGE, "m", start, start + length, text))
    assert len(short.quote) <= LONGEST_QUOTE
    assert short.quote[short.start : short.end] == text[start : start + length]
