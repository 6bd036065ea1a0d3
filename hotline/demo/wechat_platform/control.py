"""``/control``: how a test or a command plays the users and the platform's bad days. Loopback only."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from hotline.demo.wechat_platform.callbacks import EVENTS, MESSAGES
from hotline.demo.wechat_platform.forgery import forged
from hotline.demo.wechat_platform.media import sample
from hotline.demo.wechat_platform.platform import Fault, Platform
from hotline.demo.wechat_platform.posting import Post, address, as_text

LOOPBACK = frozenset({"127.0.0.1", "::1"})
WAIT_MOST = 600.0
ECHOED = 1 << 20

Handler = Callable[[web.Request, Mapping[str, Any]], Awaitable[Any]]


class Control:
    """The routes of ``/control``; bodies and answers are JSON objects."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[web.RouteDef]:
        """What can be asked for."""
        return [
            web.get("/control", self._guarded(self._state)),
            web.patch("/control", self._guarded(self._change)),
            web.post("/control/users/{open_id}/say", self._guarded(self._say)),
            web.post("/control/users/{open_id}/do", self._guarded(self._do)),
            web.post("/control/users/{open_id}/album", self._guarded(self._album)),
            web.post("/control/users/{open_id}/forge", self._guarded(self._forge)),
            web.put("/control/users/{open_id}", self._guarded(self._name)),
            web.get("/control/users/{open_id}", self._guarded(self._user)),
            web.get("/control/users/{open_id}/received", self._guarded(self._received)),
            web.post("/control/verify", self._guarded(self._verify)),
            web.get("/control/tries", self._guarded(self._tries)),
            web.get("/control/calls", self._guarded(self._calls)),
            web.post("/control/tokens/{end}", self._guarded(self._end_tokens)),
            web.post("/control/media/expire", self._guarded(self._expire_media)),
            web.post("/control/faults", self._guarded(self._fault)),
        ]

    def _guarded(self, work: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            if request.remote not in LOOPBACK:
                raise web.HTTPForbidden
            try:
                body = await request.json() if request.body_exists else {}
                return web.json_response(await work(request, body))
            except (KeyError, TypeError, ValueError) as error:
                return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

        return handle

    # -- the platform

    async def _state(self, _request: web.Request, _body: Mapping[str, Any]) -> Any:
        platform = self._platform
        return {
            "mode": platform.account.mode,
            "callbacks": platform.urls,
            "allowed": platform.allowed,
            "ahead": platform.ahead,
            "patience": platform.courier.manner.patience,
            "interval": platform.courier.manner.interval,
            "users": sorted(platform.users),
        }

    async def _change(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        """``callbacks``, ``allowed`` (null: every address), ``ahead``, ``patience``, ``interval``."""
        platform = self._platform
        for name, value in body.items():
            match name:
                case "callbacks":
                    platform.urls = [str(url) for url in value]
                case "allowed":
                    platform.allowed = None if value is None else [str(ip) for ip in value]
                case "ahead":
                    platform.ahead = float(value)
                case "patience":
                    platform.courier.manner.patience = float(value)
                case "interval":
                    platform.courier.manner.interval = float(value)
                case _:
                    raise KeyError(name)
        return await self._state(request, body)

    async def _verify(self, _request: web.Request, body: Mapping[str, Any]) -> Any:
        urls = [body["url"]] if "url" in body else self._platform.urls
        return {"verified": {url: await self._platform.courier.verify(url) for url in urls}}

    async def _tries(self, request: web.Request, _body: Mapping[str, Any]) -> Any:
        wanted = request.query.get("key")
        tries = self._platform.courier.tries
        return {"tries": [asdict(one) for one in tries if wanted in (None, one.key)]}

    async def _calls(self, request: web.Request, _body: Mapping[str, Any]) -> Any:
        wanted = request.query.get("path")
        return {"calls": [asdict(one) for one in self._platform.calls if wanted in (None, one.path)]}

    async def _end_tokens(self, request: web.Request, _body: Mapping[str, Any]) -> Any:
        """``expire``: too old. ``revoke``: no longer known."""
        tokens = self._platform.tokens
        match request.match_info["end"]:
            case "expire":
                tokens.expire(self._platform.now())
            case "revoke":
                tokens.revoke()
            case other:
                raise KeyError(other)
        return {"ended": len(tokens.given)}

    async def _expire_media(self, _request: web.Request, _body: Mapping[str, Any]) -> Any:
        gone = len(self._platform.media.kept)
        self._platform.media.expire()
        return {"expired": gone}

    async def _fault(self, _request: web.Request, body: Mapping[str, Any]) -> Any:
        self._platform.faults.append(Fault(**body))
        return {"faults": [asdict(fault) for fault in self._platform.faults]}

    # -- the users

    async def _say(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        """``kind`` and what it needs; ``file`` in base64; ``callbacks``, ``deaf``, ``at_once``, ``wait``.

        Answers when it was heard or given up; with ``wait`` false at once.
        """
        if body["kind"] not in MESSAGES:
            raise KeyError(body["kind"])
        content = base64.b64decode(body.get("file", ""), validate=True)
        callback = self._platform.said(request.match_info["open_id"], body["kind"], body, content)
        return await self._posted(callback, body)

    async def _do(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        """``event`` and what it needs."""
        if body["event"] not in EVENTS:
            raise KeyError(body["event"])
        callback = self._platform.did(request.match_info["open_id"], body["event"], body)
        return await self._posted(callback, body)

    async def _posted(self, callback: Any, body: Mapping[str, Any]) -> Any:
        urls = body.get("callbacks") or None
        delivering = self._platform.deliver(
            callback, urls, deaf=bool(body.get("deaf")), at_once=bool(body.get("at_once"))
        )
        if body.get("wait", True):
            return (await delivering).shown()
        task = asyncio.create_task(delivering)
        self._platform.under_way.add(task)
        task.add_done_callback(self._platform.under_way.discard)
        return {"key": callback.key}

    async def _album(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        """``files`` in base64, or ``count`` photos: one message each, all posted in the same moment."""
        platform, open_id = self._platform, request.match_info["open_id"]
        files = [base64.b64decode(one, validate=True) for one in body.get("files", [])]
        files = files or [_numbered(sample("image"), n) for n in range(int(body.get("count", 9)))]
        sent = [platform.said(open_id, "image", {}, content) for content in files]
        outcomes = await asyncio.gather(*(platform.deliver(one, body.get("callbacks")) for one in sent))
        return {"outcomes": [outcome.shown() for outcome in outcomes]}

    async def _forge(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        """A text ``text`` changed as ``forgery.forged`` says, or ``request`` of an earlier answer again.

        ``fill`` makes it a text of so many letters, ``mode`` pretends another mode, ``times`` repeats it. The
        user's windows stay as they are.
        """
        platform = self._platform
        post = _again(body["request"]) if "request" in body else self._forgery(request, body)
        target = address(body.get("callback", platform.urls[0]), post.query)
        kind = body.get("content_type", "text/xml")
        answers = [await platform.courier.send(target, post.body, kind) for _ in range(body.get("times", 1))]
        return {
            "answers": [
                {"status": status, "body": text.decode("utf-8", "replace")} for status, text in answers
            ],
            "request": {"query": post.query, "body_base64": as_text(post.body[:ECHOED])},
        }

    def _forgery(self, request: web.Request, body: Mapping[str, Any]) -> Post:
        account = replace(self._platform.account, mode=body.get("mode", self._platform.account.mode))
        open_id = request.match_info["open_id"]
        text = "w" * int(body["fill"]) if "fill" in body else body.get("text", "forged")
        said = {"text": text, "msg_id": body.get("msg_id", 0)}
        return forged(account, self._platform.composed(open_id, "text", said), body)

    async def _name(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        """``nickname``: what the platform tells of the user."""
        self._platform.user(request.match_info["open_id"]).nickname = str(body["nickname"])
        return await self._user(request, body)

    async def _user(self, request: web.Request, _body: Mapping[str, Any]) -> Any:
        user = self._platform.user(request.match_info["open_id"])
        return {
            "open_id": user.open_id,
            "follows": user.follows,
            "nickname": user.nickname,
            "left": user.allowance.left(self._platform.now()),
            "received": len(user.received),
        }

    async def _received(self, request: web.Request, _body: Mapping[str, Any]) -> Any:
        """``after`` so many; ``wait`` seconds for more than those."""
        after = int(request.query.get("after", "0"))
        seconds = min(float(request.query.get("wait", "0")), WAIT_MOST)
        got = await self._platform.received(request.match_info["open_id"], after, seconds)
        return {"received": [asdict(one) for one in got]}


def _again(request: Mapping[str, Any]) -> Post:
    query = tuple((str(name), str(value)) for name, value in request["query"])
    return Post(query, base64.b64decode(request["body_base64"], validate=True))


def _numbered(photo: bytes, number: int) -> bytes:
    """A JPEG that differs from the others by a comment behind its first marker."""
    comment = f"photo {number + 1}".encode()
    return photo[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + photo[2:]
