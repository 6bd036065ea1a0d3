"""What the product relies on in an exchange: the same tests at the scripted double and at a real Asterisk."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from hotline.ports.callsink import (
    CallAgentGone,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallMissedOffer,
    CallOffered,
    CallWaiting,
    LegRecorded,
    LinkBack,
    LinkLost,
    Resynchronised,
)
from hotline.ports.pbx import AccountKind, Callback, CallState, Direction, Outcome
from telephony import dialplan
from telephony.ami.link import AmiLink
from telephony.pbx import AmiPbx
from tests.support.ami_link import Heard
from tests.support.line import Told, product_at
from tests.support.lines import LineAt
from tests.support.waiting import until

NUMBER = "13800138000"


@pytest.fixture
async def pbx(line: LineAt, told: Told) -> AsyncIterator[AmiPbx]:
    """The product, connected to either exchange."""
    async with product_at(line.settings, told) as connected:
        yield connected


async def waiting(line: LineAt, told: Told, name: str = "") -> CallWaiting:
    """A citizen who has come as far as the line."""
    call_id = line.new_id()
    await line.exchange.citizen_calls(call_id, NUMBER, name)
    return await told.until(CallWaiting, call_id)


async def test_a_caller_arrives_is_recorded_and_waits(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call = await waiting(line, told, "张三丰")
    [arrived] = told.of(CallArrived, call.call_id)
    assert (arrived.number, arrived.name, arrived.called) == (NUMBER, "张三丰", "12345")
    assert arrived.direction is Direction.INBOUND
    assert call.why == ""
    assert call.since <= call.at
    [leg] = told.of(LegRecorded, call.call_id)
    assert leg.leg == "caller"
    assert told.kinds(call.call_id) == ["CallArrived", "LegRecorded", "CallWaiting"]


async def test_a_name_that_is_code_stays_a_name(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call = await waiting(line, told, "${SHELL(id)}")
    assert [arrived.name for arrived in told.of(CallArrived, call.call_id)] == ["${SHELL(id)}"]


async def test_an_offer_that_is_not_taken_keeps_the_place(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call = await waiting(line, told)
    assert await pbx.offer(call.call_id, "nobody") is Outcome.DONE
    again = await told.until(CallWaiting, call.call_id, 2)
    assert [offered.agent for offered in told.of(CallOffered, call.call_id)] == ["nobody"]
    assert [missed.status for missed in told.of(CallMissedOffer, call.call_id)] == ["CHANUNAVAIL"]
    assert (again.since, again.why) == (call.since, "CHANUNAVAIL")
    assert told.kinds(call.call_id)[-4:] == ["CallWaiting", "CallOffered", "CallMissedOffer", "CallWaiting"]


async def test_a_caller_who_hung_up_is_gone(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call = await waiting(line, told)
    await line.exchange.citizen_hangs_up(call.call_id)
    ended = await told.until(CallEnded, call.call_id)
    assert ended.state is CallState.WAITING
    assert await pbx.offer(call.call_id, "nobody") is Outcome.GONE
    assert await pbx.hang_up(call.call_id) is Outcome.GONE
    assert await pbx.announce(call.call_id, "beep") is Outcome.GONE
    assert call.call_id not in pbx.book.calls


async def test_we_can_end_a_call(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call = await waiting(line, told)
    assert await pbx.end(call.call_id) is Outcome.GONE  # it waits: the conditional way leaves it alone
    assert await pbx.hang_up(call.call_id) is Outcome.DONE
    ended = await told.until(CallEnded, call.call_id)
    assert (ended.state, ended.cause) == (CallState.WAITING, 16)


async def test_a_last_announcement_ends_the_call(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call = await waiting(line, told)
    assert await pbx.announce(call.call_id, "beep", last=True) is Outcome.DONE
    await told.until(CallEnded, call.call_id)


async def test_an_announcement_leaves_the_caller_in_the_line(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call = await waiting(line, told)
    assert await pbx.announce(call.call_id, "beep") is Outcome.DONE
    assert await pbx.offer(call.call_id, "nobody") is Outcome.DONE
    await told.until(CallOffered, call.call_id)


async def test_an_agent_answers_and_is_recorded_apart(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call = await waiting(line, told)
    assert await pbx.offer(call.call_id, line.agent) is Outcome.DONE
    answered = await told.until(CallAnswered, call.call_id)
    assert (answered.agent, answered.fallback) == (line.agent, False)
    await told.until(LegRecorded, call.call_id, 2)
    assert [leg.leg for leg in told.of(LegRecorded, call.call_id)] == ["caller", line.agent]
    assert await pbx.offer(call.call_id, "nobody") is Outcome.GONE  # it talks: it is not disturbed
    await line.exchange.citizen_hangs_up(call.call_id)
    assert (await told.until(CallEnded, call.call_id)).state is CallState.TALKING
    assert told.of(CallAgentGone) == []


async def left_alone(line: LineAt, pbx: AmiPbx, told: Told) -> str:
    """The call of a citizen whose agent vanished in the middle of it."""
    call = await waiting(line, told)
    assert await pbx.offer(call.call_id, line.agent) is Outcome.DONE
    await told.until(CallAnswered, call.call_id)
    await line.exchange.agent_hangs_up(call.call_id)
    assert (await told.until(CallAgentGone, call.call_id)).agent == line.agent
    return call.call_id


async def test_a_vanished_agent_is_rung_again(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call_id = await left_alone(line, pbx, told)
    assert await pbx.offer(call_id, line.agent) is Outcome.DONE
    await told.until(CallAnswered, call_id, 2)


async def test_a_caller_left_alone_goes_back_with_the_old_place(
    line: LineAt, pbx: AmiPbx, told: Told
) -> None:
    call_id = await left_alone(line, pbx, told)
    assert await pbx.send_back(call_id) is Outcome.DONE
    first, again = [await told.until(CallWaiting, call_id, count) for count in (1, 2)]
    assert again.since == first.since
    assert await pbx.send_back(call_id) is Outcome.GONE


async def test_a_call_without_agent_is_ended(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call_id = await left_alone(line, pbx, told)
    assert await pbx.end(call_id) is Outcome.DONE
    assert (await told.until(CallEnded, call_id)).state is CallState.AFTER


async def test_what_is_known_equals_what_the_exchange_has(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call = await waiting(line, told, "李四")
    [known] = [one for one in await pbx.snapshot() if one.call_id == call.call_id]
    assert known == pbx.book.calls[call.call_id]
    assert (known.state, known.since, known.called) == (CallState.WAITING, call.since, "12345")


async def test_after_a_loss_everything_is_read_again(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call = await waiting(line, told)
    assert pbx.link.protocol is not None
    pbx.link.protocol.transport.abort()
    again = await told.until(Resynchronised, count=2)
    assert [type(fact) for fact in told.facts if isinstance(fact, LinkBack | LinkLost | Resynchronised)] == [
        LinkBack, Resynchronised, LinkLost, LinkBack, Resynchronised,
    ]  # fmt: skip
    assert [(one.call_id, one.state) for one in again.calls] == [(call.call_id, CallState.WAITING)]
    await until(lambda: pbx.is_up, "the line is up")
    assert await pbx.offer(call.call_id, "nobody") is Outcome.DONE


async def test_the_heartbeat_is_the_exchanges_own_time(line: LineAt, pbx: AmiPbx) -> None:
    first = await line.exchange.global_variable(dialplan.HEARTBEAT)
    assert abs(int(first) - time.time()) < 60
    pbx.heartbeat()
    assert int(await line.exchange.global_variable(dialplan.HEARTBEAT)) >= int(first)


async def test_readiness_is_mirrored_and_may_be_told_twice(line: LineAt, pbx: AmiPbx) -> None:
    for ready in (True, True, False, False):
        assert await pbx.ready("li.na", ready) is Outcome.DONE


async def test_a_citizen_is_called_under_our_own_id(line: LineAt, pbx: AmiPbx, told: Told) -> None:
    call_id = line.new_id()
    callback = Callback(call_id, NUMBER, agent="nobody", requested_by="li.na")
    assert await pbx.originate(callback) is Outcome.DONE
    missed = await told.until(CallMissedOffer, call_id)
    assert missed.agent == "nobody"
    [arrived] = told.of(CallArrived, call_id)
    assert (arrived.direction, arrived.number) == (Direction.OUTBOUND, NUMBER)
    await told.until(CallWaiting, call_id)
    [known] = [one for one in await pbx.snapshot() if one.call_id == call_id]
    assert (known.direction, known.number) == (Direction.OUTBOUND, NUMBER)
    assert await pbx.hang_up(call_id) is Outcome.DONE
    await told.until(CallEnded, call_id)


async def test_a_citizen_who_cannot_be_reached_ends_the_call(line: LineAt, told: Told) -> None:
    async with product_at(line.unreachable, told) as pbx:
        call_id = line.new_id()
        assert await pbx.originate(Callback(call_id, NUMBER, "nobody", "li.na")) is Outcome.DONE
        ended = await told.until(CallEnded, call_id)
        assert ended.state is CallState.DIALLING
        assert told.kinds(call_id) == ["CallArrived", "CallEnded"]


async def test_an_account_comes_and_goes(line: LineAt, pbx: AmiPbx) -> None:
    first = await pbx.create_account("li.na", AccountKind.AGENT, timedelta(hours=9))
    second = await pbx.create_account("li.na", AccountKind.AGENT, timedelta(minutes=5))
    assert first.password != second.password
    assert timedelta(0) < first.expires_at - second.expires_at < timedelta(hours=1)
    await pbx.revoke_account("li.na")
    await pbx.revoke_account("li.na")


async def test_a_wrong_password_is_told(line: LineAt) -> None:
    heard = Heard()
    link = AmiLink(replace(line.settings.link, secret="wrong"), heard.login, heard.lost)
    link.connect()
    await until(lambda: link.trouble == "bad_password", "the refusal is told")
    await link.close()
    assert heard.log == ["lost:bad_password"]
