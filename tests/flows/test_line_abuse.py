"""What people try with the telephone, over HTTP and SIP as they would, and what the real Asterisk got of it.

QUALITY's abuses 1 to 5 and 24.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from yarl import URL

from hotline.ports.pbx import AccountKind
from telephony.accounts import LONGEST, AriAccounts, AriSettings
from telephony.carrier.run import Carrier
from telephony.dialling import DialSettings
from tests.support.ami_socket import AmiSocket
from tests.support.asterisk import program, sip_address
from tests.support.clock import MovableClock
from tests.support.line_town import LineTown, line_town
from tests.support.people import Person, Refused, eventually, people
from tests.support.running import demo_password
from tests.support.sip import SipPhone

BUSY = "13800130000"
"""At the carrier this number is busy: a call to it is over at once."""
TRUNK = "PJSIP/trunk"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTown]:
    with line_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture(scope="module")
def called(town: LineTown) -> Iterator[Carrier]:
    """The citizens whom the hotline calls."""
    assert town.asterisk.ports is not None
    folder, port = town.folder / "called", town.asterisk.ports.carrier
    with Carrier(program(), folder, sip_address(town.asterisk), port=port) as carrier:
        yield carrier


@pytest.fixture
def ami(town: LineTown) -> Iterator[AmiSocket]:
    """Sees every channel that the exchange makes."""
    assert town.asterisk.ports is not None
    with AmiSocket(town.asterisk.ports.ami, town.asterisk.ami_login) as session:
        yield session


@asynccontextmanager
async def agent_with_phone(town: LineTown, name: str = "agent1") -> AsyncIterator[Person]:
    """An agent whose telephone is registered with the product's own account."""
    async with people(town.hotline.url) as person:
        agent = await person().sign_in(name, demo_password())
        with SipPhone(sip_address(town.asterisk)) as phone:
            account = await agent.ask("POST", "/api/phone/account")
            assert phone.register(account["user"], account["password"], expires=300) == 200
            yield agent


async def missed_call(agent: Person, ami: AmiSocket, number: str, name: str = "") -> str:
    """Somebody with this number and name calls and hangs up; the call on the worklist."""
    before = {call["id"] for call in await agent.ask("GET", "/api/calls/missed")}
    channel, call_id = f"citizen-{secrets.token_hex(4)}", f"call-{secrets.token_hex(4)}"
    dialled = {"Channel": "Local/12345@from-trunk/n", "Application": "Wait", "Data": "600", "Async": "true"}
    caller = f'"{name}" <{number}>'
    ami.send("Originate", CallerID=caller, ChannelId=channel, OtherChannelId=call_id, **dialled)
    new = ami.user_event("AcdNew", Uniqueid=call_id)
    assert (new["CallerIDNum"], new["CallerIDName"]) == (number, name or "<unknown>")
    ami.send("Hangup", Channel=channel)

    async def look() -> Any:
        return {call["id"] for call in await agent.ask("GET", "/api/calls/missed")} - before

    (found,) = await eventually(look, "the missed call is on the worklist")
    return str(found)


def channels(ami: AmiSocket) -> list[str]:
    """The channels that were made since the sign-in."""
    assert ami.send("Ping")["Response"] == "Success"
    return [event["Channel"] for event in ami.events if event.get("Event") == "Newchannel"]


async def refusals(town: LineTown, action: str) -> list[tuple[str, str]]:
    """Object and code of every refusal of an action, the newest first."""
    async with people(town.hotline.url) as person:
        auditor = await person().sign_in("admin", demo_password())
        page = await auditor.ask("GET", "/api/admin/audit", action=action, outcome="denied")
    return [(one["object"], one["detail"].get("code")) for one in page["items"]]


async def test_line_breaks_and_nul_are_refused_and_audited_with_nothing_sent(
    town: LineTown, ami: AmiSocket
) -> None:
    forged = quote(f"1\r\nAction: Originate\r\nChannel: {TRUNK}/13800138000", safe="")
    async with agent_with_phone(town) as agent:
        for path in (f"/api/calls/{forged}/hang-up", f"/api/calls/missed/{forged}/call-back"):
            with pytest.raises(Refused, match="call_id_unsafe"):
                await agent.ask("POST", URL(path, encoded=True))
        with pytest.raises(Refused, match="text_binary"):
            await agent.ask("POST", URL("/api/calls/1%00/hang-up", encoded=True))
    for action in ("call.hang_up", "call.back"):
        ((what, code), *_) = await refusals(town, action)
        assert what.startswith("call:1\\r\\nAction: Originate")
        assert code == "call_id_unsafe"
    assert (await refusals(town, "calls_hang_up"))[0][0] == "route:/api/calls/{call_id}/hang-up"
    assert channels(ami) == []


