"""An agent who takes calls at a desk phone instead of the browser: the whole product and a real Asterisk."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from telephony.carrier.run import Carrier
from tests.support.asterisk import loudness
from tests.support.line_town import AGENT, CITIZEN, DESK_PHONE, LineTown, desk_phone_of, line_town, my_call
from tests.support.people import Person, Refused, eventually, people
from tests.support.running import demo_password
from tests.support.sip import SipPhone
from tests.support.waiting import wait_until

SPOKEN = 24_000
"""Bytes of a recording: one second and a half."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTown]:
    with line_town(tmp_path_factory.mktemp("at-desk")) as running:
        yield running


@pytest.fixture(scope="module")
def device(town: LineTown) -> Iterator[Carrier]:
    """The thing on the table: it answers after a second, which is lifting the handset, and speaks."""
    with desk_phone_of(town) as running:
        yield running


def pbx_phone(town: LineTown, *arguments: str) -> Any:
    """What ``hotline pbx phone`` prints as JSON."""
    command = [sys.executable, "-m", "hotline", "pbx", "phone", *arguments]
    command += ["--json", "--data", str(town.hotline.data)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def register(town: LineTown, device: Carrier, entries: dict[str, Any]) -> None:
    """Enter into the phone what the operator was shown."""
    with SipPhone(f"{entries['server']}:{entries['port']}") as sip:
        assert sip.register(entries["user"], entries["password"], at=f"{DESK_PHONE}@{device.address}") == 200


async def desks(agent: Person) -> dict[str, Any]:
    return {one["name"]: one for one in await agent.ask("GET", "/api/phone/desks")}


async def test_the_agent_chooses_the_desk_phone_it_rings_is_answered_there_and_recorded(
    town: LineTown, device: Carrier
) -> None:
    mine = pbx_phone(town, "add", "window", "--for", "agent1")
    pbx_phone(town, "add", "meeting-room")
    pbx_phone(town, "add", "of-another", "--for", "agent2")
    assert [one["for"] for one in pbx_phone(town, "list")] == [None, "agent2", "agent1"]
    register(town, device, mine)
    async with people(town.hotline.url) as new:
        agent = new()
        await agent.sign_in("agent1", demo_password())
        await agent.open_page()

        async def is_online() -> bool:
            return bool((await desks(agent))["window"]["is_online"])

        await eventually(is_online, "the desk phone is registered")
        assert {name: one["is_own"] for name, one in (await desks(agent)).items()} == {
            "meeting-room": False,
            "window": True,
        }
        with pytest.raises(Refused) as refused:
            await agent.ask("POST", "/api/phone/desk", {"name": "of-another"})
        assert refused.value.status == 404
        assert (await agent.ask("POST", "/api/phone/desk", {"name": "window"}))["name"] == "window"
        await agent.ask("PUT", "/api/agent/state", {"state": "ready"})
        town.rings()
        call = await my_call(agent, "talk")
        assert [offer["outcome"] for offer in call["offers"]] == ["answered"]

        async def have_spoken() -> bool:
            growing = list((town.recordings / "live").glob(f"{call['id']}~*.wav"))
            return len(growing) == 2 and all(one.stat().st_size > SPOKEN for one in growing)

        await eventually(have_spoken, "both have spoken")
        await agent.ask("POST", f"/api/calls/{call['id']}/hang-up")
        await my_call(agent, "ended")
    legs = f"{call['id']}~*.wav"
    wait_until(lambda: len(list(town.recordings.glob(legs))) == 2, "both legs are complete")
    [citizen] = town.recordings.glob(f"{call['id']}~caller~*.wav")
    [desk] = town.recordings.glob(f"{call['id']}~{agent.id}~*.wav")
    assert loudness(citizen, CITIZEN) > 5 * loudness(citizen, AGENT)
    assert loudness(desk, AGENT) > 5 * loudness(desk, CITIZEN)
