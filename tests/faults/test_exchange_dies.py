"""kill -9 of the exchange: calls are closed, callers who waited are called back, lines and phones return."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from telephony.carrier.run import Carrier
from tests.support.asterisk import ari
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

WAITING = ("13800138001", "13800138002")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTown]:
    with line_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture
def desk_phone(town: LineTown) -> Iterator[Carrier]:
    with desk_phone_of(town) as phone:
        yield phone


def kill(town: LineTown) -> int:
    """The exchange is gone at once; its process."""
    pid = town.asterisk.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


async def back_again(town: LineTown, former: int) -> None:
    """Another exchange runs, and calls come in."""

    async def look() -> bool:
        return town.asterisk.pid not in (None, former)

    await eventually(look, "the exchange was started again")
    await line_is_up(town.hotline)


async def waiting(agent: Person, count: int) -> None:
    """So many callers wait in the line."""

    async def look() -> bool:
        items = await agent.ask("GET", "/api/queue")
        return len([item for item in items if item["channel"] == "phone"]) == count

    await eventually(look, f"{count} callers wait")


async def spoken(town: LineTown, call_id: str) -> None:
    """Some seconds of both sides are on the disk."""

    async def look() -> bool:
        files = list((town.recordings / "live").glob(f"{call_id}~*.wav"))
        return len(files) == 2 and all(file.stat().st_size > 60_000 for file in files)

    await eventually(look, "both sides are recorded")


async def test_open_calls_are_interrupted_and_every_waiting_caller_is_to_be_called_back(
    town: LineTown, desk_phone: Carrier
) -> None:
    async with people(town.hotline.url) as person:
        agent = person()
        await ready_agent(town, agent, desk_phone)
        town.rings()
        talking = await my_call(agent, "talk")
        for number in WAITING:
            town.rings(number)
        await waiting(agent, len(WAITING))
        await spoken(town, talking["id"])
        former = kill(town)
        ended = await my_call(agent, "ended")
        assert (ended["id"], ended["result"]) == (talking["id"], "interrupted")
        assert ended["to_be_filed"]

        async def listed() -> Any:
            found = await agent.ask("GET", "/api/calls/missed")
            return found if len(found) == len(WAITING) else None

        missed = await eventually(listed, "who waited is on the worklist")
        assert sorted(call["number"][-2:] for call in missed) == ["01", "02"]
        assert {(call["result"], call["missed_why"]) for call in missed} == {("missed", "interrupted")}
        await back_again(town, former)

        async def recorded() -> bool:
            recording = (await agent.ask("GET", f"/api/calls/{ended['id']}"))["recording"]
            return bool(recording["state"] == "ready" and recording["seconds"] > 0)

        await eventually(recorded, "what was said before is kept")
        town.rings("13800138003")
        await waiting(agent, 1)


async def test_the_accounts_of_telephones_are_there_again_and_those_put_away_are_not(town: LineTown) -> None:
    async with people(town.hotline.url) as person:
        stays, leaves = person(), person()
        for agent, name in ((stays, "agent1"), (leaves, "agent2")):
            await agent.sign_in(name, demo_password())
            await agent.ask("POST", "/api/phone/account")
        await leaves.ask("DELETE", "/api/phone/account")
        await back_again(town, kill(town))

        async def restored() -> bool:
            return endpoint(town, stays.id) == 200

        await eventually(restored, "the account is there again")
        assert endpoint(town, leaves.id) == 404


def endpoint(town: LineTown, user: str) -> int:
    """The status with which the exchange tells of an account."""
    assert town.asterisk.ports is not None
    base = f"http://127.0.0.1:{town.asterisk.ports.http}/ari/asterisk/config/dynamic/res_pjsip"
    return ari(f"{base}/endpoint/{user}", town.asterisk.ari_login)
