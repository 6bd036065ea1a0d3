"""Nobody takes the call: passed on, told so, or on the worklist with the number; with the real Asterisk."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from telephony.carrier.run import Carrier
from tests.support.asterisk import Account, program, sip_address, tone
from tests.support.line_town import (
    LineTown,
    desk_phone_of,
    line_is_up,
    line_town,
    my_call,
    ready_agent,
)
from tests.support.people import Person, eventually, people
from tests.support.running import demo_password
from tests.support.waiting import wait_until

OURS = "12345000"
SETTINGS = {
    "HOTLINE_OFFER_SECONDS": "5",
    "HOTLINE_NOBODY_ON_DUTY_SECONDS": "3",
    "HOTLINE_TRUNK_CALLER_IDS": f"{OURS}, 12345001",
}
NOBODY_ANSWERS = "8001111"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTown]:
    with line_town(tmp_path_factory.mktemp("town"), SETTINGS) as town:
        yield town


@pytest.fixture(scope="module")
def desk_phone(town: LineTown) -> Iterator[Carrier]:
    with desk_phone_of(town) as phone:
        yield phone


@pytest.fixture
def signed_up(town: LineTown) -> Iterator[Callable[[Account], Account]]:
    """Takes accounts of telephones away after the test."""
    with ExitStack() as leaving:

        def keep(account: Account) -> Account:
            leaving.callback(account.delete)
            return account

        yield keep


async def listed(agent: Person, path: str, number: str) -> Any:
    """The call of this number on a worklist, once it is there."""

    async def look() -> Any:
        return next(
            (c for c in await agent.ask("GET", path) if (c["number"] or "")[-4:] == number[-4:]), None
        )

    return await eventually(look, f"{path} has the call of {number}")


async def signed_in(town: LineTown, person: Person, name: str = "agent1") -> Person:
    return await person.sign_in(name, demo_password())


async def test_without_anybody_on_duty_a_caller_hears_so_and_is_on_the_worklist(town: LineTown) -> None:
    async with people(town.hotline.url) as person:
        agent = await signed_in(town, person())
        citizen = town.rings("13800138021")
        call = await listed(agent, "/api/calls/missed", "13800138021")
        assert (call["result"], call["missed_why"]) == ("missed", "nobody_on_duty")
        wait_until(lambda: town.carrier.report(citizen) is not None, "the citizen's call has ended")
        log = (town.hotline.data / "telephony" / "asterisk" / "log" / "messages.log").read_text("utf-8")
        assert [line for line in log.splitlines() if "nobody-on-duty" in line] == [], "it was played"


async def test_not_taken_it_goes_to_the_next_agent_and_keeps_its_place(
    town: LineTown, desk_phone: Carrier, signed_up: Callable[[Account], Account]
) -> None:
    async with people(town.hotline.url) as person:
        first, second = person(), person()
        signed_up(await ready_agent(town, first, desk_phone, extension=NOBODY_ANSWERS))
        citizen = town.rings("13800138022")
        ringing = await my_call(first, "ring")
        signed_up(await ready_agent(town, second, desk_phone, name="agent2"))
        talking = await my_call(second, "talk")
        assert talking["id"] == ringing["id"]
        assert talking["waiting_since"] == ringing["waiting_since"]
        assert talking["ringing_at"] == ringing["ringing_at"]
        rings = [(ring["agent"]["id"], ring["outcome"]) for ring in talking["offers"]]
        assert rings == [(first.id, "no_answer"), (second.id, "answered")]
        town.carrier.hang_up(citizen)
        await my_call(second, "ended")
        for agent in (first, second):
            await agent.ask("POST", "/api/agent/wrap-up/end")


async def test_calls_that_came_and_ended_without_our_server_are_to_be_filed_or_called_back(
    town: LineTown, desk_phone: Carrier, signed_up: Callable[[Account], Account]
) -> None:
    async with people(town.hotline.url) as person:
        agent = person()
        signed_up(await ready_agent(town, agent, desk_phone))
        await in_the_plain_queue(town, agent.id)
        town.hotline.kill()
        served = town.rings("13800138023")
        await spoken_of(town, agent.id)
        left = town.rings("13800138024")
        wait_until(lambda: town.carrier.is_answered(left), "the second caller waits")
        for citizen in (left, served):
            town.carrier.hang_up(citizen)
            wait_until(lambda c=citizen: town.carrier.report(c) is not None, "the call has ended")  # type: ignore[misc]
        town.hotline.start()
        await line_is_up(town.hotline)
        to_file = await listed(agent, "/api/calls/to-file", "13800138023")
        assert (to_file["result"], to_file["agent"]["id"]) == ("interrupted", agent.id)
        missed = await listed(agent, "/api/calls/missed", "13800138024")
        assert missed["missed_why"] == "unattended"

        async def recorded() -> bool:
            recording = (await agent.ask("GET", f"/api/calls/{to_file['id']}"))["recording"]
            return recording is not None and recording["state"] == "ready"

        await eventually(recorded, "its recording can be heard")
        done = await agent.ask("POST", "/api/calls/to-file/clear", {"ids": [to_file["id"]]})
        assert done == {"cleared": 1}


async def in_the_plain_queue(town: LineTown, agent: str) -> None:
    """The agent is mirrored into the queue that works without us."""

    async def look() -> bool:
        return agent in town.asterisk.ask("queue show fallback")

    await eventually(look, "the agent is in the plain queue")


async def spoken_of(town: LineTown, agent: str) -> None:
    """Some of both sides of the agent's call is on the disk."""

    async def look() -> bool:
        files = list((town.recordings / "live").glob(f"*~{agent}~*.wav"))
        return any(file.stat().st_size > 40_000 for file in files)

    await eventually(look, "the two talk")


async def test_a_citizen_who_is_called_back_sees_the_hotlines_own_number(
    town: LineTown, desk_phone: Carrier, signed_up: Callable[[Account], Account]
) -> None:
    async with people(town.hotline.url) as person:
        agent = await signed_in(town, person())
        town.rings("13800138025")
        missed = await listed(agent, "/api/calls/missed", "13800138025")
        signed_up(await ready_agent(town, agent, desk_phone))
        assert town.asterisk.ports is not None
        voice, port = tone(town.folder / "home.wav", 600), town.asterisk.ports.carrier
        home = town.folder / "home"
        with Carrier(program(), home, sip_address(town.asterisk), port=port, answer=voice):
            begun = await agent.ask("POST", f"/api/calls/missed/{missed['id']}/call-back")
            talking = await my_call(agent, "talk")
            assert talking["id"] == begun["call_id"]
            await agent.ask("POST", f"/api/calls/{talking['id']}/hang-up")
            await my_call(agent, "ended")
            records = home / "log" / "cdr-csv" / "Master.csv"
            wait_until(records.exists, "the citizen's exchange has written it down")
        with records.open(encoding="utf-8", newline="") as file:
            assert [(row[1], row[2]) for row in csv.reader(file)] == [(OURS, "13800138025")]
        assert missed["id"] not in [c["id"] for c in await agent.ask("GET", "/api/calls/missed")]
