"""Puts the web application together from endpoints, the live hub and the built pages."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from aiohttp import web

from hotline.ports.channel import Webhook
from hotline.web.catalogue import Catalogue
from hotline.web.endpoint import Endpoint, Endpoints
from hotline.web.guard import Guard
from hotline.web.live_socket import LiveSocket
from hotline.web.metrics import Metrics
from hotline.web.openapi import openapi
from hotline.web.pages import Pages
from hotline.web.problems import problem_middleware
from hotline.web.webhooks import add_webhooks

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'; connect-src {connect}; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(self)",
}

HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")
Sockets = Callable[[str], Sequence[str]]
"""Origins besides our own that a page may connect to, given the host by which the page was asked for."""


def no_sockets(_host: str) -> Sequence[str]:
    """Pages connect to nobody else."""
    return ()


def build_app(
    *,
    endpoints: Sequence[Endpoints],
    guard: Guard,
    live: LiveSocket,
    metrics: Metrics,
    catalogue: Catalogue,
    pages: Pages,
    version: str,
    sockets: Sockets = no_sockets,
    webhooks: Mapping[str, Webhook] = MappingProxyType({}),
) -> web.Application:
    """The aiohttp application; everything it needs is given, nothing is looked up."""
    app = web.Application(
        middlewares=[_security_headers(sockets), metrics.middleware(), problem_middleware(catalogue)],
        client_max_size=64 * 1024 * 1024,
    )
    declared: list[Endpoint] = [endpoint for group in endpoints for endpoint in group.all]
    document = openapi(declared, version)
    for endpoint in declared:
        app.router.add_route(endpoint.method, endpoint.path, guard.wrap(endpoint))

    async def describe(_request: web.Request) -> web.Response:
        return web.json_response(document)

    app.router.add_get("/api/openapi.json", describe)
    app.router.add_get("/api/live", live.handle)
    app.router.add_get("/metrics", metrics.handle)
    add_webhooks(app, webhooks)
    pages.add_to(app)
    return app


def connect_sources(host: str, sockets: Sockets) -> str:
    """The value of ``connect-src``; a host that is no name or address gets nothing besides ourselves."""
    bracketed = f"[{host}]" if ":" in host else host
    return " ".join(["'self'", *(sockets(bracketed) if HOST.fullmatch(bracketed) else ())])


def _security_headers(sockets: Sockets) -> Any:
    @web.middleware
    async def add(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        response = await handler(request)
        if not response.prepared:
            connect = connect_sources(request.url.host or "", sockets)
            policy = CONTENT_SECURITY_POLICY.format(connect=connect)
            for name, value in {**SECURITY_HEADERS, "Content-Security-Policy": policy}.items():
                response.headers.setdefault(name, value)
            if request.path.startswith("/api/"):
                response.headers.setdefault("Cache-Control", "no-store")
        return response

    return add
