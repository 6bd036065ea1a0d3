"""A real call that speaks: what each side says is read along, by the real engine with its Korean model."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from hotline.config import load_settings
from hotline.lines import Asterisk, exchange
from telephony.carrier.run import Carrier, CitizenCall
from tests.support.asterisk import PHONE_HOST, Account, citizens, program, tone
from tests.support.people import Person, Refused, eventually, people
from tests.support.running import RunningHotline, demo_password, running_hotline
from tests.support.speech import THANKS, silence, voice, vosk_model, wav

PHONE = "8001"
PATIENCE = 120.0
"""Seconds: the model takes a third of what two busy cores can do."""


@dataclass
class Town:
    """A hotline with lines and ears."""

    hotline: RunningHotline
    asterisk: Asterisk
    carrier: Carrier
    phone: Carrier
    folder: Path

    def rings(self) -> str:
        """A citizen calls, and talks with pauses."""
        said = wav(self.folder / "citizen.wav", voice(THANKS) + silence(2))
        return self.carrier.place(CitizenCall("13800138000", wav=said, repeat=True, stay=300))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    program()
    data = folder / "data"
    notice = data / "telephony" / "sounds" / "zh"
    notice.mkdir(parents=True)
    tone(notice / "recording-notice.wav", 300, 0.4)
    settings = {"HOTLINE_TELEPHONY": "true", "HOTLINE_SPEECH_MODEL": str(vosk_model())}
    with running_hotline(data, settings) as hotline:
        asterisk = exchange(load_settings(data))
        try:
            asyncio.run(are_ok(hotline, "telephony", "speech"))
            sip = f"127.0.0.1:{asterisk.ports.sip}" if asterisk.ports else ""
            answer = wav(folder / "agent.wav", silence(1) + voice(THANKS) + silence(2))
            with (
                citizens(asterisk, folder) as carrier,
                Carrier(program(), folder / "desk", sip, host=PHONE_HOST, answer=answer) as phone,
            ):
                yield Town(hotline, asterisk, carrier, phone, folder)
        finally:
            asterisk.kill()


async def health(hotline: RunningHotline) -> Any:
    """The parts, as the health page has them."""
    async with aiohttp.ClientSession(hotline.url) as http, http.get("/healthz") as answer:
        return (await answer.json())["parts"]


async def are_ok(hotline: RunningHotline, *parts: str) -> None:
    async def look() -> bool:
        found = await health(hotline)
        return all(found[part]["state"] == "ok" for part in parts)

    await eventually(look, f"{parts} are ok", PATIENCE)


async def ready_agent(town: Town, agent: Person) -> Account:
    await agent.sign_in("agent1", demo_password())
    await agent.open_page()
    contact = f"sip:{PHONE}@{town.phone.address}"
    account = Account(town.asterisk, agent.id, context="from-agent", contact=contact)
    account.create()
    await agent.ask("PUT", "/api/agent/state", {"state": "ready"})
    return account


async def my_call(agent: Person, state: str) -> Any:
    """The call on the agent's desk, once it is in this state."""

    async def look() -> Any:
        calls = await agent.ask("GET", "/api/calls/mine")
        return next((call for call in calls if call["state"] == state), None)

    return await eventually(look, f"the call is in state {state}", PATIENCE)


