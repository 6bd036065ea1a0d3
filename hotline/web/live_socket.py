"""``/api/live``: the WebSocket of the live views.

Client to server: ``{"type": "watch", "watch": "<own id>", "feed": "<name>", "key": "<optional>"}`` and
``{"type": "unwatch", "watch": "<own id>"}``. Server to client: ``snapshot``, ``changes``, ``refused``.
A client that falls behind, or whose session or rights changed, is closed with 4008; it reconnects, and is
told to sign in where it must.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any, Literal

from aiohttp import WSMsgType, web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hotline.errors import Forbidden, NotSignedIn
from hotline.web.auth import Principal
from hotline.web.guard import Guard, same_origin
from hotline.web.live import Client, LiveHub

RECONNECT = 4008
HEARTBEAT = 20.0
RECHECK = 60.0
"""Every so often the session is looked up again: this counts as its use, and notices that it ended."""
WATCHES = 64
"""One page watches at most so many views."""


class LiveRequest(BaseModel):
    """A message from the page."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["watch", "unwatch"]
    watch: str = Field(min_length=1, max_length=64)
    feed: str = Field(default="", max_length=64)
    key: str | None = Field(default=None, max_length=128)


class LiveSocket:
    """Serves the socket for staff and citizens alike; feeds decide what each may see."""

    def __init__(self, guard: Guard, hub: LiveHub) -> None:
        self._guard = guard
        self._hub = hub

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Upgrade and serve until either side closes."""
        if not same_origin(request):
            raise Forbidden("cross_origin")
        principal = await self._principal(request)
        if principal is None:
            raise NotSignedIn()
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=64 * 1024)
        await socket.prepare(request)
        client = self._hub.join(principal)
        helpers = [
            asyncio.create_task(self._send(socket, client)),
            asyncio.create_task(self._recheck(request, client)),
        ]
        try:
            await self._receive(socket, client)
        finally:
            self._hub.leave(client)
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        return socket

    async def _principal(self, request: web.Request) -> Principal | None:
        kind: Literal["staff", "citizen"] = "citizen" if request.query.get("as") == "citizen" else "staff"
        return await self._guard.recognise(request, kind)

    async def _receive(self, socket: web.WebSocketResponse, client: Client) -> None:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                wanted = LiveRequest.model_validate_json(message.data)
            except ValidationError:
                client.send({"type": "refused", "watch": "", "code": "json_invalid"})
                continue
            if wanted.type == "unwatch":
                self._hub.unwatch(client, wanted.watch)
            elif len(client.watching) >= WATCHES:
                client.send({"type": "refused", "watch": wanted.watch, "code": "too_many_requests"})
            elif not await self._hub.watch(client, wanted.watch, wanted.feed, wanted.key):
                client.send({"type": "refused", "watch": wanted.watch, "code": "not_found"})

    async def _send(self, socket: web.WebSocketResponse, client: Client) -> None:
        dropped = asyncio.create_task(client.dropped.wait())
        try:
            while not client.dropped.is_set():
                waiting: asyncio.Task[dict[str, Any]] = asyncio.create_task(client.outgoing.get())
                await asyncio.wait({waiting, dropped}, return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    waiting.cancel()
                    break
                sending = asyncio.create_task(
                    socket.send_str(json.dumps(waiting.result(), ensure_ascii=False, default=str))
                )
                # A stalled client blocks its own send; give it up as soon as its queue overflows.
                await asyncio.wait({sending, dropped}, return_when=asyncio.FIRST_COMPLETED)
                if not sending.done():
                    sending.cancel()
                    break
                if sending.exception() is not None:
                    break
        finally:
            dropped.cancel()
        with contextlib.suppress(ConnectionError, TimeoutError):
            await asyncio.wait_for(socket.close(code=RECONNECT, message=b"reconnect"), 5)

    async def _recheck(self, request: web.Request, client: Client) -> None:
        while True:
            await asyncio.sleep(RECHECK)
            principal = await self._principal(request)
            if principal is None or principal.capabilities != client.principal.capabilities:
                client.dropped.set()
                return
