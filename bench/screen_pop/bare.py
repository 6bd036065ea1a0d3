"""The peer of benchmark 1: the shortest way from the manager interface to an agent's socket.

    python -m bench.screen_pop.bare --ami PORT

Reads blocks, and sends the event of a ring as JSON to the socket of the agent that it names. It looks nothing
up, keeps nothing, and notices no fault.
"""

from __future__ import annotations

import argparse
import asyncio
import json

from aiohttp import web

from tests.support.ami_server import SECRET, USER

LOGIN = f"Action: Login\r\nActionID: 1\r\nUsername: {USER}\r\nSecret: {SECRET}\r\n\r\n"


class Bare:
    """Agents' sockets by agent."""

    def __init__(self) -> None:
        self.sockets: dict[str, web.WebSocketResponse] = {}

    async def page(self, request: web.Request) -> web.StreamResponse:
        """An agent's page."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets[request.query["agent"]] = socket
        async for _ in socket:
            pass
        return socket

    async def read(self, port: int) -> None:
        """The manager interface, until it is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        writer.write(LOGIN.encode())
        try:
            while True:
                block = await reader.readuntil(b"\r\n\r\n")
                if b"\r\nUserEvent: AcdOffer\r\n" in block:
                    await self._tell(block)
        except asyncio.IncompleteReadError:
            return

    async def _tell(self, block: bytes) -> None:
        lines = block.decode().rstrip().split("\r\n")
        event = dict(line.split(": ", 1) for line in lines if ": " in line)
        await self.sockets[event["Agent"]].send_str(json.dumps(event))


async def run(port: int) -> None:
    """Serve for ever."""
    bare = Bare()
    app = web.Application()
    app.router.add_get("/api/live", bare.page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
    await bare.read(port)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ami", type=int, required=True)
    asyncio.run(run(parser.parse_args().ami))


if __name__ == "__main__":
    main()