def engines(hotline: RunningHotline) -> list[psutil.Process]:
    """The processes in which engines run."""
    found = []
    for one in psutil.Process(hotline.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "nlp.speech.worker" in one.cmdline():
                found.append(one)
    return found


async def test_both_sides_are_read_along_and_kept_and_the_death_of_the_engine_ends_no_call(
    town: Town,
) -> None:
    async with people(town.hotline.url) as person:
        agent, stranger = person(), person()
        account = await ready_agent(town, agent)
        try:
            citizen = town.rings()
            talking = await my_call(agent, "talk")
            segments = await agent.watch("call.segments", talking["conversation_id"])
            await read_along(segments)
            await stranger.sign_in("agent2", demo_password())
            with pytest.raises(Refused):
                await stranger.watch("call.segments", talking["conversation_id"])
            await outlives_its_engine(town, citizen, segments)
            town.carrier.hang_up(citizen)
            ended = await my_call(agent, "ended")
            await is_kept(agent, stranger, ended, segments)
            await agent.ask("POST", "/api/agent/wrap-up/end")
        finally:
            account.delete()


def final(segments: dict[str, Any], leg: str) -> list[Any]:
    """What one side said, for good."""
    return [one for one in said(segments) if one["final"] and one["leg"] == leg]


def said(segments: dict[str, Any]) -> list[Any]:
    """All but the state of the engine."""
    return [one for name, one in segments.items() if name != "engine"]


async def read_along(segments: dict[str, Any]) -> None:
    """Guesses come first, then final words of both."""

    async def guessed() -> bool:
        return any(not one["final"] for one in said(segments))

    async def settled() -> bool:
        return bool(final(segments, "citizen") and final(segments, "agent"))

    await eventually(guessed, "somebody is heard", PATIENCE)
    await eventually(settled, "both are understood", PATIENCE)
    for one in said(segments):
        assert one["leg"] in ("citizen", "agent")
        assert one["text"]
        assert 0 <= one["start_s"] < one["end_s"]
        assert one["confidence"] is None or 0 <= one["confidence"] <= 1


async def outlives_its_engine(town: Town, citizen: str, segments: dict[str, Any]) -> None:
    """Killed, it is back, and the same call is understood again."""
    before = max(one["number"] for one in final(segments, "citizen"))
    [engine] = engines(town.hotline)
    os.kill(engine.pid, signal.SIGKILL)

    async def replaced() -> bool:
        return any(one.pid != engine.pid for one in engines(town.hotline))

    async def again() -> bool:
        return any(one["number"] > before + 1 for one in final(segments, "citizen"))

    await eventually(replaced, "there is a new engine", PATIENCE)
    await eventually(again, "the citizen is understood again", PATIENCE)
    assert town.carrier.is_answered(citizen), "the call never noticed"


async def is_kept(agent: Person, stranger: Person, ended: Any, segments: dict[str, Any]) -> None:
    """What was read along is kept, and the recording is read once more."""

    async def both() -> Any:
        found = await agent.ask("GET", f"/api/calls/{ended['id']}")
        if found["recording"]["state"] != "ready":
            return None
        path = f"/api/recordings/{found['recording']['id']}/transcripts"
        versions = await agent.ask("GET", path)
        return (path, versions) if [one["state"] for one in versions] == ["done", "done"] else None

    path, versions = await eventually(both, "both transcripts are there", PATIENCE)
    live, archive = versions
    assert (live["source"], archive["source"]) == ("live", "archive")
    assert (live["engine"], archive["engine"]) == ("vosk", "vosk")
    assert live["model_hash"] == archive["model_hash"] != ""
    kept = {(one["leg"], one["number"]): one["text"] for one in live["segments"]}
    shown = {(one["leg"], one["number"]): one["text"] for one in said(segments) if one["final"]}
    assert shown.items() <= kept.items()
    for version in versions:
        assert {one["leg"] for one in version["segments"]} == {"citizen", "agent"}
        assert all(one["text"] and one["start_s"] < one["end_s"] for one in version["segments"])
    with pytest.raises(Refused) as refused:
        await stranger.ask("GET", path)
    assert refused.value.status == 404


async def test_without_a_model_calls_go_on_and_it_is_said_what_to_do(town: Town, tmp_path: Path) -> None:
    with running_hotline(tmp_path / "data") as hotline:
        found = (await health(hotline))["speech"]
        assert found["state"] == "absent"
        assert "hotline models fetch vosk-model-small-cn-0.22" in found["detail"]
