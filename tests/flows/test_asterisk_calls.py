"""What a caller meets: notice, the one line, the hand-over, the way without us; on the real Asterisk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.asterisk.run import Asterisk
from telephony.carrier.run import Carrier, CitizenCall
from tests.support.ami_socket import AmiSocket, name_of
from tests.support.asterisk import citizens, loudness, program, running_asterisk, sip_address, telephone, tone
from tests.support.waiting import wait_until

CITIZEN, AGENT = 440.0, 1000.0
CLEAR, NOTHING = 2000.0, 200.0
"""Amplitudes: a tone that was spoken at 9000, and one that was not."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exchange's folder, with the site's own short recording notice in it."""
    folder = tmp_path_factory.mktemp("exchange")
    own = folder / "sounds" / "zh"
    own.mkdir(parents=True)
    tone(own / "recording-notice.wav", 300, 0.4)
    return folder


@pytest.fixture(scope="module")
def asterisk(folder: Path) -> Iterator[Asterisk]:
    with running_asterisk(folder) as running:
        yield running


@pytest.fixture(scope="module")
def carrier(asterisk: Asterisk, folder: Path) -> Iterator[Carrier]:
    with citizens(asterisk, folder) as running:
        yield running


@pytest.fixture(scope="module")
def phone(asterisk: Asterisk, folder: Path) -> Iterator[str]:
    """An agent whose telephone answers and speaks."""
    with telephone(asterisk, folder, "8001", tone(folder / "agent.wav", AGENT, 1.0)):
        yield "8001"


@pytest.fixture(scope="module")
def voice(folder: Path) -> Path:
    return tone(folder / "citizen.wav", CITIZEN)


@pytest.fixture
def ami(asterisk: Asterisk) -> Iterator[AmiSocket]:
    assert asterisk.ports is not None
    with AmiSocket(asterisk.ports.ami, asterisk.ami_login) as session:
        session.beat()
        yield session


def waiting(ami: AmiSocket) -> str:
    """The caller's channel, once it waits in the one line."""
    return ami.user_event("AcdWait", ami.beat)["Channel"]


def offer(ami: AmiSocket, channel: str, agent: str) -> None:
    ami.send("Setvar", Channel=channel, Variable="ACD_AGENT", Value=agent)
    press(ami, channel, "D")


def press(ami: AmiSocket, channel: str, digit: str) -> None:
    """What the router does: the caller's channel receives a digit."""
    ami.send("PlayDTMF", Channel=channel, Digit=digit, Duration="100", Receive="true")


def hang_up(ami: AmiSocket, channel: str) -> None:
    ami.send("Hangup", Channel=channel, Cause="16")
    ami.user_event("AcdGone", ami.beat)


def test_a_call_hears_the_notice_and_waits_in_the_line(carrier: Carrier, ami: AmiSocket) -> None:
    carrier.place(CitizenCall("13800138000", "12345"))
    new = ami.user_event("AcdNew", ami.beat)
    assert (new["CallerIDNum"], new["Called"]) == ("13800138000", "12345")
    channel = waiting(ami)
    wait = ami.user_event("AcdWait")
    assert wait["Uniqueid"] == new["Uniqueid"]
    assert wait["Why"] == ""
    names = [name_of(event) for event in ami.events]
    assert names.index("AcdNew") < names.index("AcdLeg") < names.index("AcdWait")
    assert {"TestEvent", "VarSet", "Newexten"}.isdisjoint(names)
    hang_up(ami, channel)


def test_a_caller_who_hangs_up_while_waiting_is_told(carrier: Carrier, ami: AmiSocket) -> None:
    call = carrier.place(CitizenCall("13800138001"))
    waiting(ami)
    carrier.hang_up(call)
    assert ami.user_event("AcdGone", ami.beat)["State"] == "wait"


