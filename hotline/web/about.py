"""What this service is called, for every page's head; nothing city-specific stands in the pages' code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from hotline.web.endpoint import Call, Endpoints, Schema


class AboutView(Schema):
    """``name`` and ``scope`` (what it looks after, one line) by language; ``demo``: the data is invented."""

    name: dict[str, str]
    scope: dict[str, str]
    demo: bool
    version: str


def about_endpoints(describe: Callable[[], Awaitable[AboutView]]) -> Endpoints:
    """``/api/about``."""
    api = Endpoints("about")

    @api.get("/api/about", audience="anyone")
    async def about(call: Call) -> AboutView:
        """The service's name, and whether it shows demo data."""
        return await describe()

    return api
