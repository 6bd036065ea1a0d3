"""Raw routes for platforms that call us: no session, no CSRF token, no JSON; small bodies, little time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from hotline.ports.channel import Webhook, WebhookReply, WebhookRequest

PREFIX = "/channels/"
READ_SECONDS = 5.0
"""A platform that takes longer to send its call has given up itself."""
CHUNK = 16 * 1024


def add_webhooks(app: web.Application, webhooks: Mapping[str, Webhook]) -> None:
    """``/channels/<name>`` for each; whatever else is there below does not exist."""
    for name, webhook in webhooks.items():
        app.router.add_route("*", PREFIX + name, _handler(webhook))

    async def nothing(_request: web.Request) -> web.Response:
        raise web.HTTPNotFound

    app.router.add_route("*", PREFIX + "{rest:.*}", nothing)


def _handler(webhook: Webhook) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        if request.method not in ("GET", "POST"):
            raise web.HTTPMethodNotAllowed(request.method, ("GET", "POST"))
        reply = await _reply(webhook, request)
        return web.Response(
            status=reply.status, body=reply.body, content_type=reply.content_type, charset="utf-8"
        )

    return handle


async def _reply(webhook: Webhook, request: web.Request) -> WebhookReply:
    try:
        async with asyncio.timeout(READ_SECONDS):
            body = await _body(request, webhook.max_bytes)
    except TimeoutError:
        return WebhookReply(408)
    except web.RequestPayloadError:  # cut off, or not encoded as its header says
        return WebhookReply(400)
    if body is None:
        return WebhookReply(413)
    return await webhook.handle(
        WebhookRequest(
            method=request.method,
            query={name: value for name, value in request.query.items() if _is_single(request, name)},
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            remote=request.remote or "",
        )
    )


def _is_single(request: web.Request, name: str) -> bool:
    """Of a parameter that is given twice, nobody knows which is meant."""
    return len(request.query.getall(name)) == 1


async def _body(request: web.Request, most: int) -> bytes | None:
    """None when it is too large."""
    if request.content_length is not None and request.content_length > most:
        return None
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)