async def test_shell_in_a_name_stays_text(town: LineTown, ami: AmiSocket) -> None:
    trace = town.folder / "executed"
    async with agent_with_phone(town) as agent:
        name = f"${{SHELL(touch {trace})}}"
        await missed_call(agent, ami, "13800138001", name)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        (f"300&{TRUNK}/13800138000", 422, "number_unsafe"),
        ("4008123456", 403, "number_not_allowed"),
        ("16812345", 403, "number_not_allowed"),
        ("0019005550123", 403, "number_not_allowed"),
    ],
)
async def test_what_is_no_citizens_number_is_not_called_back(
    town: LineTown, ami: AmiSocket, number: str, status: int, code: str
) -> None:
    async with agent_with_phone(town) as agent:
        call_id = await missed_call(agent, ami, number)
        with pytest.raises(Refused) as refused:
            await agent.ask("POST", f"/api/calls/missed/{call_id}/call-back")
        assert (refused.value.status, refused.value.body["code"]) == (status, code)
        assert (await agent.ask("GET", "/api/agent/state"))["activity"] is None
    assert (await refusals(town, "call.back"))[0] == (f"call:{call_id}", code)
    assert not [name for name in channels(ami) if name.startswith(TRUNK)]


async def test_a_hundred_calls_a_minute_are_capped_audited_and_alarmed(
    town: LineTown, ami: AmiSocket, called: Carrier
) -> None:
    codes: list[str] = []
    async with agent_with_phone(town, "agent2") as agent, people(town.hotline.url) as person:
        call_id = await missed_call(agent, ami, BUSY)

        async def is_free() -> bool:
            return (await agent.ask("GET", "/api/agent/state"))["activity"] is None

        for _ in range(100):
            await eventually(is_free, "the call before is over")
            try:
                await agent.ask("POST", f"/api/calls/missed/{call_id}/call-back")
            except Refused as error:
                codes.append(error.body["code"])
        # A window slides: as many calls as a minute allows for each that the test itself took.
        assert len(codes) >= 100 - 2 * DialSettings().per_minute
        assert set(codes) == {"originate_limit"}
        assert len([name for name in channels(ami) if name.startswith(TRUNK)]) == 100 - len(codes)
        assert (await refusals(town, "call.back"))[0] == (f"call:{call_id}", "originate_limit")
        lead = await person().sign_in("shift_lead", demo_password())
        (alarm,) = await lead.ask("GET", "/api/alarms")
        assert (alarm["kind"], alarm["times"]) == ("calls_capped", len(codes))


async def test_an_account_of_a_telephone_ends_with_the_session(town: LineTown) -> None:
    async with people(town.hotline.url) as person:
        agent = await person().sign_in("agent1", demo_password())
        account = await agent.ask("POST", "/api/phone/account")
        login = account["user"], account["password"]
        with SipPhone(sip_address(town.asterisk)) as phone:
            assert phone.register(*login) == 200
            assert phone.register(login[0], "wrong") == 401
            await agent.ask("DELETE", "/api/session")
            await eventually(lambda: is_refused(phone, *login), "the telephone is refused")


async def test_an_account_of_a_telephone_ends_with_the_person(town: LineTown) -> None:
    async with people(town.hotline.url) as person:
        agent, admin = person(), await person().sign_in("admin", demo_password())
        await agent.sign_in("agent2", demo_password())
        account = await agent.ask("POST", "/api/phone/account")
        login = account["user"], account["password"]
        with SipPhone(sip_address(town.asterisk)) as phone:
            assert phone.register(*login) == 200
            page = await admin.ask("GET", "/api/admin/users", q="agent2")
            (user,) = [one for one in page["items"] if one["id"] == agent.id]
            switched_off = {"version": user["version"], "active": False}
            await admin.ask("PATCH", f"/api/admin/users/{agent.id}", switched_off)
            await eventually(lambda: is_refused(phone, *login), "the telephone is refused")


async def is_refused(phone: SipPhone, user: str, password: str) -> bool:
    return phone.register(user, password) == 401


async def test_after_its_hour_the_same_register_is_refused(town: LineTown, tmp_path: Path) -> None:
    assert town.asterisk.ports is not None
    clock = MovableClock()
    url = f"http://127.0.0.1:{town.asterisk.ports.http}"
    accounts = AriAccounts(AriSettings(url, *town.asterisk.ari_login, tmp_path / "accounts.json"), clock)
    with SipPhone(sip_address(town.asterisk)) as phone:
        try:
            account = await accounts.create("li.na", AccountKind.AGENT, LONGEST)
            assert phone.register("li.na", account.password) == 200
            clock.move(seconds=LONGEST.total_seconds() - 1)
            await accounts.sweep()
            assert phone.register("li.na", account.password) == 200
            clock.move(seconds=1)
            await accounts.sweep()
            assert phone.register("li.na", account.password) == 401
        finally:
            await accounts.revoke("li.na")
            await accounts.close()
