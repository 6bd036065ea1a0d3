"""Metrics for Prometheus at ``/metrics``; labels are routes and states, never persons."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from hotline.errors import Unavailable
from hotline.kernel.events import Recorded

Probe = Callable[[], Awaitable[float]]


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
        self._probes: list[tuple[Gauge, Probe]] = []

    def probe(self, name: str, meaning: str, ask: Probe) -> None:
        """A gauge that is asked for at every scrape; NaN while the answer cannot be had."""
        self._probes.append((Gauge(name, meaning, registry=self.registry), ask))

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener: count what happened."""
        for one in recorded:
            self.events.labels(one.event.name).inc()

    async def handle(self, _request: web.Request) -> web.Response:
        """The exposition."""
        for gauge, ask in self._probes:
            try:
                gauge.set(await ask())
            except Unavailable:
                gauge.set(math.nan)
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
