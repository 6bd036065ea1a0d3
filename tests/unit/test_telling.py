"""Facts are told in order within a call, side by side between calls, and alone where they concern none."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from hotline.ports.callsink import CallAnswered, CallEnded, CallFact, CallWaiting, LinkLost
from hotline.ports.pbx import CallState
from telephony.telling import MOST, Telling
from tests.support.waiting import until

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class SlowSink:
    """Takes a fact when its call's gate is open."""

    def __init__(self, *open_gates: str) -> None:
        self.begun: list[CallFact] = []
        self.told: list[CallFact] = []
        self._gates = {name: asyncio.Event() for name in ("a", "b")}
        for name in open_gates:
            self._gates[name].set()

    def open(self, name: str) -> None:
        self._gates[name].set()

    async def happened(self, fact: CallFact) -> None:
        self.begun.append(fact)
        await self._gates[getattr(fact, "call_id", "a")].wait()
        self.told.append(fact)


def waits(call: str) -> CallFact:
    return CallWaiting(call, NOW, "", NOW)


def ends(call: str) -> CallFact:
    return CallEnded(call, CallState.WAITING, 16, NOW)


LOST = LinkLost("closed", NOW)


async def test_a_call_whose_fact_takes_long_holds_up_no_other() -> None:
    sink = SlowSink("b")
    telling = Telling(sink, int)
    await telling.tell([waits("a"), waits("b"), ends("a"), ends("b")])
    await until(lambda: sink.told == [waits("b"), ends("b")], "the other call was told")
    sink.open("a")
    await telling.idle()
    assert sink.told == [waits("b"), ends("b"), waits("a"), ends("a")]


async def test_what_concerns_no_call_is_told_after_all_before_it_and_before_all_after_it() -> None:
    sink = SlowSink("b")
    telling = Telling(sink, int)
    telling_all = asyncio.create_task(telling.tell([waits("a"), waits("b"), LOST, ends("b")]))
    await until(lambda: sink.told == [waits("b")], "what could be told was")
    assert LOST not in sink.begun
    sink.open("a")
    await telling_all
    await telling.idle()
    assert sink.told[1:] == [waits("a"), LOST, ends("b")]


async def test_a_refused_fact_is_reported_and_the_next_one_told() -> None:
    refused: list[None] = []
    told: list[CallFact] = []

    class Choosy:
        async def happened(self, fact: CallFact) -> None:
            if isinstance(fact, CallAnswered):
                raise LookupError
            told.append(fact)

    telling = Telling(Choosy(), lambda: refused.append(None))
    await telling.tell([waits("a"), CallAnswered("a", "8001", NOW), ends("a")])
    await telling.idle()
    assert told == [waits("a"), ends("a")]
    assert len(refused) == 1


async def test_so_many_at_once_and_no_more() -> None:
    gate, begun = asyncio.Event(), 0

    class Gated:
        async def happened(self, fact: CallFact) -> None:
            nonlocal begun
            begun += 1
            await gate.wait()

    telling = Telling(Gated(), int)
    telling_all = asyncio.create_task(telling.tell([waits(f"call-{n}") for n in range(MOST + 1)]))
    await until(lambda: begun == MOST, "as many as may be are being told")
    assert not telling_all.done()
    gate.set()
    await telling_all
    await telling.idle()
    assert begun == MOST + 1
