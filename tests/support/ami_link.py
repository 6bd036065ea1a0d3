"""A link to the scripted manager interface, and what it told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from telephony.ami.link import AmiLink, LinkSettings
from telephony.ami.message import AmiMessage
from tests.support.ami_server import SECRET, USER, AmiServer, block
from tests.support.waiting import until

NAME = "张三丰"
RING = block({"Event": "Newchannel", "CallerIDName": NAME, "Uniqueid": "1"})


@dataclass
class Heard:
    """What the link told, in order: "login", "lost:<reason>" and the Uniqueid of each event."""

    log: list[str] = field(default_factory=list)

    async def login(self) -> None:
        self.log.append("login")

    async def lost(self, reason: str) -> None:
        self.log.append(f"lost:{reason}")

    def event(self, _: AmiLink, event: AmiMessage) -> None:
        self.log.append(event.text("Uniqueid"))


def patient(server: AmiServer) -> LinkSettings:
    """A link that waits long for answers, so that only what a test does ends it."""
    return LinkSettings(
        "127.0.0.1",
        server.port,
        USER,
        SECRET,
        ping_every=60,
        pong_within=60,
        answer_within=60,
        retry_first=0.01,
        retry_most=0.05,
        retry_refused=0.05,
    )


@asynccontextmanager
async def linked(settings: LinkSettings, heard: Heard, up: bool = True) -> AsyncIterator[AmiLink]:
    """A link, logged in unless not ``up``."""
    link = AmiLink(settings, heard.login, heard.lost)
    link.connect()
    try:
        if up:
            await until(lambda: "login" in heard.log, "the link is up")
        yield link
    finally:
        await link.close()
