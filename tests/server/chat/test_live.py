"""Live views: a stale snapshot plus its changes is a fresh one, and nobody waits for a stalled page."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from hotline.web.live import Entity
from tests.support.chat_fixtures import Browser, Page, Town, both_engines
from tests.support.waiting import PATIENCE, until

STEPS = 40

Watched = list[tuple[Page, str, str | None, dict[str, Entity]]]


def contents(shown: dict[str, Entity]) -> dict[str, object]:
    """What a page shows; versions only put changes in order."""
    return {one.id: one.data for one in shown.values()}


async def agree(watched: Watched) -> None:
    """Every view shows what a fresh snapshot of it shows, as soon as all changes have arrived."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    for page, feed, key, shown in watched:
        while contents(fresh := await page.watch(feed, key)) != contents(shown):
            assert asyncio.get_running_loop().time() < deadline, f"{feed} differs: {shown} is not {fresh}"
            await page.forget(fresh)


class Day:
    """Citizens and agents who do whatever they may, in an order that a seed decides."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town = town
        self.random = random.Random(seed)
        self.citizens: list[Browser] = []
        self.agents: list[Browser] = []
        self.talks: list[str] = []

    async def arrive(self) -> None:
        self.citizens = [await self.town.citizen() for _ in range(3)]
        self.agents = [await self.town.member(name, "agent") for name in ("ann", "bob")]

    async def watch(self) -> Watched:
        """Every feed, by everybody whom it concerns."""
        watched: Watched = []
        for people, feeds in (
            (self.citizens, ("citizen.messages", "citizen.state", "citizen.cases")),
            (self.agents, ("queue", "my.desk", "my.agent")),
        ):
            for person in people:
                page = await person.open_page()
                watched += [(page, feed, None, await page.watch(feed)) for feed in feeds]
        page = self.agents[0].pages[0]
        watched += [(page, "messages", talk, await page.watch("messages", talk)) for talk in self.talks]
        return watched

    async def step(self) -> None:
        """One thing that somebody does; it may well be refused."""
        things: list[Callable[[], Awaitable[object]]] = [
            *[self.say] * 4,
            *[self.answer] * 4,
            self.reply,
            self.reply,
            self.turn,
            self.finish,
            self.describe,
            self.register,
            self.wait,
        ]
        await self.random.choice(things)()

    async def say(self) -> None:
        told = await self.random.choice(self.citizens).say(f"Number {self.random.random()}")
        if told.status == 200 and told.body["conversation_id"] not in self.talks:
            self.talks.append(told.body["conversation_id"])

    async def answer(self) -> None:
        agent = self.random.choice(self.agents)
        for item in (await agent.call("GET", "/api/queue")).body:
            if item["offered_to"] == agent.id:
                how = self.random.choice(("accept", "accept", "decline"))
                await agent.call("POST", f"/api/queue/items/{item['id']}/{how}")

    async def reply(self) -> None:
        for talk in self.talks:
            await self.random.choice(self.agents).reply(talk, "Good day")

    async def turn(self) -> None:
        await self.random.choice(self.agents).be(self.random.choice(("ready", "ready", "busy", "offline")))

    async def finish(self) -> None:
        for talk in self.talks[:1]:
            await self.random.choice(self.agents).call("POST", f"/api/conversations/{talk}/finish")

    async def describe(self) -> None:
        body = {"name": self.random.choice(("Li", "Wang", "Zhao")), "phone": "13800002046"}
        await self.random.choice(self.citizens).call("PUT", "/api/citizen/contact", body)

    async def register(self) -> None:
        for talk in self.talks[-1:]:
            body = {
                "key": f"key-{self.random.random()}".replace(".", ""),
                "conversation_id": talk,
                "channel": "web",
                "request_type": "help",
                "content": "There is no water in my kitchen.",
                "address": "128 Jianshe East Road",
            }
            await self.random.choice(self.agents).call("POST", "/api/desk/cases", body)

    async def wait(self) -> None:
        self.town.pass_time(seconds=self.random.choice((1, 10, 40)))


@pytest.mark.parametrize("seed", range(4))
async def test_a_stale_snapshot_and_its_changes_are_a_fresh_snapshot(town: Town, seed: int) -> None:
    day = Day(town, seed)
    await day.arrive()
    for agent in day.agents:
        await agent.be("ready")
    for _ in range(8):
        await day.say()
    watched = await day.watch()
    for _ in range(STEPS):
        await day.step()
    await agree(watched)
    assert town.house.hub.clients == 5, "nobody was dropped on the way"


@both_engines
async def test_a_view_that_begins_amid_changes_misses_none(town: Town) -> None:
    ann, citizen, held = await town.serving("ann")
    pages = [await ann.open_page() for _ in range(4)]

    async def chatter() -> None:
        for n in range(20):
            await citizen.say(f"{n}")

    writing = asyncio.create_task(chatter())
    views = [await page.watch("messages", held) for page in pages for _ in range(4)]
    await writing
    for shown in views:
        await until(
            lambda shown=shown: (
                {f"{n}" for n in range(20)}  # type: ignore[misc]
                <= {e.data["text"] for e in shown.values()}
            ),
            "all messages were shown",
        )


async def test_a_stalled_page_is_dropped_while_the_others_get_everything(town: Town) -> None:
    ann, citizen, held = await town.serving("ann")
    healthy = await ann.pages[0].watch("messages", held)
    stalled = await Stalled.connect(town, ann)
    for n in range(60):
        await stalled.watch(f"w{n}", "messages", held)
    await until(lambda: town.house.hub.clients == 2, "both pages are connected")
    stalled.stop_reading()
    for n in range(25):
        said = await citizen.say(f"{n} " + "字" * 3900)
        # Each by itself: changes that come together would share a message.
        await until(lambda said=said: said.body["message_id"] in healthy, "the healthy page got it")  # type: ignore[misc]
    await until(lambda: town.house.hub.clients == 1, "the stalled page was dropped")
    assert not ann.pages[0].socket.closed
    await stalled.close()


class Stalled:
    """A page whose computer has gone to sleep: connected, watching, and not taking anything in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, town: Town, browser: Browser) -> Stalled:
        """A WebSocket by hand, with the browser's cookies."""
        url = town.server.make_url("/api/live")
        cookies = browser.http.cookie_jar.filter_cookies(url)
        plug = socket.socket()
        # Little room on the way, so that what is not read is soon felt at the other end.
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        plug.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plug, (url.host, url.port))
        reader, writer = await asyncio.open_connection(sock=plug)
        lines = (
            "GET /api/live HTTP/1.1",
            f"Host: {url.host}:{url.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version: 13",
            "Cookie: " + "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items()),
        )
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"101" in head.split(b"\r\n")[0]
        return cls(reader, writer)

    async def watch(self, watch: str, feed: str, key: str) -> None:
        """Ask for a view."""
        text = json.dumps({"type": "watch", "watch": watch, "feed": feed, "key": key}).encode()
        assert len(text) < 126
        self._writer.write(bytes((0x81, 0x80 | len(text))) + bytes(4) + text)
        await self._writer.drain()

    def stop_reading(self) -> None:
        """Fall asleep."""
        transport = self._writer.transport
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()

    async def close(self) -> None:
        """The computer is switched off."""
        self._writer.transport.abort()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return


async def test_a_page_of_another_site_is_refused_as_agent_too(town: Town) -> None:
    ann = await town.member("ann", "agent")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await ann.http.ws_connect("/api/live", headers={"Origin": "https://evil.example"})
    assert refused.value.status == 403


async def test_presence_is_told_when_the_first_page_opens_and_the_last_one_closes(town: Town) -> None:
    told: list[tuple[str, bool]] = []
    town.house.hub.on_presence(lambda user_id, present: told.append((user_id, present)))
    ann, citizen = await town.member("ann", "agent"), await town.citizen()
    first, second = await ann.open_page(), await ann.open_page()
    await citizen.open_page()
    await until(lambda: town.house.hub.clients == 3, "all pages are connected")
    await first.close()
    await until(lambda: town.house.hub.clients == 2, "one page was closed")
    assert told == [(ann.id, True)]
    assert town.house.hub.present(ann.id)
    await second.close()
    await until(lambda: told == [(ann.id, True), (ann.id, False)], "the last page was closed")
    assert not town.house.hub.present(ann.id)
    assert not town.house.hub.present(citizen.id)
