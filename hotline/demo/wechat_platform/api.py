"""``/cgi-bin``: what the account's server may ask the platform, and how each mistake is answered.

Every answer has the status 200; a mistake is a JSON object with ``errcode`` and ``errmsg``.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import BodyPartReader, web

from hotline.demo.wechat_platform.media import TYPES, UPLOADS, form_of
from hotline.demo.wechat_platform.platform import Platform
from hotline.demo.wechat_platform.tokens import Token
from hotline.demo.wechat_platform.windows import OUT_OF_TIME

TEXT_MOST = 2048
"""Bytes of a text message."""
ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
MEANINGS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40010: "invalid voice size",
    40011: "invalid video size",
    40012: "invalid thumb size",
    40013: "invalid appid",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40125: "invalid appsecret",
    40164: "invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44002: "empty post data",
    44004: "empty content",
    45002: "content size out of limit",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    47001: "data format error",
    48001: "api unauthorized",
}


class ApiError(Exception):
    """A mistake in a call."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Api:
    """The routes of ``/cgi-bin``."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[web.RouteDef]:
        """Every one answers any method: a wrong one is a mistake with a code, not a 405."""
        return [
            web.route("*", "/cgi-bin/token", self._way("GET", self._token, with_token=False)),
            web.route("*", "/cgi-bin/stable_token", self._way("POST", self._stable, with_token=False)),
            web.route("*", "/cgi-bin/message/custom/send", self._way("POST", self._send)),
            web.route("*", "/cgi-bin/media/get", self._way("GET", self._media)),
            web.route("*", "/cgi-bin/media/upload", self._way("POST", self._upload)),
            web.route("*", "/cgi-bin/user/info", self._way("GET", self._user)),
        ]

    def _way(
        self,
        method: str,
        work: Callable[[web.Request], Awaitable[web.StreamResponse]],
        *,
        with_token: bool = True,
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                if request.method != method:
                    raise ApiError(43001 if method == "GET" else 43002)
                if with_token:
                    self._check_token(request)
                return await work(request)
            except ApiError as error:
                return refusal(error.code, request.remote or "")

        return handle

    def _check_token(self, request: web.Request) -> None:
        given = request.query.get("access_token", "")
        code = self._platform.tokens.error(given, self._platform.now()) if given else 41001
        if code:
            raise ApiError(code)

    # -- tokens

    async def _token(self, request: web.Request) -> web.Response:
        query = request.query
        self._check_account(query.get("grant_type"), query.get("appid"), query.get("secret"), request.remote)
        return self._token_reply(self._platform.tokens.plain(self._platform.now()))

    async def _stable(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        self._check_account(body.get("grant_type"), body.get("appid"), body.get("secret"), request.remote)
        force = body.get("force_refresh", False) is True
        return self._token_reply(self._platform.tokens.stable(self._platform.now(), force))

    def _check_account(self, grant: Any, app_id: Any, secret: Any, remote: str | None) -> None:
        account = self._platform.account
        checks = (
            (not app_id, 41002),
            (not secret, 41004),
            (grant != "client_credential", 40002),
            (app_id != account.app_id, 40013),
            (secret != account.secret, 40125),
            (self._platform.allowed is not None and remote not in self._platform.allowed, 40164),
        )
        for wrong, code in checks:
            if wrong:
                raise ApiError(code)

    def _token_reply(self, token: Token) -> web.Response:
        left = round(token.ends - self._platform.now())
        return web.json_response({"access_token": token.text, "expires_in": left})

    # -- messages

    async def _send(self, request: web.Request) -> web.Response:
        platform = self._platform
        if ESCAPED.search(await request.read()):
            raise ApiError(40033)
        body = await json_body(request)
        user = platform.users.get(str(body.get("touser", "")))
        if user is None:
            raise ApiError(40003)
        text, media_id = self._content(body)
        if not user.follows:
            raise ApiError(OUT_OF_TIME)
        if code := user.allowance.refusal(platform.now()):
            raise ApiError(code)
        user.allowance.take(platform.now())
        await platform.show(user.open_id, "custom", body["msgtype"], text, media_id)
        return web.json_response({"errcode": 0, "errmsg": "ok"})

    def _content(self, body: dict[str, Any]) -> tuple[str, str]:
        """Text and media id of a message to a user."""
        kind = body.get("msgtype")
        part = body.get(kind) if isinstance(kind, str) else None
        if kind not in ("text", "image", "voice"):
            raise ApiError(40008)
        if not isinstance(part, dict):
            raise ApiError(47001)
        if kind == "text":
            text = part.get("content")
            if not isinstance(text, str) or not text:
                raise ApiError(44004)
            if len(text.encode()) > TEXT_MOST:
                raise ApiError(45002)
            return text, ""
        medium = self._platform.media.find(str(part.get("media_id", "")), self._platform.now())
        if medium is None or medium.form not in UPLOADS[kind][0]:
            raise ApiError(40007)
        return "", medium.media_id

    # -- media and users

    async def _media(self, request: web.Request) -> web.Response:
        medium = self._platform.media.find(request.query.get("media_id", ""), self._platform.now())
        if medium is None:
            raise ApiError(40007)
        if medium.form == "mp4":
            return web.json_response({"video_url": f"http://127.0.0.1/{medium.media_id}.mp4"})
        name = f"{medium.media_id}.{medium.form}" if medium.form else medium.media_id
        return web.Response(
            body=medium.content,
            content_type=TYPES.get(medium.form, "application/octet-stream"),
            headers={"Content-disposition": f'attachment; filename="{name}"', "Cache-Control": "no-cache"},
        )

    async def _upload(self, request: web.Request) -> web.Response:
        kind = request.query.get("type", "")
        if kind not in UPLOADS:
            raise ApiError(40004)
        content = await uploaded(request)
        forms, most, too_large = UPLOADS[kind]
        if len(content) > most:
            raise ApiError(too_large)
        if form_of(content) not in forms:
            raise ApiError(40005)
        now = self._platform.now()
        medium = self._platform.media.keep(content, now)
        return web.json_response({"type": kind, "media_id": medium.media_id, "created_at": int(now)})

    async def _user(self, request: web.Request) -> web.Response:
        user = self._platform.users.get(request.query.get("openid", ""))
        if user is None:
            raise ApiError(40003)
        if not user.follows:
            return web.json_response({"subscribe": 0, "openid": user.open_id})
        shown: dict[str, Any] = {"subscribe": 1, "openid": user.open_id, "language": "zh_CN",
                                 "subscribe_time": int(user.followed_at), "remark": "", "groupid": 0,
                                 "tagid_list": [], "subscribe_scene": "ADD_SCENE_SEARCH", "qr_scene": 0,
                                 "qr_scene_str": ""}  # fmt: skip
        if user.nickname:  # since 2021 the platform keeps it to itself
            shown["nickname"] = user.nickname
        return web.json_response(shown)


def refusal(code: int, remote: str) -> web.Response:
    """The JSON of a mistake."""
    meaning = MEANINGS.get(code, "error").format(ip=remote)
    trace = f"{secrets.token_hex(4)}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
    return web.json_response({"errcode": code, "errmsg": f"{meaning} rid: {trace}"})


async def json_body(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object, in UTF-8 whatever its content type."""
    raw = await request.read()
    if not raw:
        raise ApiError(44002)
    try:
        body = json.loads(raw.decode("utf-8"))
    except ValueError as error:
        raise ApiError(47001) from error
    if not isinstance(body, dict):
        raise ApiError(47001)
    return body


async def uploaded(request: web.Request) -> bytes:
    """The file in the form's part ``media``, which must name a file."""
    if not request.content_type.startswith("multipart/"):
        raise ApiError(41005)
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name == "media" and part.filename:
            return bytes(await part.read(decode=True))
    raise ApiError(41005)