def test_handed_over_each_voice_is_in_its_own_recording(
    carrier: Carrier, ami: AmiSocket, phone: str, voice: Path
) -> None:
    carrier.place(CitizenCall("13800138002", wav=voice, repeat=True))
    channel = waiting(ami)
    offer(ami, channel, phone)
    assert ami.user_event("AcdOffer", ami.beat)["Agent"] == phone
    up = ami.user_event("AcdUp", ami.beat, Agent=phone)
    recordings = {leg: Path(ami.user_event("AcdLeg", Leg=leg)["File"]) for leg in ("caller", phone)}
    growing = [file.parent / "live" / file.name for file in recordings.values()]
    wait_until(lambda: all(file.stat().st_size > 60_000 for file in growing), "both have spoken for seconds")
    hang_up(ami, channel)
    wait_until(lambda: all(file.exists() for file in recordings.values()), "both are complete")
    assert up["Call"] == ami.user_event("AcdWait")["Uniqueid"]
    assert loudness(recordings["caller"], CITIZEN) > CLEAR
    assert loudness(recordings["caller"], AGENT) < NOTHING
    assert loudness(recordings[phone], AGENT) > CLEAR
    assert loudness(recordings[phone], CITIZEN) < NOTHING


@pytest.mark.parametrize(("agent", "status"), [("8000000", "BUSY"), ("8001111", "NOANSWER")])
def test_an_offer_that_is_not_taken_keeps_the_place(
    carrier: Carrier, asterisk: Asterisk, folder: Path, ami: AmiSocket, agent: str, status: str
) -> None:
    with telephone(asterisk, folder, agent):
        carrier.place(CitizenCall("13800138003"))
        channel = waiting(ami)
        since = ami.user_event("AcdWait")["Since"]
        offer(ami, channel, agent)
        assert ami.user_event("AcdMiss", ami.beat, Agent=agent)["Status"] == status
        assert ami.user_event("AcdWait", ami.beat, Why=status)["Since"] == since
        hang_up(ami, channel)


def test_keys_that_a_caller_presses_lead_nowhere(carrier: Carrier, ami: AmiSocket, phone: str) -> None:
    carrier.place(CitizenCall("13800138004", press="wwDAB1*#C"))
    channel = waiting(ami)
    ami.send("Setvar", Channel=channel, Variable="ACD_SAY", Value="hotline/all-busy")
    # The last key repeats an announcement to the caller himself, so all keys before it were pressed.
    ami.wait_for(lambda event: event.get("Event") == "MusicOnHoldStop", "announcement", ami.beat)
    offer(ami, channel, phone)
    ami.user_event("AcdOffer", ami.beat, Agent=phone)
    assert [name_of(e) for e in ami.events].count("AcdOffer") == 1
    hang_up(ami, channel)


def test_when_the_agents_side_goes_the_caller_stays_for_the_routers_decision(
    carrier: Carrier, ami: AmiSocket, phone: str
) -> None:
    carrier.place(CitizenCall("13800138005"))
    channel = waiting(ami)
    for decision, follows in (("A", "AcdWait"), ("D", "AcdOffer"), ("B", "AcdGone")):
        if decision != "B":
            offer(ami, channel, phone)
        else:
            ami.user_event("AcdOffer", ami.beat)
        leg = ami.user_event("AcdUp", ami.beat)["Channel"]
        ami.send("Hangup", Channel=leg)
        assert ami.user_event("AcdAgentGone", ami.beat)["Agent"] == phone
        ami.events.clear()
        if decision == "D":
            offer(ami, channel, phone)
        else:
            press(ami, channel, decision)
        ami.user_event(follows, ami.beat)


def test_the_last_announcement_ends_the_call(carrier: Carrier, ami: AmiSocket) -> None:
    call = carrier.place(CitizenCall("13800138006"))
    channel = waiting(ami)
    ami.send("Setvar", Channel=channel, Variable="ACD_SAY", Value="hotline/after-hours")
    ami.send("Setvar", Channel=channel, Variable="ACD_LAST", Value="1")
    press(ami, channel, "C")
    ami.user_event("AcdGone", ami.beat)
    wait_until(lambda: carrier.report(call) is not None, "the citizen hears the end")


