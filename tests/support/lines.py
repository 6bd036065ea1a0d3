"""The two lines of the contract: one at the scripted exchange, one at a real Asterisk."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from telephony.ami.link import AmiLink, LinkSettings
from telephony.asterisk.run import Asterisk
from telephony.dialling import DialSettings
from telephony.pbx import PbxSettings
from tests.support.ami_exchange import AmiExchange
from tests.support.ami_server import SECRET, USER
from tests.support.ari_server import LOGIN, ari_server
from tests.support.line import settings_for
from tests.support.waiting import until

ANSWERED = DialSettings(channel="Local/{number}@from-trunk")
"""Both exchanges answer what is dialled here, and play the citizen."""
REFUSED = DialSettings(channel="Local/{number}@from-agent")


class Exchange(Protocol):
    """What a contract test needs of either exchange beside the product's own port."""

    async def citizen_calls(self, call_id: str, number: str, name: str) -> None:
        """A citizen dials 12345 and holds the line; the call is known as ``call_id``."""

    async def citizen_hangs_up(self, call_id: str) -> None:
        """The citizen whose call it is hangs up."""

    async def agent_hangs_up(self, call_id: str) -> None:
        """The agent's side of the call ends."""

    async def global_variable(self, name: str) -> str:
        """A variable of the dialplan."""


@dataclass(frozen=True)
class LineAt:
    """An exchange and the product's settings for it. ``agent`` is an account whose telephone answers."""

    exchange: Exchange
    settings: PbxSettings
    agent: str

    @property
    def unreachable(self) -> PbxSettings:
        """The same, where no citizen can be reached."""
        return replace(self.settings, dial=REFUSED)

    def new_id(self) -> str:
        """An id for a call."""
        return f"call-{secrets.token_hex(6)}"


class ScriptedLine:
    """The double as an ``Exchange``."""

    def __init__(self, ami: AmiExchange) -> None:
        self._ami = ami

    async def citizen_calls(self, call_id: str, number: str, name: str) -> None:
        self._ami.call(call_id, number, name)

    async def citizen_hangs_up(self, call_id: str) -> None:
        self._ami.hang_up(self._ami.callers[call_id])

    async def agent_hangs_up(self, call_id: str) -> None:
        self._ami.agent_leaves(self._ami.callers[call_id])

    async def global_variable(self, name: str) -> str:
        await until(lambda: name in self._ami.variables, f"{name} is set")
        return self._ami.variables[name]


@asynccontextmanager
async def scripted_line(folder: Path) -> AsyncIterator[LineAt]:
    """A line at a scripted exchange of its own."""
    async with AmiExchange() as ami, ari_server() as ari:
        ami.phones["8001"] = "ANSWER"
        link = LinkSettings("127.0.0.1", ami.port, USER, SECRET, retry_first=0.01, retry_refused=0.05)
        settings = settings_for(folder, link, (ari.url, *LOGIN), ANSWERED)
        yield LineAt(ScriptedLine(ami), settings, "8001")


class AsteriskLine:
    """A real Asterisk as an ``Exchange``; citizens' telephones are Local channels that only wait."""

    def __init__(self, link: AmiLink) -> None:
        self._link = link

    async def citizen_calls(self, call_id: str, number: str, name: str) -> None:
        reply = await self._link.call(
            "Originate",
            {
                "Channel": "Local/12345@from-trunk/n",
                "Application": "Wait",
                "Data": "600",
                "CallerID": f'"{name}" <{number}>',
                "ChannelId": f"citizen-{call_id}",
                "OtherChannelId": call_id,
            },
        )
        assert reply.success, reply.message

    async def citizen_hangs_up(self, call_id: str) -> None:
        assert (await self._link.call("Hangup", {"Channel": f"citizen-{call_id}"})).success

    async def agent_hangs_up(self, call_id: str) -> None:
        rows = (await self._link.call("CoreShowChannels")).rows
        [leg] = [row.text("Channel") for row in rows if row.variables.get("ACD_CALL") == call_id
                 and row.text("Channel").startswith("PJSIP/")]  # fmt: skip
        assert (await self._link.call("Hangup", {"Channel": leg})).success

    async def global_variable(self, name: str) -> str:
        reply = await self._link.call("Getvar", {"Variable": name})
        assert reply.response is not None
        return reply.response.text("Value")


@asynccontextmanager
async def asterisk_line(folder: Path, asterisk: Asterisk, agent: str) -> AsyncIterator[LineAt]:
    """A line at a running Asterisk, without calls at the end."""
    assert asterisk.ports is not None
    user, secret = asterisk.ami_login
    link = LinkSettings("127.0.0.1", asterisk.ports.ami, user, secret)
    ari = (f"http://127.0.0.1:{asterisk.ports.http}", *asterisk.ari_login)
    control = AmiLink(link, _nothing, _nothing)
    control.connect()
    try:
        await until(lambda: bool(control.authenticated), "the test has its own link")
        yield LineAt(AsteriskLine(control), settings_for(folder, link, ari, ANSWERED), agent)
        for row in (await control.call("CoreShowChannels")).rows:
            await control.call("Hangup", {"Channel": row.text("Channel")})
    finally:
        await control.close()


async def _nothing(*_: object) -> None:
    await asyncio.sleep(0)
