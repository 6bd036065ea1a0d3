"""What is said in a call: tapped leg by leg, shown, kept; and nothing of it ever hurts the call."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hotline.calls.caption_feeds import ENGINE, CaptionsFeed
from hotline.calls.captions import Captions
from hotline.errors import Unavailable
from hotline.kernel.events import Event
from hotline.ports.audiosink import Leg
from hotline.ports.pbx import CallState
from hotline.ports.transcriber import EngineState
from hotline.recordings import transcript_store
from hotline.recordings.events import SegmentGuessed, SpeechTurned
from hotline.recordings.transcripts import Transcripts
from hotline.web.auth import Principal
from tests.support.call_fixtures import CallTown
from tests.support.chat_fixtures import Browser
from tests.support.paper_transcriber import PaperTranscriber
from tests.support.waiting import until

FRAME = bytes(640)


@dataclass
class Heard:
    """Captions at work in a town."""

    town: CallTown
    engine: PaperTranscriber
    captions: Captions
    signals: list[Event] = field(default_factory=list)

    async def talking(self, agent: Browser) -> str:
        """A call that the agent has taken, tapped on both sides."""
        call_id = await self.town.pbx.dial()
        await self.town.rings_at(call_id, agent)
        await self.town.pbx.pick_up(call_id)
        await self.town.settled(call_id, state=CallState.TALKING)
        return call_id

    async def tapped(self, call_id: str) -> None:
        """Until both sides are heard."""
        wanted = {(call_id, leg) for leg in Leg}
        await until(lambda: wanted <= self.town.pbx.taps.keys(), "both sides are tapped")

    async def shown(self, call_id: str) -> dict[str, Any]:
        """The live view of the call, by the words."""
        row = await self.town.call(call_id)
        feed = CaptionsFeed(self.captions, self.town.calling.may_listen)
        async with self.town.house.database.read() as reader:
            entities = await feed.load(reader, row.conversation_id, None)
        return {entity.data["text"]: entity.data for entity in entities if entity.id != ENGINE}

    async def engine_shown(self, call_id: str) -> Any:
        """What the live view says of the engine."""
        row = await self.town.call(call_id)
        feed = CaptionsFeed(self.captions, self.town.calling.may_listen)
        async with self.town.house.database.read() as reader:
            [entity] = await feed.load(reader, row.conversation_id, [ENGINE])
        return entity.data

    async def versions(self, call_id: str) -> list[Any]:
        """The call's transcripts."""
        async with self.town.house.database.read() as reader:
            return list(await transcript_store.of_call(reader, call_id))

    async def kept(self, call_id: str, count: int) -> list[Any]:
        """The segments that were written down, once there are so many."""
        for _ in range(1500):
            async with self.town.house.database.read() as reader:
                rows = list(await transcript_store.live_segments(reader, call_id))
            if len(rows) >= count:
                return rows
            await asyncio.sleep(0.02)
        raise AssertionError(f"waited in vain for {count} segments")


@pytest.fixture
async def heard(town: CallTown) -> AsyncIterator[Heard]:
    engine, house = PaperTranscriber(), town.calling
    captions = Captions(house.database, house.clock, house.line, Transcripts(house.clock), engine)
    house.database.on_commit(captions.committed)
    found = Heard(town, engine, captions)
    captions.on_signal(found.signals.append)
    working = asyncio.create_task(captions.run())
    yield found
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


async def test_both_sides_are_heard_from_the_answer_to_the_end(town: CallTown, heard: Heard) -> None:
    ann = await town.agent_with_phone("ann")
    call_id = await heard.talking(ann)
    await heard.tapped(call_id)
    town.pbx.taps[call_id, Leg.CITIZEN].frame(FRAME)
    assert bytes(heard.engine.on("citizen").fed).endswith(FRAME)
    heard.engine.on("citizen").say("the street lamp", final=False)
    assert [type(one) for one in heard.signals] == [SegmentGuessed]
    assert (await heard.shown(call_id))["the street lamp"]["final"] is False
    heard.engine.on("citizen").say("the street lamp is dark")
    heard.engine.on("agent").say("where is it")
    rows = await heard.kept(call_id, 2)
    assert {(row.leg, row.number, row.text, row.confidence) for row in rows} == {
        ("citizen", 0, "the street lamp is dark", 0.9),
        ("agent", 0, "where is it", 0.9),
    }
    shown = await heard.shown(call_id)
    assert {text: one["final"] for text, one in shown.items()} == {
        "the street lamp is dark": True,
        "where is it": True,
    }
    await town.pbx.caller_hangs_up(call_id)
    await until(lambda: all(one.is_finished for one in heard.engine.streams), "nobody listens any more")

    async def over() -> bool:
        [version] = await heard.versions(call_id)
        return bool(version.state == "done")

    for _ in range(1500):
        if await over():
            break
        await asyncio.sleep(0.02)
    [version] = await heard.versions(call_id)
    assert (version.source, version.engine, version.model, version.state) == ("live", "vosk", "paper", "done")


