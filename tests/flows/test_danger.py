"""Danger reaches the agent at once, from a chat and from a real call, whatever becomes of the models."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from hotline.config import load_settings
from hotline.lines import exchange
from telephony.carrier.run import Carrier, CitizenCall
from tests.support.asterisk import PHONE_HOST, citizens, program, tone
from tests.support.line_town import LineTown, my_call, ready_agent
from tests.support.people import Person, Refused, eventually, people
from tests.support.running import RunningHotline, demo_password, running_hotline
from tests.support.scripted_speech import ENGINE, write_script
from tests.support.speech import THANKS, silence, voice, wav

GAS, LAMP = "屋里老大一股煤气味儿", "路灯杆漏电,碰一下麻手"
MODEL_PATIENCE = 240.0
"""Seconds: a model that was never made before is made now."""


def alarms(shown: dict[str, Any]) -> list[Any]:
    """The alarms of a view."""
    return [data for name, data in shown.items() if "/alarm:" in name]


async def alarm_of(shown: dict[str, Any], rule: str) -> Any:
    """The alarm of a rule, once it is shown."""

    async def look() -> Any:
        return next((one for one in alarms(shown) if one["rule"] == rule), None)

    return await eventually(look, f"the alarm {rule} is shown")


async def refused(person: Person, conversation_id: str, **changes: Any) -> list[str]:
    """The codes with which a case of lower urgency is refused."""
    with pytest.raises(Refused) as found:
        await register(person, conversation_id, **changes)
    assert found.value.status == 422
    return [one["code"] for one in found.value.body["errors"]]


async def register(person: Person, conversation_id: str, **changes: Any) -> Any:
    """A case of the conversation, of no urgency."""
    body = {
        "key": f"danger-{conversation_id}",
        "conversation_id": conversation_id,
        "channel": "web",
        "request_type": "help",
        "category_code": "GS-05-01",
        "title": "Gas",
        "content": GAS,
        "address": "12, Wuyi Road",
        "urgency": "N",
    }
    return await person.ask("POST", "/api/desk/cases", {**body, **changes})


async def cancelled(person: Person, alarm: Any) -> None:
    """The alarm is cancelled, which needs a reason."""
    path = f"/api/alarms/{alarm['id']}/cancel"
    with pytest.raises(Refused) as found:
        await person.ask("POST", path, {"version": alarm["version"], "reason": " "})
    assert [one["code"] for one in found.value.body["errors"]] == ["alarm_reason_missing"]
    done = await person.ask("POST", path, {"version": alarm["version"], "reason": "A drill."})
    assert (done["state"], done["reason"]) == ("cancelled", "A drill.")


async def held(agent: Person, conversation_id: str) -> None:
    """The conversation is offered, and taken."""

    async def take() -> bool:
        with contextlib.suppress(Refused):
            await agent.ask("POST", f"/api/queue/items/{conversation_id}/accept")
            return True
        return False

    await eventually(take, "the conversation is taken")


def classifiers(hotline: RunningHotline) -> list[psutil.Process]:
    """The processes in which the model runs."""
    found = []
    for one in psutil.Process(hotline.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "nlp.classifier.worker" in one.cmdline():
                found.append(one)
    return found


async def test_a_chat_that_tells_of_gas_alarms_first_and_stays_an_emergency_until_cancelled(
    tmp_path: Path,
) -> None:
    with running_hotline(tmp_path / "data", {"HOTLINE_SPEECH_ENGINE": "off"}) as hotline:
        async with people(hotline.url) as person:
            citizen, agent = await person().arrive(), person()
            await agent.sign_in("agent1", demo_password())
            await agent.open_page()
            await agent.ask("PUT", "/api/agent/state", {"state": "ready"})
            conversation_id = (await citizen.say("你好"))["conversation_id"]
            await held(agent, conversation_id)
            shown = await agent.watch("suggestions", conversation_id)
            desk = await agent.watch("my.desk")
            await citizen.say(GAS)
            gas = await alarm_of(shown, "U1")
            assert gas["evidence"]["quote"] == GAS

            async def listed() -> bool:
                return bool(desk[conversation_id]["alarm"] == "U1")

            await eventually(listed, "the list shows it")
            assert await refused(agent, conversation_id) == ["alarm_open"]
            await goes_on_without_a_model(hotline, citizen, shown)
            await cancelled(agent, gas)
            await cancelled(agent, await alarm_of(shown, "U3"))
            case = await register(agent, conversation_id)
            assert case["urgency"] == "N"

            async def filled() -> Any:
                return shown.get(f"{conversation_id}/field:category_code")

            category = await eventually(filled, "the model is back and proposes", MODEL_PATIENCE)
            assert category["evidence"]["quote"] in (GAS, LAMP)


async def goes_on_without_a_model(hotline: RunningHotline, citizen: Person, shown: dict[str, Any]) -> None:
    """Kill its process: the next danger is told all the same (DOMAIN E33)."""
    for process in classifiers(hotline):
        process.send_signal(signal.SIGKILL)
    await citizen.say(LAMP)
    await alarm_of(shown, "U3")


@pytest.fixture
def speaking(tmp_path: Path) -> Iterator[LineTown]:
    """Lines, and an engine that hears what its script says."""
    program()
    data = tmp_path / "data"
    notice = data / "telephony" / "sounds" / "zh"
    notice.mkdir(parents=True)
    tone(notice / "recording-notice.wav", 300, 0.4)
    lines = {"citizen": ["你好我想问个事", GAS], "agent": ["您好请讲"], "anyone": ["嗯"]}
    script = write_script(tmp_path / "script", **lines)
    settings = {
        "HOTLINE_TELEPHONY": "true",
        "HOTLINE_SPEECH_ENGINE": ENGINE,
        "HOTLINE_SPEECH_MODEL": str(script),
        "HOTLINE_CLASSIFIER": "false",
        "PYTHONPATH": os.getcwd(),
    }
    with running_hotline(data, settings) as hotline:
        asterisk = exchange(load_settings(data))
        try:
            asyncio.run(are_ok(hotline, "telephony", "speech"))
            with citizens(asterisk, tmp_path) as carrier:
                yield LineTown(hotline, asterisk, carrier, tmp_path)
        finally:
            asterisk.kill()


async def are_ok(hotline: RunningHotline, *parts: str) -> None:
    """The health page says so."""

    async def look() -> bool:
        async with aiohttp.ClientSession(hotline.url) as http, http.get("/healthz") as answer:
            found = (await answer.json())["parts"]
        return all(found[part]["state"] == "ok" for part in parts)

    await eventually(look, f"{parts} are ok")


async def test_a_call_that_tells_of_gas_alarms_with_its_segment_and_without_any_model(
    speaking: LineTown,
) -> None:
    town = speaking
    sip = f"127.0.0.1:{town.asterisk.ports.sip}" if town.asterisk.ports else ""
    answer = wav(town.folder / "agent.wav", silence(1) + voice(THANKS) + silence(60))
    said = wav(town.folder / "citizen.wav", voice(THANKS) + silence(2))
    with Carrier(program(), town.folder / "desk", sip, host=PHONE_HOST, answer=answer) as phone:
        async with people(town.hotline.url) as person:
            agent = person()
            account = await ready_agent(town, agent, phone)
            try:
                town.carrier.place(CitizenCall("13800138000", wav=said, repeat=True, stay=300))
                talking = await my_call(agent, "talk")
                conversation_id = talking["conversation_id"]
                shown = await agent.watch("suggestions", conversation_id)
                segments = await agent.watch("call.segments", conversation_id)
                gas = await alarm_of(shown, "U1")
                assert gas["evidence"]["kind"] == "segment"
                assert gas["evidence"]["id"] in segments
                assert (shown["classifier"]["state"], shown["classifier"]["absent_reason"]) == (
                    "absent",
                    "off",
                )
                assert await refused(agent, conversation_id, channel="phone") == ["alarm_open"]
                await cancelled(agent, gas)
                case = await register(agent, conversation_id, channel="phone", urgency="E0")
                assert case["urgency"] == "E0"
            finally:
                account.delete()
