"""A real call reaches an agent's real telephone through a running hotline, and survives the death of ours."""

from __future__ import annotations

import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telephony.carrier.run import Carrier
from tests.support.asterisk import loudness
from tests.support.line_town import (
    AGENT,
    CITIZEN,
    NUMBER,
    LineTown,
    desk_phone_of,
    line_is_up,
    line_town,
    my_call,
    ready_agent,
)
from tests.support.people import Person, eventually, people

CLEAR, NOTHING = 1500.0, 200.0
"""Amplitudes: a tone that was spoken at 9000, and one that was not."""
TEXT = "The street lamp in front of No. 12, Wuyi Road is dark."


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTown]:
    with line_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture
def desk_phone(town: LineTown) -> Iterator[Carrier]:
    with desk_phone_of(town) as phone:
        yield phone


async def test_a_call_is_answered_recorded_on_both_sides_and_becomes_a_case(
    town: LineTown, desk_phone: Carrier
) -> None:
    async with people(town.hotline.url) as person:
        agent = person()
        account = await ready_agent(town, agent, desk_phone)
        try:
            await until_case(town, agent)
        finally:
            account.delete()


async def until_case(town: LineTown, agent: Person) -> None:
    citizen = town.rings()
    talking = await my_call(agent, "talk")
    assert talking["number"] == NUMBER
    await sound_on_both_sides(town)
    case = await agent.ask(
        "POST",
        "/api/desk/cases",
        {
            "key": "call-flow",
            "conversation_id": talking["conversation_id"],
            "channel": "phone",
            "request_type": "help",
            "category_code": "LT-01-01",
            "title": "Street lamp dark",
            "content": TEXT,
            "address": "12, Wuyi Road",
        },
    )
    town.carrier.hang_up(citizen)
    ended = await my_call(agent, "ended")
    assert ended["result"] == "answered"
    assert (await agent.ask("GET", "/api/agent/state"))["activity"] == "wrap_up"
    assert [c["case_no"] for c in ended["history"]["cases"]] == [case["case_no"]]

    async def recorded() -> Any:
        found = (await agent.ask("GET", f"/api/calls/{ended['id']}"))["recording"]
        return found if found["state"] == "ready" else None

    recording = await eventually(recorded, "both sides are put together")
    assert recording["seconds"] > 2
    link = await agent.ask("POST", f"/api/recordings/{recording['id']}/link")
    peaks = await agent.ask("GET", link["peaks_url"])
    assert [max(channel) > 0.1 for channel in peaks["channels"]] == [True, True]
    left, right = apart(town.recordings / "mixed" / f"{recording['id']}.wav", town.folder)
    assert loudness(left, CITIZEN) > CLEAR
    assert loudness(left, AGENT) < NOTHING
    assert loudness(right, AGENT) > CLEAR
    assert loudness(right, CITIZEN) < NOTHING
    await agent.ask("POST", "/api/agent/wrap-up/end")
    talk = await agent.ask("GET", f"/api/conversations/{ended['conversation_id']}")
    assert talk["channel"] == "phone"


async def sound_on_both_sides(town: LineTown) -> None:
    """Both have spoken for seconds."""

    async def growing() -> bool:
        files = list((town.recordings / "live").glob("*.wav"))
        return len(files) == 2 and all(file.stat().st_size > 60_000 for file in files)

    await eventually(growing, "both sides are recorded")


def apart(stereo: Path, folder: Path) -> list[Path]:
    """The two sides of a recording as files of their own."""
    with wave.open(str(stereo), "rb") as file:
        assert file.getnchannels() == 2
        data = memoryview(file.readframes(file.getnframes())).cast("h")
    sides = []
    for number in (0, 1):
        path = folder / f"side{number}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(bytes(data[number::2].tobytes()))
        sides.append(path)
    return sides


async def test_the_death_of_the_server_does_not_end_a_call_and_the_desk_has_it_back(
    town: LineTown, desk_phone: Carrier
) -> None:
    async with people(town.hotline.url) as person:
        agent = person()
        account = await ready_agent(town, agent, desk_phone)
        try:
            citizen = town.rings()
            talking = await my_call(agent, "talk")
            draft = {"version": 0, "form": {"content": TEXT}}
            await agent.ask("PUT", f"/api/desk/drafts/{talking['conversation_id']}", draft)
            town.hotline.kill()
            assert town.carrier.is_answered(citizen), "the call goes on"
            town.hotline.start()
            answered = time.monotonic()
            await line_is_up(town.hotline)
            again = await my_call(agent, "talk")
            # The bound is part of the promise: five seconds after the restart.
            assert time.monotonic() - answered < 5
            assert again["id"] == talking["id"]
            kept = await agent.ask("GET", f"/api/desk/drafts/{talking['conversation_id']}")
            assert kept["form"] == {"content": TEXT}
            assert town.carrier.is_answered(citizen), "and still does"
            town.carrier.hang_up(citizen)
            ended = await my_call(agent, "ended")
            assert (ended["result"], ended["to_be_filed"]) == ("answered", False)
            await agent.ask("POST", "/api/agent/wrap-up/end")
        finally:
            account.delete()
