"""A wire between the product and the exchange's manager interface that can fall silent or be cut."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path

from tests.support.line_town import LineTown, line_is_up


class Cut(StrEnum):
    """Where the wire breaks at the word: the exchange heard what carried it, or did not."""

    BEFORE = "before"
    AFTER = "after"


class WeakLink:
    """Passes on every byte, unless told otherwise."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._flows = asyncio.Event()
        self._flows.set()
        self._cut: tuple[bytes, Cut] | None = None
        self.connections = 0
        self.cuts = 0

    def fall_silent(self) -> None:
        """Nothing arrives any more in either direction, and no connection breaks."""
        self._flows.clear()

    def go_on(self) -> None:
        """What was held back arrives now."""
        self._flows.set()

    def cut_at(self, word: bytes, where: Cut) -> None:
        """The next time the product says ``word``, its connection breaks."""
        self._cut = (word, where)

    async def accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection of the product."""
        self.connections += 1
        there, onward = await asyncio.open_connection("127.0.0.1", self._port)
        back = asyncio.create_task(self._pass(there, writer))
        try:
            await self._pass(reader, onward, outward=writer)
        finally:
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
            onward.close()
            writer.close()

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        outward: asyncio.StreamWriter | None = None,
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._flows.wait()
                where = self._breaks(data) if outward is not None else None
                if where is not Cut.BEFORE:
                    writer.write(data)
                    await writer.drain()
                if where is not None and outward is not None:
                    outward.transport.abort()
                    return

    def _breaks(self, data: bytes) -> Cut | None:
        if self._cut is None or self._cut[0] not in data:
            return None
        where, self._cut = self._cut[1], None
        self.cuts += 1
        return where


@asynccontextmanager
async def weak_link(town: LineTown) -> AsyncIterator[WeakLink]:
    """The product, started again, reaches the exchange that runs over a weak link; as before in the end."""
    ports = town.hotline.data / "telephony" / "ports.json"
    before = await asyncio.to_thread(ports.read_text, "ascii")
    link = WeakLink(json.loads(before)["ami"])
    server = await asyncio.start_server(link.accepted, "127.0.0.1", 0)
    changed = json.loads(before) | {"ami": server.sockets[0].getsockname()[1]}
    await _started_with(town, ports, json.dumps(changed))
    try:
        yield link
    finally:
        link.go_on()
        await _started_with(town, ports, before)
        server.close()


async def _started_with(town: LineTown, ports: Path, text: str) -> None:
    await asyncio.to_thread(town.hotline.kill)
    await asyncio.to_thread(ports.write_text, text, "ascii")
    await asyncio.to_thread(town.hotline.start)
    await line_is_up(town.hotline)
