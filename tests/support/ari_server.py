"""A double of the one resource of ARI that the product uses: objects of res_pjsip in memory."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

LOGIN = ("hotline", "the-ari-secret")
AUTHORIZATION = "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode()


class AriServer:
    """``objects`` maps (kind, id) to attributes; ``refused`` names kinds that cannot be made."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, str]] = {}
        self.refused: set[str] = set()
        self.url = ""

    async def get(self, request: web.Request) -> web.Response:
        self._check(request)
        known = self.objects.get((request.match_info["kind"], request.match_info["name"]))
        if known is None:
            return web.json_response({"message": "Object not found"}, status=404)
        return web.json_response([{"attribute": name, "value": value} for name, value in known.items()])

    async def put(self, request: web.Request) -> web.Response:
        self._check(request)
        kind, name = request.match_info["kind"], request.match_info["name"]
        if kind in self.refused:
            return web.json_response({"message": "no"}, status=500)
        body = await request.json()
        self.objects[kind, name] = {field["attribute"]: field["value"] for field in body["fields"]}
        return web.json_response(body["fields"])

    async def delete(self, request: web.Request) -> web.Response:
        self._check(request)
        known = self.objects.pop((request.match_info["kind"], request.match_info["name"]), None)
        return web.Response(status=404 if known is None else 204)

    def _check(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != AUTHORIZATION:
            raise web.HTTPUnauthorized


@asynccontextmanager
async def ari_server() -> AsyncIterator[AriServer]:
    """Serves on a free port of loopback."""
    ari = AriServer()
    app = web.Application()
    path = "/ari/asterisk/config/dynamic/res_pjsip/{kind}/{name}"
    app.add_routes([web.get(path, ari.get), web.put(path, ari.put), web.delete(path, ari.delete)])
    async with TestServer(app) as server:
        ari.url = f"http://127.0.0.1:{server.port}"
        yield ari
