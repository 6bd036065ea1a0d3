"""Events of the dialplan become facts. The recorded call is a real one: `data/ami_answered_call.txt`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hotline.ports.callsink import (
    AgentPhone,
    CallAgentGone,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallFact,
    CallFallback,
    CallMissedOffer,
    CallOffered,
    CallWaiting,
    LegRecorded,
)
from hotline.ports.pbx import Call, CallState, Direction
from telephony.calls import CallBook, call_of

NOW = datetime(2026, 11, 22, 17, 40, tzinfo=UTC)
SINCE = datetime(2026, 11, 22, 17, 36, 25, tzinfo=UTC)
RECORDED = Path(__file__).parent / "data" / "ami_answered_call.txt"
CALL = "1795368985.0"


@dataclass
class Row:
    """An event as the book sees it."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def text(self, header: str) -> str:
        return self.headers.get(header, "")


def recorded() -> list[Row]:
    """The events of the recorded call."""
    rows = []
    for block in RECORDED.read_text("utf-8").strip().split("\n\n"):
        pairs = [line.split(": ", 1) for line in block.split("\n") if ": " in line]
        headers = {name: value for name, value in pairs if name != "ChanVariable"}
        variables = dict(value.split("=", 1) for name, value in pairs if name == "ChanVariable")
        rows.append(Row(headers.pop("Event"), headers, variables))
    return rows


def user_event(what: str, state: str = "wait", at: str = "", **headers: str) -> Row:
    """A UserEvent of the caller's channel "1"."""
    variables = {"ACD_ID": "1", "ACD_CALL": "1", "ACD_SINCE": "1795368985", "ACD_STATE": state,
                 "ACD_CALLED": "12345"}  # fmt: skip
    own = {"UserEvent": what, "Uniqueid": "1", "CallerIDNum": "13800138000", "CallerIDName": "<unknown>"}
    return Row("UserEvent", own | headers | ({"Timestamp": at} if at else {}), variables)


def facts(book: CallBook, *events: Row) -> list[CallFact]:
    return [fact for event in events for fact in book.apply(event, NOW)]


def test_a_real_call_is_told_in_order() -> None:
    book = CallBook()
    told = facts(book, *recorded())
    assert [type(fact) for fact in told] == [
        CallArrived, LegRecorded, CallWaiting, CallOffered, CallMissedOffer, CallWaiting, CallOffered,
        AgentPhone, LegRecorded, CallAnswered, CallAgentGone, CallWaiting, CallEnded,
    ]  # fmt: skip
    arrived, caller_leg, waits = told[:3]
    assert isinstance(arrived, CallArrived)
    assert arrived == CallArrived(CALL, "13800138000", "", "12345", arrived.at)
    assert arrived.at.timestamp() == 1795368985.386586
    assert isinstance(caller_leg, LegRecorded)
    assert (caller_leg.leg, caller_leg.path) == ("caller", f"/spool/recordings/{CALL}~caller~{CALL}.wav")
    assert isinstance(waits, CallWaiting)
    assert waits.since == SINCE
    assert {fact.since for fact in told if isinstance(fact, CallWaiting)} == {SINCE}
    assert [fact.why for fact in told if isinstance(fact, CallWaiting)] == ["", "CHANUNAVAIL", "SENT_BACK"]
    ended = told[-1]
    assert isinstance(ended, CallEnded)
    assert (ended.state, ended.cause) == (CallState.WAITING, 16)
    assert book.calls == {}


def test_the_state_at_any_moment_is_the_last_one_told() -> None:
    book = CallBook()
    seen = []
    for event in recorded():
        if facts(book, event) and CALL in book.calls:
            seen.append((book.calls[CALL].state.value, book.calls[CALL].agent))
    assert seen == [
        ("new", None), ("new", None), ("wait", None), ("ring", "nobody"), ("wait", None), ("wait", None),
        ("ring", "8001"), ("ring", "8001"), ("ring", "8001"), ("talk", "8001"), ("after", "8001"),
        ("wait", None),
    ]  # fmt: skip


def test_a_call_first_seen_in_the_middle_is_made_known_first() -> None:
    told = facts(CallBook(), user_event("AcdWait", Since="1795368985", Why=""))
    assert told == [CallArrived("1", "13800138000", "", "12345", NOW), CallWaiting("1", SINCE, "", NOW)]


