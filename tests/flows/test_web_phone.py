"""The phone on the citizen page: it reaches the queue and nothing else, and lasts as long as one call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.asterisk import ari, sip_address
from tests.support.line_town import LineTown, line_town
from tests.support.people import Person, eventually, people
from tests.support.running import demo_password
from tests.support.sip import SipPhone


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTown]:
    with line_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@asynccontextmanager
async def page_with_phone(town: LineTown) -> AsyncIterator[tuple[SipPhone, Any]]:
    """A citizen's page that asked for an account; its telephone and the account."""
    async with people(town.hotline.url) as person:
        citizen = await person().arrive()
        account = await citizen.ask("POST", "/api/citizen/phone/account")
        with SipPhone(sip_address(town.asterisk)) as phone:
            yield phone, account


async def waiting_calls(agent: Person) -> list[Any]:
    return [item for item in await agent.ask("GET", "/api/queue") if item["channel"] == "phone"]


async def test_it_reaches_the_queue_and_its_account_ends_with_the_call(town: LineTown) -> None:
    async with people(town.hotline.url) as person, page_with_phone(town) as (phone, account):
        agent = await person().sign_in("agent1", demo_password())
        login = account["user"], account["password"]
        assert phone.register(*login) == 200
        status, call = phone.call(account["call"], *login)
        assert (status, call is None) == (200, False)
        assert call is not None
        assert len(await eventually(lambda: waiting_calls(agent), "the call waits in the queue")) == 1
        assert phone.hang_up(call) == 200

        async def ended() -> bool:
            return phone.register(*login) == 401

        await eventually(ended, "the account ended with the call")

        async def missed() -> Any:
            return [one for one in await agent.ask("GET", "/api/calls/missed") if one["called"] == "web"]

        ((missed_call,),) = [await eventually(missed, "the call is on the worklist")]
        assert (missed_call["number"], missed_call["area"]) == (None, None)


async def test_it_reaches_nothing_else(town: LineTown) -> None:
    others = ["12345", "13800138000", "trunk", "s", "fallback", "none", "hotline2", "acd-enter", "h", "i"]
    async with page_with_phone(town) as (phone, account):
        login = account["user"], account["password"]
        for called in others:
            status, call = phone.call(called, *login)
            # 484: what was dialled is the beginning of "hotline".
            assert (status in (404, 484), call) == (True, None), called


async def test_no_agent_is_reached_by_name(town: LineTown) -> None:
    async with people(town.hotline.url) as person, page_with_phone(town) as (phone, account):
        agent = await person().sign_in("agent1", demo_password())
        theirs = await agent.ask("POST", "/api/phone/account")
        with SipPhone(sip_address(town.asterisk)) as desk:
            assert desk.register(theirs["user"], theirs["password"]) == 200
            assert phone.call(theirs["user"], account["user"], account["password"])[0] == 404


async def test_nobody_calls_as_somebody_else_or_without_an_account(town: LineTown) -> None:
    async with page_with_phone(town) as (phone, account):
        assert phone.call("hotline", account["user"], "wrong")[0] == 401
        assert phone.call("hotline", "web-somebody", account["password"])[0] == 401
        assert phone.call("hotline", "anonymous")[0] == 401


async def test_a_call_outlives_the_end_of_its_account_and_can_be_hung_up(town: LineTown) -> None:
    """A citizen may have waited longer than the account lasts."""
    async with page_with_phone(town) as (phone, account):
        login = account["user"], account["password"]
        _, call = phone.call("hotline", *login)
        assert call is not None
        await end_account(town, account["user"])
        assert phone.register(*login) == 401
        assert phone.hang_up(call) == 200


async def end_account(town: LineTown, user: str) -> None:
    """What the product does when the account's time is over."""
    assert town.asterisk.ports is not None
    base = f"http://127.0.0.1:{town.asterisk.ports.http}/ari/asterisk/config/dynamic/res_pjsip"
    for kind in ("endpoint", "auth", "aor"):
        assert ari(f"{base}/{kind}/{user}", town.asterisk.ari_login, "DELETE") == 204