def test_without_a_heartbeat_waiting_and_new_callers_reach_an_agent(
    carrier: Carrier, ami: AmiSocket, phone: str
) -> None:
    ami.send("QueueAdd", Queue="fallback", Interface=f"PJSIP/{phone}")
    try:
        carrier.place(CitizenCall("13800138007"))
        channel = waiting(ami)
        last_beat = time.time()
        fallback = ami.user_event("AcdFallback")
        assert fallback["Since"] == ami.user_event("AcdWait")["Since"]
        up = ami.user_event("AcdUp")
        assert (up["Agent"], up["Fallback"]) == (phone, "1")
        # The bound is part of the promise; some four seconds were measured, one of them the phone's.
        assert float(up["Timestamp"]) - last_beat < 15
        ami.user_event("AcdLeg", Leg=phone)
        ami.send("Hangup", Channel=channel)
        ami.user_event("AcdGone")
        ami.events.clear()
        carrier.place(CitizenCall("13800138008"))
        assert ami.user_event("AcdUp", Agent=phone)["Fallback"] == "1"
    finally:
        ami.send("QueueRemove", Queue="fallback", Interface=f"PJSIP/{phone}")


def test_without_heartbeat_and_agents_a_message_is_heard_and_the_call_ends(
    carrier: Carrier, ami: AmiSocket
) -> None:
    ami.send("Setvar", Variable="ACD_HB", Value="0")
    call = carrier.place(CitizenCall("13800138009"))
    assert ami.user_event("AcdGone")["State"] == "fallback"
    wait_until(lambda: carrier.report(call) is not None, "the citizen hears the end")
    report = carrier.report(call)
    assert report is not None
    assert report.state == "answered"


def test_once_the_heartbeat_is_back_a_withdrawn_caller_waits_for_the_router_again(
    carrier: Carrier, asterisk: Asterisk, folder: Path, ami: AmiSocket
) -> None:
    silent = "8011111"
    with telephone(asterisk, folder, silent):
        ami.send("Setvar", Variable="ACD_HB", Value="0")
        ami.send("QueueAdd", Queue="fallback", Interface=f"PJSIP/{silent}")
        try:
            carrier.place(CitizenCall("13800138010"))
            channel = ami.user_event("AcdFallback")["Channel"]
            ami.wait_for(lambda e: e.get("Event") == "QueueCallerJoin", "the queue")
            ami.events.clear()
            ami.beat()
            ami.send("QueueWithdrawCaller", Queue="fallback", Caller=channel)
            press(ami, channel, "0")
            ami.user_event("AcdWait", ami.beat)
            hang_up(ami, channel)
        finally:
            ami.send("QueueRemove", Queue="fallback", Interface=f"PJSIP/{silent}")


@pytest.fixture
def town(asterisk: Asterisk, folder: Path, voice: Path) -> Iterator[Carrier]:
    """The citizens whom we call: they stand where the trunk leads, answer and speak."""
    assert asterisk.ports is not None
    address, port = sip_address(asterisk), asterisk.ports.carrier
    with Carrier(program(), folder / "town", address, port=port, answer=voice) as running:
        yield running


def call_citizen(ami: AmiSocket, call_id: str, agent: str) -> None:
    ami.send(
        "Originate",
        Channel="PJSIP/13800138011@trunk",
        ChannelId=call_id,
        Context="acd-out",
        Exten="s",
        Priority="1",
        Async="true",
        Variable=f"ACD_AGENT={agent},ACD_CALLED=13800138011",
    )


@pytest.mark.usefixtures("town")
def test_a_citizen_whom_we_called_is_handed_to_the_agent(ami: AmiSocket, phone: str) -> None:
    call_citizen(ami, "callback-1", phone)
    new = ami.user_event("AcdNew", ami.beat)
    assert (new["Uniqueid"], new["Called"]) == ("callback-1", "13800138011")
    assert ami.user_event("AcdUp", ami.beat)["Call"] == "callback-1"
    hang_up(ami, new["Channel"])


@pytest.mark.usefixtures("town")
def test_the_name_of_a_call_runs_no_program_when_its_recording_ends(
    ami: AmiSocket, phone: str, folder: Path
) -> None:
    call_citizen(ami, "x'; touch made; echo '", phone)
    recording = Path(ami.user_event("AcdLeg", ami.beat, Leg="caller")["File"])
    ami.user_event("AcdUp", ami.beat)
    hang_up(ami, ami.user_event("AcdNew")["Channel"])
    wait_until(recording.exists, "the recording is complete")
    assert list(folder.rglob("made")) == []
