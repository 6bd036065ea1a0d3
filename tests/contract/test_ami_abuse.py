"""Abuses 1 to 5: what the product refuses to ask of an exchange, with nothing sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hotline.errors import DomainError, Forbidden, InvalidInput, TooMany
from hotline.ports.callsink import (
    CallWaiting,
)
from hotline.ports.pbx import Outcome
from telephony import dialplan
from telephony.pbx import AmiPbx, PbxSettings
from tests.support.ami_exchange import AmiExchange
from tests.support.line import Told, callback_to, product_at


@pytest.fixture
async def pbx(settings: PbxSettings, told: Told) -> AsyncIterator[AmiPbx]:
    async with product_at(settings, told) as connected:
        yield connected


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda pbx: pbx.offer("1\r\nAction: Originate", "li.na"), "call_id_unsafe"),
        (lambda pbx: pbx.offer("1", "li.na\r\nAction: Originate"), "agent_unsafe"),
        (lambda pbx: pbx.offer("1", "li.na&PJSIP/13800138000@trunk"), "agent_unsafe"),
        (lambda pbx: pbx.offer("1", "trunk"), "agent_unsafe"),
        (lambda pbx: pbx.hang_up("1\0"), "call_id_unsafe"),
        (lambda pbx: pbx.end("1\n"), "call_id_unsafe"),
        (lambda pbx: pbx.send_back("1\r"), "call_id_unsafe"),
        (lambda pbx: pbx.announce("1", "beep\r\nAction: Logoff"), "sound_unsafe"),
        (lambda pbx: pbx.announce("1", "../../etc/passwd"), "sound_unsafe"),
        (lambda pbx: pbx.ready("x\r\nAction: QueueRemove", True), "agent_unsafe"),
        (lambda pbx: pbx.originate(callback_to(number="13800138000\r\nAction: Hangup")), "number_unsafe"),
        (lambda pbx: pbx.originate(callback_to(number="300&PJSIP/trunk/13800138000")), "number_unsafe"),
        (lambda pbx: pbx.originate(callback_to(number="${SHELL(id)}")), "number_unsafe"),
        (lambda pbx: pbx.originate(callback_to(number="+1 900 555 0123")), "number_not_allowed"),
        (lambda pbx: pbx.originate(callback_to(number="16812345")), "number_not_allowed"),
        (lambda pbx: pbx.originate(callback_to("ours-1,ACD_AGENT=trunk")), "call_id_unsafe"),
    ],
)
async def test_an_abuse_is_refused_and_nothing_is_sent(
    exchange: AmiExchange, pbx: AmiPbx, told: Told, ask: Callable[[AmiPbx], Awaitable[object]], code: str
) -> None:
    exchange.call("1")
    await told.until(CallWaiting, "1")
    before = [action.raw for action in exchange.received if action["Variable"] != dialplan.HEARTBEAT]
    with pytest.raises(DomainError) as refusal:
        await ask(pbx)
    assert refusal.value.code == code
    assert isinstance(refusal.value, InvalidInput | Forbidden)
    await pbx.snapshot()  # so whatever was sent before it has arrived
    after = [action.raw for action in exchange.received if action["Variable"] != dialplan.HEARTBEAT]
    assert after[:-1] == before
    assert b"CoreShowChannels" in after[-1]


async def test_an_agent_who_dials_a_hundred_times_is_capped(exchange: AmiExchange, pbx: AmiPbx) -> None:
    outcomes = await asyncio.gather(
        *(pbx.originate(callback_to(f"ours-{n}")) for n in range(100)), return_exceptions=True
    )
    refused = [one for one in outcomes if isinstance(one, TooMany)]
    assert len(refused) == 90
    assert {one.code for one in refused} == {"originate_limit"}
    assert all(1 <= one.params["retry_after"] <= 60 for one in refused)
    assert len(exchange.actions("Originate")) == 10


async def test_what_is_dialled_is_one_number_on_the_trunk(exchange: AmiExchange, pbx: AmiPbx) -> None:
    since = datetime(2026, 11, 22, 17, 36, 25, tzinfo=UTC)
    assert await pbx.originate(replace(callback_to(number="+86 138-0013-8000"), since=since)) is Outcome.DONE
    [sent] = exchange.actions("Originate")
    assert (sent["Channel"], sent["ChannelId"]) == ("PJSIP/13800138000@trunk", "ours-1")
    assert (sent["Context"], sent["Exten"], sent["Async"]) == (dialplan.OUTBOUND_CONTEXT, "s", "true")
    assert set(sent.all("Variable")) == {
        "ACD_ID=ours-1", "ACD_STATE=dialling", "ACD_DIR=outbound", "ACD_CALLED=13800138000",
        "ACD_AGENT=li.na", "ACD_SINCE=1795368985",
    }  # fmt: skip