def test_what_the_plain_queue_does_is_told_too() -> None:
    told = facts(
        CallBook(),
        user_event("AcdFallback", "fallback", Since="1795368985"),
        user_event("AcdUp", "talk", Call="1", Agent="8001", Fallback="1"),
    )
    assert told[1:] == [CallFallback("1", SINCE, NOW), CallAnswered("1", "8001", NOW, fallback=True)]


def test_events_older_than_the_reading_change_nothing() -> None:
    book = CallBook()
    book.replace(
        [Call("1", CallState.RINGING, "13800138000", agent="8001")], [], datetime.fromtimestamp(100, UTC)
    )
    assert facts(book, user_event("AcdWait", at="99.9")) == []
    assert book.calls["1"].state is CallState.RINGING
    assert len(facts(book, user_event("AcdWait", at="100.1"))) == 1
    leg = user_event("AcdLeg", at="99.9", Call="1", Leg="caller", File="/spool/1.wav")
    assert len(facts(book, leg)) == 1  # a file does not become untrue


def test_a_hang_up_of_another_channel_is_not_the_callers() -> None:
    book = CallBook()
    facts(book, user_event("AcdWait"))
    assert facts(book, Row("Hangup", {"Uniqueid": "2", "Cause": "16"})) == []
    assert facts(book, Row("Hangup", {"Uniqueid": "1", "Cause": ""})) == [
        CallEnded("1", CallState.WAITING, 0, NOW)
    ]
    assert facts(book, Row("Hangup", {"Uniqueid": "1", "Cause": "16"})) == []


def test_a_leg_is_no_call() -> None:
    assert call_of(Row("CoreShowChannel", {"Uniqueid": "2"}, {"ACD_ID": "", "ACD_CALL": "1"})) is None
    assert call_of(Row("CoreShowChannel", {"Uniqueid": "2"}, {"ACD_ID": "1"})) is None
    assert call_of(Row("CoreShowChannel", {}, {"ACD_ID": ""})) is None


def test_our_own_call_shows_the_number_we_dialled() -> None:
    variables = {"ACD_ID": "1", "ACD_CALLED": "13800138000", "ACD_DIR": "outbound", "ACD_STATE": "ring"}
    call = call_of(Row("CoreShowChannel", {"Uniqueid": "1", "CallerIDNum": "12345"}, variables))
    assert call is not None
    assert (call.number, call.direction, call.state) == ("13800138000", Direction.OUTBOUND, CallState.RINGING)


@pytest.mark.parametrize(
    ("headers", "count"),
    [
        ({"Response": "Failure", "Uniqueid": "<unknown>"}, 1),
        ({"Response": "Failure", "Uniqueid": "ours"}, 0),  # its Hangup tells, with the cause
        ({"Response": "Success", "Uniqueid": "ours"}, 0),
    ],
)
def test_a_call_that_never_came_about_ends(headers: dict[str, str], count: int) -> None:
    book = CallBook()
    call = Call("ours", CallState.DIALLING, "13800138000", direction=Direction.OUTBOUND)
    assert book.dial("action-1", call, NOW) == [
        CallArrived("ours", "13800138000", "", "", NOW, Direction.OUTBOUND)
    ]
    ended = facts(book, Row("OriginateResponse", {"ActionID": "action-1", **headers}))
    assert ended == [CallEnded("ours", CallState.DIALLING, 0, NOW)] * count
    assert facts(book, Row("OriginateResponse", {"ActionID": "another", "Response": "Failure"})) == []


def test_a_phone_is_told_when_it_changes() -> None:
    def device(name: str, state: str) -> Row:
        return Row("DeviceStateChange", {"Device": name, "State": state})

    book = CallBook()
    book.replace([], ["li.na"], None)
    told = facts(
        book,
        device("PJSIP/li.na", "NOT_INUSE"),
        device("PJSIP/li.na", "RINGING"),
        device("PJSIP/li.na", "UNAVAILABLE"),
        device("PJSIP/li.na", "INVALID"),
        device("PJSIP/wang", "NOT_INUSE"),
        device("PJSIP/trunk", "NOT_INUSE"),
        device("Queue:fallback_avail", "INUSE"),
    )
    assert told == [AgentPhone("li.na", False, NOW), AgentPhone("wang", True, NOW)]


def test_nothing_of_a_call_is_kept_once_it_has_ended() -> None:
    book = CallBook()
    for number in range(1_000):
        call_id = str(number)
        variables = {"ACD_ID": call_id}
        facts(book, Row("UserEvent", {"UserEvent": "AcdNew", "Uniqueid": call_id}, variables))
        facts(book, Row("Hangup", {"Uniqueid": call_id, "Cause": "16"}))
    assert book == CallBook()
