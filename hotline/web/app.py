"""Puts the web application together from endpoints, the live hub and the built pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from hotline.web.catalogue import Catalogue
from hotline.web.endpoint import Endpoint, Endpoints
from hotline.web.guard import Guard
from hotline.web.live_socket import LiveSocket
from hotline.web.metrics import Metrics
from hotline.web.openapi import openapi
from hotline.web.pages import Pages
from hotline.web.problems import problem_middleware

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "script-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(self)",
}


def build_app(
    *,
    endpoints: Sequence[Endpoints],
    guard: Guard,
    live: LiveSocket,
    metrics: Metrics,
    catalogue: Catalogue,
    pages: Pages,
    version: str,
) -> web.Application:
    """The aiohttp application; everything it needs is given, nothing is looked up."""
    app = web.Application(
        middlewares=[_security_headers(), metrics.middleware(), problem_middleware(catalogue)],
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
    pages.add_to(app)
    return app


def _security_headers() -> Any:
    @web.middleware
    async def add(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        response = await handler(request)
        if not response.prepared:
            for name, value in SECURITY_HEADERS.items():
                response.headers.setdefault(name, value)
            if request.path.startswith("/api/"):
                response.headers.setdefault("Cache-Control", "no-store")
        return response

    return add
