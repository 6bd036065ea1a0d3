"""The link to the real Asterisk falls silent, or breaks at the worst moment (QUALITY faults 2 and 3)."""

from __future__ import annotations

import csv
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from telephony.carrier.run import Carrier
from tests.support.asterisk import program, sip_address, tone
from tests.support.line_town import (
    LineTown,
    desk_phone_of,
    line_health,
    line_is_up,
    line_town,
    my_call,
    ready_agent,
)
from tests.support.people import Person, eventually, people
from tests.support.waiting import wait_until
from tests.support.weak_link import Cut, weak_link

SETTINGS = {"HOTLINE_NOBODY_ON_DUTY_SECONDS": "600"}
ORIGINATE = b"Action: Originate"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[LineTown]:
    with line_town(tmp_path, SETTINGS) as town:
        yield town


@asynccontextmanager
async def agent_at_work(town: LineTown) -> AsyncIterator[Person]:
    """A ready agent whose telephone answers."""
    with desk_phone_of(town) as phone:
        async with people(town.hotline.url) as person:
            agent = person()
            account = await ready_agent(town, agent, phone)
            try:
                yield agent
            finally:
                account.delete()


async def waiting_numbers(agent: Person) -> list[str]:
    """The last four digits of those who wait in the line."""
    items = await agent.ask("GET", "/api/queue")
    return sorted(item["contact"]["phone"][-4:] for item in items if item["channel"] == "phone")


async def waits(agent: Person, *numbers: str) -> None:
    async def look() -> bool:
        return await waiting_numbers(agent) == sorted(number[-4:] for number in numbers)

    await eventually(look, f"the line is {numbers}")


async def missed(agent: Person, number: str) -> Any:
    async def look() -> Any:
        found = await agent.ask("GET", "/api/calls/missed")
        return next((call for call in found if call["number"][-4:] == number[-4:]), None)

    return await eventually(look, f"{number} is on the worklist")


def callers_there(town: LineTown) -> int:
    """How many citizens' channels the exchange itself has."""
    rows = town.asterisk.ask("core show channels concise").splitlines()
    return sum(row.startswith("PJSIP/trunk-") for row in rows)


async def test_a_silence_is_noticed_in_time_and_afterwards_we_know_what_the_exchange_knows(
    town: LineTown,
) -> None:
    async with weak_link(town) as link, agent_at_work(town) as agent:
        town.rings("13800138001")
        talking = await my_call(agent, "talk")
        leaves = town.rings("13800138002")
        town.rings("13800138003")
        await waits(agent, "13800138002", "13800138003")
        silent = time.monotonic()
        link.fall_silent()

        async def noticed() -> bool:
            return await line_health(town.hotline) == ("degraded", "no link to Asterisk: silent")

        await eventually(noticed, "the silence is noticed")
        # The bound is part of the promise.
        assert time.monotonic() - silent < 10
        town.carrier.hang_up(leaves)
        wait_until(lambda: town.carrier.report(leaves) is not None, "one hangs up, and nobody hears it")
        comes = town.rings("13800138004")
        wait_until(lambda: town.carrier.is_answered(comes), "another one comes, and nobody hears it")
        tries = link.connections

        async def tried_in_vain() -> bool:
            return link.connections >= tries + 2

        await eventually(tried_in_vain, "it goes on trying")
        link.go_on()
        await line_is_up(town.hotline)
        await waits(agent, "13800138003", "13800138004")
        assert (await my_call(agent, "talk"))["id"] == talking["id"]
        assert (await missed(agent, "13800138002"))["result"] == "missed"
        assert callers_there(town) == 3


@asynccontextmanager
async def citizens_home(town: LineTown) -> AsyncIterator[Path]:
    """The citizens' own exchange, which answers; where it writes down who was called."""
    assert town.asterisk.ports is not None
    voice, home = tone(town.folder / "home.wav", 600), town.folder / "home"
    with Carrier(program(), home, sip_address(town.asterisk), port=town.asterisk.ports.carrier, answer=voice):
        yield home / "log" / "cdr-csv" / "Master.csv"


def was_called(records: Path) -> list[str]:
    """Each call that reached a citizen and has ended."""
    if not records.exists():
        return []
    with records.open(encoding="utf-8", newline="") as file:
        return [row[2] for row in csv.reader(file)]


async def test_a_link_that_breaks_after_the_exchange_was_told_to_dial_dials_once(town: LineTown) -> None:
    number = "13800138005"
    async with weak_link(town) as link, agent_at_work(town) as agent, citizens_home(town) as records:
        await agent.ask("PUT", "/api/agent/state", {"state": "busy"})
        citizen = town.rings(number)
        await waits(agent, number)
        town.carrier.hang_up(citizen)
        call = await missed(agent, number)
        link.cut_at(ORIGINATE, Cut.AFTER)
        begun = await agent.ask("POST", f"/api/calls/missed/{call['id']}/call-back")
        talking = await my_call(agent, "talk")
        assert (talking["id"], link.cuts) == (begun["call_id"], 1)
        await agent.ask("POST", f"/api/calls/{talking['id']}/hang-up")
        await my_call(agent, "ended")
        wait_until(lambda: was_called(records) != [], "the citizen's exchange has written it down")
        assert was_called(records) == [number]
        assert callers_there(town) == 0


async def test_a_link_that_breaks_before_the_exchange_was_told_dials_never_and_says_so(
    town: LineTown,
) -> None:
    number = "13800138006"
    async with weak_link(town) as link, agent_at_work(town) as agent, citizens_home(town) as records:
        await agent.ask("PUT", "/api/agent/state", {"state": "busy"})
        citizen = town.rings(number)
        await waits(agent, number)
        town.carrier.hang_up(citizen)
        call = await missed(agent, number)
        link.cut_at(ORIGINATE, Cut.BEFORE)
        begun = await agent.ask("POST", f"/api/calls/missed/{call['id']}/call-back")

        async def told() -> bool:
            found = await agent.ask("GET", f"/api/calls/{begun['call_id']}")
            return bool(found["result"] == "unreached")

        await eventually(told, "the call is known not to exist")
        await line_is_up(town.hotline)
        assert (callers_there(town), was_called(records), link.cuts) == (0, [], 1)
        assert (await missed(agent, number))["id"] == call["id"], "it can be tried again"
        assert (await agent.ask("GET", "/api/agent/state"))["activity"] is None
