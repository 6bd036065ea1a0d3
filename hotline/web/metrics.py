"""Metrics for Prometheus at ``/metrics``; labels are routes and states, never persons."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from hotline.kernel.events import Recorded


class Metrics:
    """The process's registry and the measurements that the web layer takes itself."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "hotline_http_seconds", "Time to answer", ["method", "route", "status"], registry=self.registry
        )
        self.events = Counter(
            "hotline_events_total", "Events committed to the outbox", ["name"], registry=self.registry
        )
        self.live_clients = Gauge("hotline_live_clients", "Pages connected", registry=self.registry)
        self.parked = Gauge("hotline_parked", "Deliveries and jobs parked", registry=self.registry)

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener: count what happened."""
        for one in recorded:
            self.events.labels(one.event.name).inc()

    async def handle(self, _request: web.Request) -> web.Response:
        """The exposition."""
        return web.Response(body=generate_latest(self.registry), content_type="text/plain", charset="utf-8")

    def middleware(self) -> Any:
        """Times every request by its route's pattern."""

        @web.middleware
        async def measure(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            started, status = time.perf_counter(), 500
            try:
                response = await handler(request)
                status = response.status
                return response
            finally:
                resource = request.match_info.route.resource
                route = resource.canonical if resource else "unknown"
                self.requests.labels(request.method, route, status).observe(time.perf_counter() - started)

        return measure
