"""A running hotline with real lines, the carrier that citizens call through, and agents' telephones."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from hotline.config import load_settings
from hotline.lines import Asterisk, exchange
from telephony.carrier.run import Carrier, CitizenCall
from tests.support.asterisk import PHONE_HOST, Account, citizens, program, tone
from tests.support.people import Person, eventually
from tests.support.running import RunningHotline, demo_password, running_hotline

CITIZEN, AGENT = 440.0, 1000.0
"""What citizens and agents speak: tones of so many Hz."""
NUMBER = "13800138000"
DESK_PHONE = "8001"
LINES = {"HOTLINE_TELEPHONY": "true", "HOTLINE_WRAP_UP_SECONDS": "300"}


@dataclass
class LineTown:
    """See the module."""

    hotline: RunningHotline
    asterisk: Asterisk
    carrier: Carrier
    folder: Path

    def rings(self, number: str = NUMBER, repeat: bool = True) -> str:
        """A citizen calls and speaks."""
        voice = tone(self.folder / "citizen.wav", CITIZEN)
        return self.carrier.place(CitizenCall(number, wav=voice, repeat=repeat))

    @property
    def recordings(self) -> Path:
        """Where complete recordings are."""
        return self.hotline.data / "telephony" / "recordings"


@contextmanager
def line_town(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[LineTown]:
    """The lines are up; everything is gone in the end. A short notice saves time."""
    program()
    data = folder / "data"
    notice = data / "telephony" / "sounds" / "zh"
    notice.mkdir(parents=True)
    tone(notice / "recording-notice.wav", 300, 0.4)
    with running_hotline(data, {**LINES, **(settings or {})}) as hotline:
        asterisk = exchange(load_settings(data))
        try:
            asyncio.run(line_is_up(hotline))
            with citizens(asterisk, folder) as carrier:
                yield LineTown(hotline, asterisk, carrier, folder)
        finally:
            asterisk.kill()


async def line_health(hotline: RunningHotline) -> tuple[str, str]:
    """What the health page says of the lines: state and detail."""
    async with aiohttp.ClientSession(hotline.url) as http, http.get("/healthz") as answer:
        part = (await answer.json())["parts"]["telephony"]
        return part["state"], part["detail"]


async def line_reason(hotline: RunningHotline) -> str:
    """The code of why there are no lines; "" where there are."""
    async with aiohttp.ClientSession(hotline.url) as http, http.get("/healthz") as answer:
        return str((await answer.json())["parts"]["telephony"]["code"])


async def line_is_up(hotline: RunningHotline) -> None:
    """The health page says that calls come in."""

    async def look() -> bool:
        return (await line_health(hotline))[0] == "ok"

    await eventually(look, "the line is up")


@contextmanager
def desk_phone_of(town: LineTown, name: str = "desk") -> Iterator[Carrier]:
    """A telephone that answers after a second and speaks."""
    voice = tone(town.folder / "agent.wav", AGENT, 1.0)
    address = f"127.0.0.1:{town.asterisk.ports.sip}" if town.asterisk.ports else ""
    with Carrier(program(), town.folder / name, address, host=PHONE_HOST, answer=voice) as phone:
        yield phone


async def ready_agent(
    town: LineTown, agent: Person, phone: Carrier, *, name: str = "agent1", extension: str = DESK_PHONE
) -> Account:
    """The agent's page is open, the telephone registered, and the agent ready."""
    await agent.sign_in(name, demo_password())
    await agent.open_page()
    contact = f"sip:{extension}@{phone.address}"
    account = Account(town.asterisk, agent.id, context="from-agent", contact=contact)
    account.create()
    await agent.ask("PUT", "/api/agent/state", {"state": "ready"})
    return account


async def my_call(agent: Person, state: str) -> Any:
    """The call on the agent's desk, once it is in this state."""

    async def look() -> Any:
        for item in await agent.ask("GET", "/api/calls/mine"):
            if item["state"] == state:
                return item
        return None

    return await eventually(look, f"the call is in state {state}")
