"""The platform's API over HTTP: one token, JSON in and out, media into files.

The token stands in the address of every call, as the platform demands; so no address, and no error that may
hold one, is ever logged or shown: errors become names.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from channels.wechat.answers import NOT_ALLOWED, OK, TOKEN_REFUSED, trouble_of
from channels.wechat.settings import WeChatSettings
from channels.wechat.standing import Standing
from hotline.ports.channel import MediaGone, NotNow

log = logging.getLogger(__name__)

TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)
MEDIA_TIMEOUT = aiohttp.ClientTimeout(total=90, sock_connect=5, sock_read=20)
LARGEST_ANSWER = 64 * 1024
EARLY = 300.0
"""Seconds before its end at which a token is renewed; the old one stays good for five minutes."""
TOKEN_LASTS = 7200.0
RETRY_SECONDS = (2.0, 120.0)
REST_SECONDS = 1.0
"""After a token was refused, nobody asks for so long."""
TOKEN_PATH = "/cgi-bin/stable_token"  # noqa: S105
CHUNK = 64 * 1024
MEDIA_GONE = 40007
"""No such medium (any more): they live three days."""


class Unanswered(Exception):
    """The connection ended before the answer: nobody knows whether it was done."""


class WeChatApi:
    """Calls of one account. Meant for one process at a time; see ``ports.channel``."""

    def __init__(self, settings: WeChatSettings, standing: Standing) -> None:
        self._settings = settings
        self._standing = standing
        self._base = settings.api_base.rstrip("/")
        self._http: aiohttp.ClientSession | None = None
        self._token = ""
        self._token_ends = 0.0
        self._renewing = asyncio.Lock()
        self._failed: NotNow | None = None
        self._rests_until = 0.0

    async def close(self) -> None:
        """Let go of the connections, and of the token."""
        http, self._http, self._token = self._http, None, ""
        if http is not None:
            await http.close()

    async def keep_token(self) -> None:
        """Have a token at all times, for ever: wrong settings show before somebody is to be answered."""
        pause = RETRY_SECONDS[0]
        while True:
            try:
                await self._fresh_token()
                pause = RETRY_SECONDS[0]
                await asyncio.sleep(max(RETRY_SECONDS[0], self._seconds_left() - EARLY))
            except NotNow:
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY_SECONDS[1])

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: str
    ) -> dict[str, Any]:
        """The platform's answer, with an ``errcode`` that is 0 when it did it.

        A refused token is renewed once. Raises ``NotNow`` when the call surely did not take place,
        ``Unanswered`` when it may have.
        """
        token = await self._fresh_token()
        answer = await self._ask(method, path, body, {**query, "access_token": token})
        if answer["errcode"] in TOKEN_REFUSED:
            token = await self._fresh_token(refused=token)
            answer = await self._ask(method, path, body, {**query, "access_token": token})
        self._note(answer["errcode"])
        return answer

    async def download(self, media_id: str, into: Path, most: int) -> None:
        """Write a medium into a new file. Raises ``NotNow``; ``MediaGone``: "expired", "too_large"."""
        token = await self._fresh_token()
        code = await self._download(media_id, token, into, most)
        if code in TOKEN_REFUSED:
            code = await self._download(media_id, await self._fresh_token(refused=token), into, most)
        self._note(code)
        if code == MEDIA_GONE:
            raise MediaGone("expired")
        if code != OK:
            raise NotNow(trouble_of(code), str(code))

    async def _download(self, media_id: str, token: str, into: Path, most: int) -> int:
        """The error code; 0 when the file is complete."""
        query = {"access_token": token, "media_id": media_id}
        try:
            async with self._session.get(
                f"{self._base}/cgi-bin/media/get", params=query, timeout=MEDIA_TIMEOUT, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise NotNow("platform_busy", f"HTTP {response.status}")
                if response.content_type in ("application/json", "text/plain", "text/json"):
                    return int((await _answer(response))["errcode"]) or MEDIA_GONE
                await _write(response, into, most)
        except (aiohttp.ClientError, TimeoutError, Unanswered) as error:
            raise NotNow("unreachable", type(error).__name__) from None
        return OK

    async def _fresh_token(self, refused: str = "") -> str:
        """The token, renewed when it runs out or is the one that was refused. Raises ``NotNow``."""
        async with self._renewing:
            if self._token and self._token != refused and self._seconds_left() > EARLY:
                return self._token
            token = await self._new_token(force=False)
            if token == refused:
                # The platform still believes in it; to insist is allowed, but not often.
                token = await self._new_token(force=True)
            return token

    async def _new_token(self, *, force: bool) -> str:
        loop = asyncio.get_running_loop()
        if self._failed is not None and loop.time() < self._rests_until:
            # Everybody who waits for a token would ask in vain.
            raise NotNow(self._failed.code, self._failed.detail)
        try:
            token = await self._ask_token(force=force)
        except NotNow as error:
            self._failed, self._rests_until = error, loop.time() + REST_SECONDS
            raise
        self._failed = None
        return token

    async def _ask_token(self, *, force: bool) -> str:
        account = {"appid": self._settings.app_id, "secret": self._settings.secret}
        body = {"grant_type": "client_credential", **account, "force_refresh": force}
        try:
            answer = await self._ask("POST", TOKEN_PATH, body, {})
        except Unanswered as error:
            raise self._cut_off("unreachable", str(error)) from None
        token, lasts = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(lasts, int) or lasts <= 0:
            code = answer["errcode"]
            reason = trouble_of(code) if code in (NOT_ALLOWED, -1) else "token_refused"
            raise self._cut_off(reason, f"{code} {answer['errmsg']}")
        self._token = token
        self._token_ends = asyncio.get_running_loop().time() + min(float(lasts), TOKEN_LASTS)
        self._standing.linked()
        return token

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str]
    ) -> dict[str, Any]:
        # Not escaped: the platform would show the escapes to the citizen.
        data = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
        headers = {"Content-Type": "application/json; charset=utf-8"} if data is not None else {}
        try:
            async with self._session.request(
                method,
                self._base + path,
                params=query,
                data=data,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                return await _answer(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise self._cut_off("unreachable", type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unanswered(type(error).__name__) from None

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._http is None or self._http.closed:
            self._http = aiohttp.ClientSession()
        return self._http

    def _seconds_left(self) -> float:
        return self._token_ends - asyncio.get_running_loop().time() if self._token else 0.0

    def _note(self, code: int) -> None:
        if code in TOKEN_REFUSED or code == NOT_ALLOWED:
            self._cut_off(trouble_of(code), str(code))
        else:
            self._standing.linked()

    def _cut_off(self, reason: str, detail: str) -> NotNow:
        if self._standing.cut_off(f"{reason}: {detail}" if detail else reason):
            log.warning("the platform cannot be asked", extra={"reason": reason, "detail": detail})
        return NotNow(reason, detail)


async def _answer(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The JSON with ``errcode`` and ``errmsg``. Raises ``Unanswered`` for what the platform never answers."""
    content = await response.content.read(LARGEST_ANSWER)
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or response.status >= 500:
        raise Unanswered(f"HTTP {response.status}")
    code, told = answer.get("errcode", OK), answer.get("errmsg", "")
    return {**answer, "errcode": code if isinstance(code, int) else -1, "errmsg": str(told)[:120]}


async def _write(response: aiohttp.ClientResponse, into: Path, most: int) -> None:
    if response.content_length is not None and response.content_length > most:
        raise MediaGone("too_large")
    written = 0
    with into.open("xb") as file:
        async for chunk in response.content.iter_chunked(CHUNK):
            written += len(chunk)
            if written > most:
                raise MediaGone("too_large")
            await asyncio.to_thread(file.write, chunk)
