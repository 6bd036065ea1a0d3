"""What the product does when the exchange misbehaves; at the scripted one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from hotline.errors import Conflict, Unavailable
from hotline.ports.callsink import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallFact,
    CallOffered,
    CallWaiting,
    LinkBack,
    LinkLost,
    Resynchronised,
)
from hotline.ports.pbx import CallState, Outcome
from telephony import dialplan
from telephony.pbx import AmiPbx, PbxSettings
from tests.support.ami_exchange import AmiExchange
from tests.support.ami_server import Connection, Received
from tests.support.line import Told, callback_to, product_at
from tests.support.waiting import until


@pytest.fixture
async def pbx(settings: PbxSettings, told: Told) -> AsyncIterator[AmiPbx]:
    async with product_at(settings, told) as connected:
        yield connected


def swallow(_: Connection, __: Received) -> None:
    """Leaves an action without an answer."""


# -- fault 2: the exchange is silent; fault 3: the link breaks after an Originate


async def test_after_a_silence_our_state_equals_the_exchanges(
    exchange: AmiExchange, settings: PbxSettings, told: Told
) -> None:
    quick = replace(
        settings, link=replace(settings.link, ping_every=0.05, pong_within=0.3, answer_within=0.3)
    )
    async with product_at(quick, told) as pbx:
        stays, leaves = exchange.call("1"), exchange.call("2")
        await told.until(CallWaiting, "2")
        exchange.mute = True
        exchange.hang_up(leaves)  # nobody hears it
        exchange.call("3")
        lost = await told.until(LinkLost)
        assert lost.reason == "silent"
        assert not pbx.is_up
        with pytest.raises(Unavailable, match="line_down"):
            await pbx.offer("1", "li.na")
        exchange.mute = False
        await until(lambda: pbx.is_up, "the line is up again")
        again = told.of(Resynchronised)[-1]
        assert {call.call_id for call in again.calls} == set(exchange.callers) == {"1", "3"}
        assert {call_id: call.state for call_id, call in pbx.book.calls.items()} == {
            "1": CallState.WAITING, "3": CallState.WAITING,
        }  # fmt: skip
        assert stays.state == "wait"


async def test_an_originate_cut_off_is_dialled_once_or_never(
    exchange: AmiExchange, pbx: AmiPbx, told: Told
) -> None:
    exchange.on("Originate", lambda _, __: exchange.drop())
    assert await pbx.originate(callback_to()) is Outcome.UNKNOWN
    await told.until(Resynchronised, count=2)
    await until(lambda: pbx.is_up, "the line is up again")
    assert len(exchange.actions("Originate")) == 1
    assert told.of(Resynchronised)[-1].calls == ()  # it was not dialled, and the core knows
    with pytest.raises(Conflict, match="originate_repeated"):
        await pbx.originate(callback_to())
    assert len(exchange.actions("Originate")) == 1


async def test_an_originate_whose_answer_is_lost_is_found_by_its_id(
    exchange: AmiExchange, pbx: AmiPbx, told: Told
) -> None:
    def answer_lost(connection: Connection, action: Received) -> None:
        connection.logged_in = False  # what is told from here on does not arrive
        exchange.call("ours-1", number="").variables[dialplan.DIRECTION] = "outbound"
        connection.writer.transport.abort()

    exchange.on("Originate", answer_lost)
    assert await pbx.originate(callback_to()) is Outcome.UNKNOWN
    again = await told.until(Resynchronised, count=2)
    assert [call.call_id for call in again.calls] == ["ours-1"]
    assert len(exchange.actions("Originate")) == 1


async def test_an_originate_answered_too_late_is_read_again(
    exchange: AmiExchange, settings: PbxSettings, told: Told
) -> None:
    exchange.on("Originate", swallow)
    async with product_at(replace(settings, link=replace(settings.link, answer_within=0.2)), told) as pbx:
        assert await pbx.originate(callback_to()) is Outcome.UNKNOWN
        again = await told.until(Resynchronised, count=2)
        assert again.calls == ()
        assert len(exchange.actions("Originate")) == 1


async def test_a_refused_originate_ends_the_call(exchange: AmiExchange, pbx: AmiPbx, told: Told) -> None:
    exchange.on("Originate", lambda connection, action: connection.refuse(action, "Permission denied"))
    assert await pbx.originate(callback_to()) is Outcome.GONE
    assert (await told.until(CallEnded, "ours-1")).state is CallState.DIALLING
    assert told.kinds("ours-1") == ["CallArrived", "CallEnded"]


async def test_who_lost_the_line_dials_no_more(
    exchange: AmiExchange, settings: PbxSettings, told: Told
) -> None:
    def stale() -> None:
        raise Conflict("stale_lease")

    async with product_at(settings, told, stale) as pbx:
        with pytest.raises(Conflict, match="stale_lease"):
            await pbx.originate(callback_to())
        assert exchange.actions("Originate") == []
        assert told.of(CallArrived) == []


# -- fault 4: the exchange is killed and comes back empty


async def test_a_killed_exchange_comes_back_without_calls(
    exchange: AmiExchange, pbx: AmiPbx, told: Told
) -> None:
    exchange.call("1")
    await told.until(CallWaiting, "1")
    await exchange.stop()
    await told.until(LinkLost)
    exchange.callers.clear()
    await exchange.listen()
    again = await told.until(Resynchronised, count=2)
    assert again.calls == ()
    assert pbx.book.calls == {}


# -- a resynchronisation, in its order


async def test_callers_in_the_plain_queue_come_back_once_there_is_a_heartbeat(
    exchange: AmiExchange, settings: PbxSettings, told: Told
) -> None:
    exchange.call("1").state = "fallback"
    exchange.call("2").state = "talk"
    async with product_at(settings, told):
        first = told.of(Resynchronised)[0]
        assert {call.call_id: call.state.value for call in first.calls} == {"1": "fallback", "2": "talk"}
        await told.until(CallWaiting, "1")
        names = [action.name for action in exchange.received]
        order = [names.index(name) for name in ("Setvar", "CoreShowChannels", "QueueWithdrawCaller")]
        assert order == sorted(order)
        withdrawn = exchange.actions("QueueWithdrawCaller")
        assert [action["Caller"] for action in withdrawn] == ["PJSIP/trunk-1"]


async def test_the_link_is_told_before_what_was_read(told: Told, pbx: AmiPbx) -> None:
    assert [type(fact) for fact in told.facts] == [LinkBack, Resynchronised]


async def test_the_heartbeat_follows_the_exchanges_clock(
    exchange: AmiExchange, settings: PbxSettings, told: Told
) -> None:
    exchange.clock_ahead = 3_600.0
    async with product_at(settings, told):
        beat = int(exchange.variables[dialplan.HEARTBEAT])
        assert abs(beat - exchange.now()) < 60


async def test_a_fact_that_was_not_taken_causes_a_reading(
    exchange: AmiExchange, pbx: AmiPbx, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.pbx.RESYNC_AGAIN", 0.01)
    told.refusals = 3
    exchange.call("1")
    again = await told.until(Resynchronised, count=2)
    assert [call.call_id for call in again.calls] == ["1"]
    await until(lambda: pbx.is_up, "the line is up")


async def test_nothing_is_decided_until_the_reading_was_taken(
    settings: PbxSettings, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.pbx.RESYNC_AGAIN", 0.01)
    told.refusals = 3  # LinkBack, and twice what was read
    async with product_at(settings, told) as pbx:
        assert pbx.is_up
        assert told.refusals == 0


# -- offers


async def test_an_offer_is_taken_up_by_the_waiting_caller(
    exchange: AmiExchange, pbx: AmiPbx, told: Told
) -> None:
    exchange.call("1")
    await told.until(CallWaiting, "1")
    assert await pbx.offer("1", "li.na") is Outcome.DONE
    await told.until(CallAnswered, "1")
    [variable] = [one for one in exchange.actions("Setvar") if one["Variable"] == dialplan.AGENT]
    assert (variable["Channel"], variable["Value"]) == ("1", "li.na")
    [digit] = exchange.actions("PlayDTMF")
    assert (digit["Channel"], digit["Digit"], digit["Receive"]) == ("1", "D", "true")


async def test_an_offer_that_nobody_heard_is_withdrawn(
    exchange: AmiExchange, pbx: AmiPbx, told: Told
) -> None:
    exchange.on("PlayDTMF", lambda connection, action: connection.answer(action))
    caller = exchange.call("1")
    await told.until(CallWaiting, "1")
    assert await pbx.offer("1", "li.na") is Outcome.UNKNOWN
    assert caller.variables[dialplan.AGENT] == ""
    assert told.of(CallOffered) == []


async def test_an_offer_whose_event_is_lost_is_read_again(
    exchange: AmiExchange, pbx: AmiPbx, told: Told
) -> None:
    def silently(connection: Connection, action: Received) -> None:
        exchange.callers["1"].state = "ring"
        exchange.callers["1"].variables[dialplan.WITH] = "li.na"
        connection.answer(action)

    exchange.on("PlayDTMF", silently)
    exchange.call("1")
    await told.until(CallWaiting, "1")
    assert await pbx.offer("1", "li.na") is Outcome.DONE


async def test_a_caller_who_goes_in_the_middle_of_an_offer_is_gone(
    exchange: AmiExchange, pbx: AmiPbx, told: Told
) -> None:
    caller = exchange.call("1")
    await told.until(CallWaiting, "1")
    del exchange.callers["1"]  # its Hangup is still on the way
    assert await pbx.offer("1", "li.na") is Outcome.GONE
    exchange.callers["1"] = caller
    exchange.hang_up(caller)
    await told.until(CallEnded, "1")


async def test_an_offer_may_be_made_while_a_fact_is_being_told(
    exchange: AmiExchange, settings: PbxSettings
) -> None:
    made: list[Outcome] = []

    class Eager(Told):
        product: AmiPbx

        async def happened(self, fact: CallFact) -> None:
            await super().happened(fact)
            if isinstance(fact, CallWaiting):
                made.append(await self.product.offer(fact.call_id, "li.na"))

    eager = Eager()
    async with product_at(settings, eager) as eager.product:
        exchange.call("1")
        await until(lambda: made == [Outcome.DONE], "the offer is made")
