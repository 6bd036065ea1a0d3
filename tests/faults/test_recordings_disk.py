"""The disk takes no more recordings: calls go on, an alarm within 30 s, the recording is flagged missing.

The exchange's process is forbidden to let files grow (RLIMIT_FSIZE): each write fails as on a full disk, for
it alone, and without root. What the server says to a really full disk (ENOSPC) is in tests/server/calls.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from telephony.carrier.run import Carrier
from tests.support.line_town import LineTown, desk_phone_of, line_town, my_call, ready_agent
from tests.support.people import Person, Refused, eventually, people
from tests.support.running import demo_password

WITHIN = 30.0
"""Seconds from the beginning of the recording: the bound is part of the promise."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTown]:
    with line_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture
def desk_phone(town: LineTown) -> Iterator[Carrier]:
    with desk_phone_of(town) as phone:
        yield phone


@contextmanager
def nothing_can_be_written(town: LineTown) -> Iterator[None]:
    """No file of the exchange grows."""
    pid = town.asterisk.pid
    assert pid is not None
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


async def recording(agent: Person, call_id: str, state: str) -> Any:
    """The recording of a call, once it is in this state."""

    async def look() -> Any:
        found = (await agent.ask("GET", f"/api/calls/{call_id}"))["recording"]
        return found if found is not None and found["state"] == state else None

    return await eventually(look, f"the recording is {state}", patience=90)


async def test_calls_go_on_an_alarm_is_raised_and_the_recording_is_missing(
    town: LineTown, desk_phone: Carrier
) -> None:
    async with people(town.hotline.url) as person:
        agent, lead = person(), await person().sign_in("shift_lead", demo_password())
        account = await ready_agent(town, agent, desk_phone)
        try:
            with nothing_can_be_written(town):
                citizen = town.rings()
                talking = await my_call(agent, "talk")

                async def alarms() -> Any:
                    return await lead.ask("GET", "/api/alarms")

                (alarm,) = await eventually(alarms, "the alarm is raised", patience=WITHIN)
                assert (alarm["kind"], alarm["detail"]) == ("recording_fails", {"reason": "nothing_written"})
                assert town.carrier.is_answered(citizen), "the call goes on"
                assert (await my_call(agent, "talk"))["id"] == talking["id"]
                town.carrier.hang_up(citizen)
                await my_call(agent, "ended")
            lost = await recording(agent, talking["id"], "missing")
            assert lost["seconds"] is None
            with pytest.raises(Refused, match="recording_missing"):
                await agent.ask("POST", f"/api/recordings/{lost['id']}/link")
            await agent.ask("POST", "/api/agent/wrap-up/end")

            citizen = town.rings()
            again = await my_call(agent, "talk")

            async def over() -> bool:
                return not await alarms()

            await eventually(over, "the alarm is over")
            town.carrier.hang_up(citizen)
            await my_call(agent, "ended")
            await recording(agent, again["id"], "ready")
        finally:
            account.delete()
