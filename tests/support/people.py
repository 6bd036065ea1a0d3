"""People who use the product over HTTP, as their pages do."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from yarl import URL

from hotline.web.live import Entity, apply_changes
from tests.support.waiting import PATIENCE, PAUSE


class Refused(AssertionError):
    """The server's problem, with ``status`` and ``body``."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class Person:
    """One browser: cookies, CSRF token, and an open live socket when ``listen`` was called."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self.csrf = ""
        self.id = ""
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._views: list[tuple[aiohttp.ClientWebSocketResponse, asyncio.Task[None]]] = []

    async def ask(self, method: str, path: str | URL, body: Any = None, **query: str) -> Any:
        """The reply's JSON; ``Refused`` for a problem."""
        headers = {"X-CSRF-Token": self.csrf, "Accept-Language": "en"}
        async with self._http.request(method, path, json=body, params=query, headers=headers) as answer:
            content = await answer.json(content_type=None) if answer.status != 204 else None
            if answer.status >= 400:
                raise Refused(answer.status, content)
            return content

    async def download(self, path: str) -> tuple[str, bytes]:
        """Content type and bytes of a file."""
        async with self._http.get(path) as answer:
            assert answer.status == 200, path
            return answer.content_type, await answer.read()

    async def sign_in(self, account: str, password: str) -> Person:
        """As the sign-in page does."""
        session = await self.ask("POST", "/api/session", {"account": account, "password": password})
        self.csrf, self.id = session["csrf"], session["id"]
        return self

    async def arrive(self) -> Person:
        """As the citizen page does when it opens."""
        session = await self.ask("POST", "/api/citizen/session", {})
        self.csrf, self.id = session["csrf"], session["visitor"]
        return self

    async def say(self, text: str, message_id: str | None = None) -> Any:
        """A citizen's message."""
        return await self.ask(
            "POST", "/api/citizen/messages", {"id": message_id or uuid.uuid4().hex, "text": text}
        )

    async def open_page(self) -> None:
        """Keep a live socket open: an agent without a page gets no offers."""
        self._socket = await self._http.ws_connect("/api/live")
        self._reading = asyncio.create_task(_read(self._socket))

    async def watch(self, feed: str, key: str | None = None) -> dict[str, Any]:
        """A live view as a page has it: what it shows by id, kept up to date. ``Refused`` when it may not."""
        socket = await self._http.ws_connect("/api/live")
        await socket.send_json({"type": "watch", "watch": "w", "feed": feed, "key": key})
        first = await socket.receive_json()
        if first["type"] == "refused":
            await socket.close()
            raise Refused(403, first)
        entities: dict[str, Entity] = {}
        shown: dict[str, Any] = {}

        def take(message: dict[str, Any]) -> None:
            apply_changes(entities, message)
            shown.clear()
            shown.update({name: entity.data for name, entity in entities.items()})

        async def follow() -> None:
            async for message in socket:
                take(message.json())

        take(first)
        self._views.append((socket, asyncio.create_task(follow())))
        return shown

    async def close(self) -> None:
        """Close the browser."""
        for socket, following in self._views:
            await socket.close()
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        if self._reading is not None:
            await self._reading
        await self._http.close()


async def _read(socket: aiohttp.ClientWebSocketResponse) -> None:
    """As a page does: who does not read does not answer the server's pings, and counts as gone."""
    async for _ in socket:
        pass


@asynccontextmanager
async def people(url: str) -> AsyncIterator[Callable[[], Person]]:
    """Makes persons, each with a browser of its own, and closes them all."""
    everybody: list[Person] = []

    def new() -> Person:
        jar = aiohttp.CookieJar(unsafe=True)
        person = Person(aiohttp.ClientSession(base_url=url, cookie_jar=jar))
        everybody.append(person)
        return person

    try:
        yield new
    finally:
        for person in everybody:
            await person.close()


async def eventually(look: Callable[[], Awaitable[Any]], what: str, patience: float = PATIENCE) -> Any:
    """The first truthy thing that ``look`` sees."""
    deadline = time.monotonic() + patience
    while True:
        if seen := await look():
            return seen
        assert time.monotonic() < deadline, f"waited {patience:.0f} s in vain until {what}"
        await asyncio.sleep(PAUSE)
