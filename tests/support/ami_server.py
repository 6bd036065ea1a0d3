"""A scripted manager interface: the double of Asterisk's, which can also misbehave on demand."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

USER, SECRET = "hotline", "the-secret"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"

Headers = dict[str, str | Sequence[str]]


def block(headers: Headers) -> bytes:
    """A message as Asterisk writes it."""
    lines = []
    for name, value in headers.items():
        lines += [f"{name}: {one}" for one in ([value] if isinstance(value, str) else value)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Received:
    """An action as it arrived."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.headers: dict[str, list[str]] = {}
        for line in raw.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            self.headers.setdefault(name.lower(), []).append(value)

    @property
    def name(self) -> str:
        return self["Action"]

    def __getitem__(self, header: str) -> str:
        return self.headers.get(header.lower(), [""])[-1]

    def all(self, header: str) -> list[str]:
        return self.headers.get(header.lower(), [])


class Connection:
    """One client's connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.logged_in = False

    def send(self, data: bytes) -> None:
        if not self.writer.is_closing():
            self.writer.write(data)

    def answer(self, action: Received, **headers: str) -> None:
        """A response; Success unless ``Response`` says otherwise."""
        first: Headers = {"Response": "Success", "ActionID": action["ActionID"]}
        self.send(block(first | headers))

    def refuse(self, action: Received, message: str) -> None:
        self.answer(action, Response="Error", Message=message)

    def rows(self, action: Received, event: str, rows: Sequence[Headers]) -> None:
        """A list: its start, its rows, its end."""
        self.answer(action, EventList="start", Message="List will follow")
        own: Headers = {"ActionID": action["ActionID"]}
        for row in rows:
            self.send(block({"Event": event} | own | row))
        self.send(
            block({"Event": f"{event}Complete", "EventList": "Complete", "ListItems": str(len(rows))} | own)
        )


Script = Callable[[Connection, Received], Awaitable[None] | None]


class AmiServer:
    """Listens on a free port of loopback while its context is open. ``scripts`` go before the defaults."""

    def __init__(self, secret: str = SECRET) -> None:
        self.secret = secret
        self.port = 0
        self.received: list[Received] = []
        self.connections: list[Connection] = []
        self.accepted = 0
        self.scripts: dict[str, Script] = {"login": self._login, "ping": self._ping}
        self.mute = False
        """Reads everything, says nothing: a frozen Asterisk."""
        self.clock_ahead = 0.0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def listen(self) -> None:
        """Accept connections, at the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse and cut every connection."""
        if self._server is not None:
            self._server.close()
            self.drop()
            await self._server.wait_closed()
            self._server = None

    def drop(self) -> None:
        """Cut every connection."""
        for connection in self.connections:
            connection.writer.transport.abort()

    def now(self) -> float:
        """This Asterisk's clock."""
        return time.time() + self.clock_ahead

    def send(self, data: bytes) -> None:
        """To everyone who is logged in."""
        for connection in self.connections:
            if connection.logged_in and not self.mute:
                connection.send(data)

    def event(self, name: str, **headers: str | Sequence[str]) -> None:
        """An event, with the time at which it happened."""
        self.send(block({"Event": name, "Timestamp": f"{self.now():.6f}"} | headers))

    def actions(self, name: str) -> list[Received]:
        """What arrived under this name, over all connections."""
        return [action for action in self.received if action.name.lower() == name.lower()]

    def on(self, name: str, script: Script) -> None:
        """From now on, an action of this name runs ``script``."""
        self.scripts[name.lower()] = script

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(writer)
        self.connections.append(connection)
        self.accepted += 1
        try:
            if not self.mute:
                connection.send(GREETING)
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    raw = await reader.readuntil(b"\r\n\r\n")
                    await self._take(connection, Received(raw.removesuffix(b"\r\n\r\n")))
        finally:
            self.connections.remove(connection)
            writer.transport.abort()

    async def _take(self, connection: Connection, action: Received) -> None:
        self.received.append(action)
        if self.mute:
            return
        script = self.scripts.get(action.name.lower())
        if script is None:
            connection.refuse(action, "Invalid/unknown command")
        elif (doing := script(connection, action)) is not None:
            await doing

    def _login(self, connection: Connection, action: Received) -> None:
        if (action["Username"], action["Secret"]) != (USER, self.secret):
            connection.refuse(action, "Authentication failed")
            connection.writer.close()
            return
        connection.answer(action, Message="Authentication accepted")
        connection.logged_in = True

    def _ping(self, connection: Connection, action: Received) -> None:
        connection.answer(action, Ping="Pong", Timestamp=f"{self.now():.6f}")
