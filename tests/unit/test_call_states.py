"""What each fact makes of a call, as `hotline.calls.model` says it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.calls.model import (
    ENDED,
    Effect,
    Missed,
    MissedWhy,
    OfferOutcome,
    Result,
    Standing,
    StepFact,
    answered_unseen,
    ends,
    passed,
    ring_ended,
    step,
)
from hotline.ports.callsink import (
    CallAgentGone,
    CallAnswered,
    CallEnded,
    CallFallback,
    CallMissedOffer,
    CallOffered,
    CallPassed,
    CallWaiting,
)
from hotline.ports.pbx import CallState, Direction

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ID, ANN, BOB = "1790000000.1", "ann", "bob"

agents = st.sampled_from([ANN, BOB])
facts: st.SearchStrategy[StepFact] = st.one_of(
    st.builds(CallWaiting, st.just(ID), st.just(NOON), st.sampled_from(["", "NOANSWER"]), st.just(NOON)),
    st.builds(CallOffered, st.just(ID), agents, st.just(NOON)),
    st.builds(CallMissedOffer, st.just(ID), agents, st.just("NOANSWER"), st.just(NOON)),
    st.builds(CallAnswered, st.just(ID), agents, st.just(NOON), st.booleans()),
    st.builds(CallAgentGone, st.just(ID), agents, st.just(NOON)),
    st.builds(CallFallback, st.just(ID), st.just(NOON), st.just(NOON)),
    st.builds(CallEnded, st.just(ID), st.sampled_from(CallState), st.just(16), st.just(NOON)),
)
directions = st.sampled_from([Direction.INBOUND, Direction.OUTBOUND])


def after(call: Standing, fact: StepFact) -> Standing:
    """The call once the fact was taken."""
    news = step(call, fact)
    if news is None:
        return call
    values = {"agent_id": call.agent, "waiting_since": call.since, **news.values}
    answered = call.was_answered or "answered_at" in news.values
    return Standing(
        values["state"],
        values["agent_id"],
        answered,
        call.direction,
        values["waiting_since"],
        call.was_rung or "ringing_at" in values,
        call.turned_away,
    )


def run(call: Standing, *told: StepFact) -> Standing:
    for fact in told:
        call = after(call, fact)
    return call


@given(st.lists(facts, max_size=12), directions, facts)
def test_a_fact_that_is_told_twice_is_news_once(
    told: list[StepFact], direction: Direction, last: StepFact
) -> None:
    call = run(Standing(CallState.NEW, direction=direction), *told, last)
    # An offer that was refused puts the caller back into the line each time the exchange says so.
    if not (isinstance(last, CallWaiting) and last.why):
        assert step(call, last) is None


@given(st.lists(facts, max_size=12), directions, facts)
def test_a_call_that_has_ended_stays_so(told: list[StepFact], direction: Direction, late: StepFact) -> None:
    end = CallEnded(ID, CallState.WAITING, 16, NOON)
    call = run(Standing(CallState.NEW, direction=direction), *told, end)
    assert call.state == ENDED
    assert step(call, late) is None


@given(st.lists(facts, max_size=12), directions)
def test_every_end_has_a_result_and_a_missed_call_is_on_the_worklist(
    told: list[StepFact], direction: Direction
) -> None:
    call = run(Standing(CallState.NEW, direction=direction), *told)
    news = ends(call, NOON, 16)
    if news is None:
        assert call.state == ENDED
        return
    expected = Result.MISSED if direction is Direction.INBOUND else Result.UNREACHED
    assert news.values["result"] == (Result.ANSWERED if call.was_answered else expected)
    sent_back = call.was_answered and call.state in (CallState.WAITING, CallState.FALLBACK)
    to_call_back = direction is Direction.INBOUND and (not call.was_answered or sent_back)
    assert (news.values.get("missed") == Missed.OPEN) == to_call_back
    assert (news.values.get("missed_why") is not None) == to_call_back


@given(st.lists(facts, max_size=12), facts)
def test_an_agent_who_talked_is_freed_or_wraps_up_before_another_has_the_call(
    told: list[StepFact], fact: StepFact
) -> None:
    call = run(Standing(CallState.NEW), *told)
    talking = call.state in (CallState.TALKING, CallState.AFTER)
    news = step(call, fact)
    if not talking or news is None or call.agent is None:
        return
    still = news.values.get("agent_id", call.agent) == call.agent and news.values["state"] != ENDED
    assert still or set(news.effects) & {Effect.AGENT_FREE, Effect.WRAP_UP}


def test_a_caller_keeps_the_place_of_the_first_wait() -> None:
    since = NOON - timedelta(minutes=5)
    call = run(
        Standing(CallState.NEW),
        CallWaiting(ID, since, "", NOON),
        CallOffered(ID, ANN, NOON),
        CallMissedOffer(ID, ANN, "NOANSWER", NOON),
    )
    news = step(call, CallWaiting(ID, since, "NOANSWER", NOON))
    assert news is not None
    assert (news.values["waiting_since"], news.effects) == (since, (Effect.WAITS,))


def test_the_agent_whose_page_was_reloaded_gets_the_call_back_without_moving_it() -> None:
    call = run(
        Standing(CallState.NEW),
        CallOffered(ID, ANN, NOON),
        CallAnswered(ID, ANN, NOON),
        CallAgentGone(ID, ANN, NOON),
    )
    news = step(call, CallOffered(ID, ANN, NOON))
    assert news is not None
    assert news.effects == ()


def test_what_was_answered_while_nobody_listened_is_to_be_filed() -> None:
    fact = CallAnswered(ID, ANN, NOON)
    assert answered_unseen(Standing(CallState.WAITING), fact)
    assert answered_unseen(Standing(CallState.RINGING, BOB), fact)
    assert not answered_unseen(Standing(CallState.RINGING, ANN), fact)
    assert not answered_unseen(Standing(CallState.TALKING, ANN, was_answered=True), fact)


def test_a_talk_that_ended_unseen_is_interrupted_and_to_be_filed() -> None:
    news = ends(Standing(CallState.TALKING, ANN, was_answered=True), NOON, 0, seen=False)
    assert news is not None
    assert (news.values["result"], news.values["to_be_filed"]) == (Result.INTERRUPTED, True)
    assert news.effects == (Effect.WRAP_UP,)


@pytest.mark.parametrize("status", ["CHANUNAVAIL", "CONGESTION"])
def test_a_telephone_that_could_not_be_reached_refused_nothing(status: str) -> None:
    """The page of a talking agent is reloaded, and the ring comes before its telephone is back."""
    rung = Standing(CallState.RINGING, ANN, True, Direction.INBOUND, NOON)
    news = step(rung, CallMissedOffer(ID, ANN, status, NOON))
    assert news is not None
    assert Effect.UNREACHED in news.effects
    assert Effect.REFUSED not in news.effects


def test_who_lets_it_ring_refused() -> None:
    rung = Standing(CallState.RINGING, ANN, False, Direction.INBOUND, NOON)
    news = step(rung, CallMissedOffer(ID, ANN, "NOANSWER", NOON))
    assert news is not None
    assert Effect.REFUSED in news.effects


def test_the_first_ring_is_the_one_that_is_kept() -> None:
    first = step(Standing(CallState.WAITING), CallOffered(ID, ANN, NOON))
    again = step(Standing(CallState.WAITING, was_rung=True), CallOffered(ID, BOB, NOON))
    assert first is not None
    assert again is not None
    assert first.values["ringing_at"] == NOON
    assert "ringing_at" not in again.values


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("NOANSWER", OfferOutcome.NO_ANSWER),
        ("BUSY", OfferOutcome.BUSY),
        ("CHANUNAVAIL", OfferOutcome.UNREACHABLE),
        ("CONGESTION", OfferOutcome.UNREACHABLE),
    ],
)
def test_a_ring_that_was_not_taken_says_why(status: str, outcome: OfferOutcome) -> None:
    news = step(Standing(CallState.RINGING, ANN), CallMissedOffer(ID, ANN, status, NOON))
    assert news is not None
    assert ring_ended(news) is outcome


def test_who_was_answered_and_waits_again_is_called_back_when_the_exchange_dies() -> None:
    news = ends(Standing(CallState.WAITING, was_answered=True), NOON, 0, seen=False)
    assert news is not None
    assert (news.values["result"], news.values["missed_why"]) == (Result.INTERRUPTED, MissedWhy.INTERRUPTED)


def test_whom_we_turned_away_is_missed_for_that_reason() -> None:
    news = ends(Standing(CallState.WAITING, turned_away=MissedWhy.CLOSED), NOON, 16)
    assert news is not None
    assert news.values["missed_why"] == MissedWhy.CLOSED


def test_a_call_that_passed_unattended_is_missed_or_to_be_filed() -> None:
    def on_record(agent: str | None) -> CallPassed:
        return CallPassed(ID, "13800138000", "", "12345", Direction.INBOUND, agent, NOON, NOON)

    missed = passed(Standing(CallState.NEW), on_record(None))
    talked = passed(Standing(CallState.RINGING, BOB), on_record(ANN))
    assert missed is not None
    assert talked is not None
    assert (missed.values["missed"], missed.values["missed_why"]) == (Missed.OPEN, MissedWhy.UNATTENDED)
    assert (talked.values["result"], talked.values["to_be_filed"]) == (Result.INTERRUPTED, True)
    assert talked.values["agent_id"] == ANN
    assert passed(Standing(ENDED), on_record(ANN)) is None
