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
import logging
from collections.abc import Coroutine
from typing import Any, Literal, TypeVar

from aiohttp import WSMsgType, web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hotline.errors import DomainError, Forbidden, NotSignedIn, Unavailable
from hotline.web.auth import Principal
from hotline.web.guard import Guard, same_origin
from hotline.web.live import Client, LiveHub

T = TypeVar("T")

log = logging.getLogger(__name__)

RECONNECT = 4008
HEARTBEAT = 20.0
RECHECK = 60.0
"""Every so often the session is looked up again: this counts as its use, and notices that it ended."""
CLOSE_SECONDS = 5.0
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
            asyncio.create_task(self._send(request, socket, client)),
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
            elif refusal := await self._watch(client, wanted):
                client.send({"type": "refused", "watch": wanted.watch, "code": refusal})

    async def _watch(self, client: Client, wanted: LiveRequest) -> str | None:
        """Begin a watch; the code of a refusal."""
        try:
            seen = await self._hub.watch(client, wanted.watch, wanted.feed, wanted.key)
        except DomainError as error:
            return error.code
        except Exception:
            log.exception("live view failed", extra={"feed": wanted.feed})
            client.dropped.set()
            return None
        return None if seen else "not_found"

    async def _send(self, request: web.Request, socket: web.WebSocketResponse, client: Client) -> None:
        dropped = asyncio.create_task(client.dropped.wait())
        try:
            while not client.dropped.is_set():
                message = await _unless(dropped, client.outgoing.get())
                if message is None:
                    break
                text = json.dumps(message, ensure_ascii=False, default=str)
                # A stalled client blocks its own send; it is given up as soon as its queue overflows.
                await _unless(dropped, socket.send_str(text))
        except ConnectionError:
            return
        finally:
            dropped.cancel()
        try:
            with contextlib.suppress(ConnectionError, TimeoutError):
                await asyncio.wait_for(socket.close(code=RECONNECT, message=b"reconnect"), CLOSE_SECONDS)
        finally:
            # Whatever ended the goodbye: a page that has not read it would hold its connection for ever.
            if request.transport is not None and request.transport.get_write_buffer_size():
                request.transport.abort()

    async def _recheck(self, request: web.Request, client: Client) -> None:
        while True:
            await asyncio.sleep(RECHECK)
            try:
                principal = await self._principal(request)
            except Unavailable:
                continue  # the next time will tell
            if principal is None or principal.capabilities != client.principal.capabilities:
                client.dropped.set()
                return


async def _unless(ended: asyncio.Task[Any], work: Coroutine[Any, Any, T]) -> T | None:
    """The outcome of ``work``, or None when ``ended`` came first; ``work`` is never left behind."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
