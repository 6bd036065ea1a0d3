"""The web server of the platform: ``/cgi-bin`` for the account, ``/control`` for whoever plays it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from fnmatch import fnmatch

from aiohttp import web
from aiohttp.typedefs import Handler

from hotline.demo.wechat_platform.api import Api, refusal
from hotline.demo.wechat_platform.control import Control
from hotline.demo.wechat_platform.platform import ApiCall, Fault, Platform

UPLOAD_MOST = 16 << 20


def application(platform: Platform) -> web.Application:
    """The application; what it posts stops with it."""

    @web.middleware
    async def troubled(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/cgi-bin/"):
            return await handler(request)
        answer = await _with_fault(request, handler, _fault_for(platform, request.path))
        platform.calls.append(ApiCall(request.path, _errcode(answer), answer.status))
        return answer

    async def run(_app: web.Application) -> AsyncIterator[None]:
        await platform.courier.open()
        yield
        for task in platform.under_way:
            task.cancel()
        await asyncio.gather(*platform.under_way, return_exceptions=True)
        await platform.courier.close()

    app = web.Application(middlewares=[troubled], client_max_size=UPLOAD_MOST)
    app.add_routes([*Api(platform).routes(), *Control(platform).routes()])
    app.cleanup_ctx.append(run)
    return app


def _fault_for(platform: Platform, path: str) -> Fault | None:
    fault = next((one for one in platform.faults if fnmatch(path, one.path)), None)
    if fault is not None:
        fault.times -= 1
        if fault.times <= 0:
            platform.faults.remove(fault)
    return fault


async def _with_fault(request: web.Request, handler: Handler, fault: Fault | None) -> web.StreamResponse:
    if fault is None:
        return await handler(request)
    await asyncio.sleep(fault.delay)
    if fault.drop == "before":
        return _cut(request)
    if fault.errcode is not None:
        return refusal(fault.errcode, request.remote or "")
    if fault.status is not None:
        return web.Response(status=fault.status, text="Bad Gateway")
    answer = await handler(request)
    return _cut(request) if fault.drop == "after" else answer


def _cut(request: web.Request) -> web.Response:
    """Close the connection instead of answering."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _errcode(answer: web.StreamResponse) -> int:
    if not isinstance(answer, web.Response) or answer.content_type != "application/json":
        return 0
    return int(json.loads(answer.text or "{}").get("errcode", 0))
