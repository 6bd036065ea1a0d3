"""An agent who serves citizens of the official account of a running hotline, over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.people import Person, Refused, eventually, people
from tests.support.running import RunningHotline, demo_password, running_hotline
from tests.support.wechat import WeChat, WeChatAccount, wechat_process

QUIET = {"HOTLINE_CLASSIFIER": "false", "HOTLINE_SPEECH_ENGINE": "off", "HOTLINE_CHATS_PER_AGENT": "20"}
"""What does not matter here and takes its time."""


@dataclass
class Desk:
    """One agent at the desk. ``listed`` is what the desk shows."""

    agent: Person
    listed: dict[str, Any]
    held: set[str] = field(default_factory=set)

    async def serving(self, words: str) -> str:
        """Take what is offered until the conversation with these words of the citizen is among it."""

        async def look() -> str | None:
            for key, item in list(self.listed.items()):
                if item["kind"] == "offer" and key not in self.held:
                    await self._accept(key)
            for key in self.held:
                if any(words in one["text"] for one in await self.said(key)):
                    return key
            return None

        conversation_id: str = await eventually(look, f"the conversation {words!r} was taken")
        return conversation_id

    async def _accept(self, conversation_id: str) -> None:
        try:
            await self.agent.ask("POST", f"/api/queue/items/{conversation_id}/accept")
        except Refused as refused:
            if refused.body["code"] != "offer_gone":
                raise
            return
        self.held.add(conversation_id)

    async def reply(self, conversation_id: str, *texts: str) -> None:
        """Write to the citizen."""
        for text in texts:
            body = {"id": uuid.uuid4().hex, "text": text}
            await self.agent.ask("POST", f"/api/conversations/{conversation_id}/messages", body)

    async def go_home(self) -> None:
        """Finish what is held, and take nothing more."""
        await self.agent.ask("PUT", "/api/agent/state", {"state": "busy"})
        for conversation_id in self.held:
            await self.agent.ask("POST", f"/api/conversations/{conversation_id}/finish")
        await self.agent.ask("PUT", "/api/agent/state", {"state": "offline"})

    async def messages(self, conversation_id: str) -> list[Any]:
        """All that was said."""
        return list(await self.agent.ask("GET", f"/api/conversations/{conversation_id}/messages"))

    async def said(self, conversation_id: str) -> list[Any]:
        """What the citizen said."""
        return [one for one in await self.messages(conversation_id) if one["author"] == "citizen"]

    async def words_of(self, conversation_id: str, count: int) -> list[str]:
        """The citizen's words, once there are so many messages."""

        async def look() -> list[str] | None:
            said = await self.said(conversation_id)
            return [one["text"] for one in said] if len(said) >= count else None

        return list(await eventually(look, f"the citizen said {count} things"))

    async def message_when(
        self, conversation_id: str, fits: Callable[[Any], Any], what: str
    ) -> dict[str, Any]:
        """The first message that fits, once there is one."""

        async def look() -> Any:
            found = [one for one in await self.messages(conversation_id) if fits(one)]
            return found[0] if found else None

        found: dict[str, Any] = await eventually(look, what)
        return found

    async def delivered(self, conversation_id: str, text: str, state: str) -> str | None:
        """Wait until a message's delivery is in a state; its code."""
        found = await self.message_when(
            conversation_id,
            lambda one: one["text"] == text and one["delivery"] and one["delivery"]["state"] == state,
            f"the delivery of {text!r} is {state}",
        )
        code: str | None = found["delivery"]["code"]
        return code

    async def attachments(self, conversation_id: str, count: int, state: str = "ready") -> list[Any]:
        """What the citizen sent along, once so many are in a state."""

        async def look() -> list[Any] | None:
            found = [one for message in await self.said(conversation_id) for one in message["attachments"]]
            there = [one for one in found if one["state"] == state]
            return there if len(there) >= count else None

        return list(await eventually(look, f"{count} attachments are {state}"))

    async def budget(self, conversation_id: str) -> dict[str, Any]:
        """What may still be sent."""
        found = await self.agent.ask("GET", f"/api/conversations/{conversation_id}")
        return dict(found["budget"])

    async def budget_when(self, conversation_id: str, left: int) -> dict[str, Any]:
        """The same once so many are left."""

        async def look() -> dict[str, Any] | None:
            found = await self.budget(conversation_id)
            return found if found["left"] == left else None

        return dict(await eventually(look, f"{left} messages are left"))


@dataclass
class Account:
    """A hotline that runs, or several nodes of one, its official account, and where the platform is."""

    hotlines: Sequence[RunningHotline]
    given: WeChatAccount
    platform: str

    @property
    def callbacks(self) -> list[str]:
        """The addresses that are given at the platform's console."""
        return [f"{hotline.url}/channels/wechat" for hotline in self.hotlines]


@dataclass
class Line:
    """One test at it: the platform's controls and an agent who is ready."""

    account: Account
    wechat: WeChat
    desk: Desk

    @property
    def hotline(self) -> RunningHotline:
        """The first node."""
        return self.account.hotlines[0]


@contextmanager
def wechat_account(folder: Path, mode: str = "plain") -> Iterator[Account]:
    """A hotline with an official account, and the platform."""
    given = WeChatAccount(mode=mode)
    with (
        wechat_process(["http://127.0.0.1:9/not-yet"], given) as platform,
        running_hotline(folder / "data", QUIET | given.settings(platform)) as hotline,
    ):
        yield Account([hotline], given, platform)


@asynccontextmanager
async def wechat_line(account: Account) -> AsyncIterator[Line]:
    """A test's own users and agent; what it held is finished in the end."""
    async with aiohttp.ClientSession() as http, people(account.hotlines[0].url) as new:
        wechat = WeChat(account.platform, account.given, http)
        await wechat.change(callbacks=account.callbacks, allowed=None, ahead=0)
        desk = await ready(new())
        yield Line(account, wechat, desk)
        await desk.go_home()


async def ready(person: Person) -> Desk:
    """The agent signs in, opens the desk and is ready."""
    agent = await person.sign_in("agent1", demo_password())
    desk = Desk(agent, await agent.watch("my.desk"))
    await agent.ask("PUT", "/api/agent/state", {"state": "ready"})
    return desk