async def test_a_guess_that_came_to_nothing_is_taken_back(town: CallTown, heard: Heard) -> None:
    call_id = await heard.talking(await town.agent_with_phone("ann"))
    await heard.tapped(call_id)
    heard.engine.on("citizen").say("er", final=False)
    heard.engine.on("citizen").say("", final=True)
    assert await heard.shown(call_id) == {}
    heard.engine.on("citizen").say("hello", number=1)
    [row] = await heard.kept(call_id, 1)
    assert row.number == 1


async def test_a_tap_that_broke_is_made_again_and_the_numbers_go_on(town: CallTown, heard: Heard) -> None:
    call_id = await heard.talking(await town.agent_with_phone("ann"))
    await heard.tapped(call_id)
    heard.engine.on("citizen").say("before")
    await heard.kept(call_id, 1)
    first = heard.engine.on("citizen")
    town.pbx.untap(call_id, Leg.CITIZEN)
    await until(lambda: (call_id, Leg.CITIZEN) in town.pbx.taps, "it is tapped again")
    assert heard.engine.on("citizen") is not first
    heard.engine.on("citizen").say("after")
    rows = await heard.kept(call_id, 2)
    assert [(row.number, row.text) for row in sorted(rows, key=lambda row: row.number)] == [
        (0, "before"),
        (1, "after"),
    ]


async def test_another_model_in_the_same_call_is_another_version(town: CallTown, heard: Heard) -> None:
    call_id = await heard.talking(await town.agent_with_phone("ann"))
    await heard.tapped(call_id)
    heard.engine.on("citizen").say("one")
    await heard.kept(call_id, 1)
    heard.engine.status = replace(heard.engine.status, model="better", model_hash="b" * 64)
    heard.engine.on("citizen").say("two", number=1)
    await heard.kept(call_id, 2)
    assert [(one.version, one.model) for one in await heard.versions(call_id)] == [
        (1, "paper"),
        (2, "better"),
    ]


@pytest.mark.parametrize("state", [EngineState.OFF, EngineState.MISSING_MODEL])
async def test_without_an_engine_nothing_is_tapped_and_the_call_goes_on(
    town: CallTown, heard: Heard, state: EngineState
) -> None:
    heard.engine.status = replace(heard.engine.status, state=state)
    call_id = await heard.talking(await town.agent_with_phone("ann"))
    await heard.captions.step()
    assert (town.pbx.taps, heard.engine.streams) == ({}, [])
    # Whoever looks on is told why nothing is written along.
    assert any(isinstance(one, SpeechTurned) for one in heard.signals)
    assert (await heard.engine_shown(call_id))["state"] == state
    await town.pbx.caller_hangs_up(call_id)
    await town.settled(call_id, state="ended", result="answered")


async def test_an_exchange_that_refuses_taps_is_asked_again_later_and_the_call_goes_on(
    town: CallTown, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Leg] = []

    async def refuse(_call_id: str, leg: Leg, _sink: object) -> object:
        asked.append(leg)
        raise Unavailable("line_down")

    monkeypatch.setattr(town.pbx, "tap", refuse)
    call_id = await heard.talking(await town.agent_with_phone("ann"))
    await until(lambda: len(asked) >= 4, "each leg was tried twice")
    monkeypatch.undo()
    await heard.tapped(call_id)
    await town.pbx.caller_hangs_up(call_id)
    await town.settled(call_id, state="ended", result="answered")


async def principal(town: CallTown, who: Browser) -> Principal:
    """As the guard makes one of a session."""
    account = await town.house.staff.load(who.id)
    assert account is not None
    return Principal(
        "staff", account.id, account.name, account.roles, account.capabilities, account.unit_id, "s", "c"
    )


async def test_only_who_may_listen_reads_along(town: CallTown, heard: Heard) -> None:
    ann, bob = await town.agent_with_phone("ann"), await town.member("bob", "agent")
    call_id = await heard.talking(ann)
    row = await town.call(call_id)
    feed = CaptionsFeed(heard.captions, town.calling.may_listen)
    hers, his = await principal(town, ann), await principal(town, bob)
    async with town.house.database.read() as reader:
        assert await feed.scope(reader, hers, row.conversation_id) == row.conversation_id
        assert await feed.scope(reader, his, row.conversation_id) is None
        assert await feed.scope(reader, hers, None) is None
        assert await feed.scope(reader, hers, "no-such-conversation") is None
