"""The stand-in for the WeChat platform as a process of its own, and how a test plays it."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[2]


def new_aes_key() -> str:
    """An EncodingAESKey: 43 characters that stand for 32 bytes."""
    return base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")


@dataclass(frozen=True)
class WeChatAccount:
    """An official account, as both sides are told of it."""

    app_id: str = "wx0123456789abcdef"
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    aes_key: str = field(default_factory=new_aes_key)
    mode: str = "plain"

    def settings(self, url: str) -> dict[str, str]:
        """The environment of a hotline that has this account, with the platform at ``url``."""
        named = {"APP_ID": self.app_id, "TOKEN": self.token, "SECRET": self.secret, "API_BASE": url}
        named["AES_KEY"] = self.aes_key if self.mode == "aes" else ""
        return {f"HOTLINE_WECHAT_{name}": value for name, value in named.items()}


class WeChat:
    """The platform, seen through its controls; ``url`` is also where ``/cgi-bin`` is."""

    def __init__(self, url: str, account: WeChatAccount, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.account = account
        self.http = http

    async def ask(self, method: str, path: str, body: Any = None, /, **query: str) -> Any:
        """One request to ``/control``; its answer."""
        async with self.http.request(method, f"{self.url}/control{path}", json=body, params=query) as answer:
            found = await answer.json()
            assert answer.status == 200, found
            return found

    async def change(self, **settings: Any) -> None:
        """``callbacks``, ``allowed``, ``ahead``, ``patience``, ``interval``."""
        await self.ask("PATCH", "", settings)

    async def say(self, open_id: str, text: str = "", kind: str = "text", **more: Any) -> Any:
        """A user writes; how that was taken."""
        return await self.ask("POST", f"/users/{open_id}/say", {"kind": kind, "text": text} | more)

    async def send(self, open_id: str, kind: str, content: bytes = b"", **more: Any) -> Any:
        """A user sends a file, a sample when none is given."""
        given = {"kind": kind, "file": base64.b64encode(content).decode()}
        return await self.ask("POST", f"/users/{open_id}/say", given | more)

    async def do(self, open_id: str, event: str, **more: Any) -> Any:
        """A user follows, leaves, clicks or scans."""
        return await self.ask("POST", f"/users/{open_id}/do", {"event": event} | more)

    async def album(self, open_id: str, count: int = 9) -> Any:
        """So many photos in the same moment; how each was taken."""
        return (await self.ask("POST", f"/users/{open_id}/album", {"count": count}))["outcomes"]

    async def forge(self, open_id: str = "oForger", **wish: Any) -> Any:
        """A post that the platform would not make; ``answers`` and ``request``."""
        return await self.ask("POST", f"/users/{open_id}/forge", wish)

    async def forged_status(self, **wish: Any) -> int | None:
        """The HTTP status that one forged post got."""
        status: int | None = (await self.forge(**wish))["answers"][0]["status"]
        return status

    async def user(self, open_id: str) -> Any:
        """What the platform knows of a user."""
        return await self.ask("GET", f"/users/{open_id}")

    async def received(self, open_id: str, count: int = 1, after: int = 0) -> list[Any]:
        """What a user received after the first ``after``, once there are ``count`` of them."""
        path = f"/users/{open_id}/received"
        got: list[Any] = []
        while len(got) < count:
            query = {"after": str(after + len(got)), "wait": str(PATIENCE)}
            new = (await self.ask("GET", path, **query))["received"]
            assert new, f"{open_id} waited in vain for {count} messages, got {got}"
            got += new
        return got

    async def tries(self, key: str) -> list[Any]:
        """Every try to post one callback."""
        return list((await self.ask("GET", "/tries", key=key))["tries"])

    async def calls(self, path: str) -> list[Any]:
        """What was asked of ``/cgi-bin`` at a path, and how it was answered."""
        return list((await self.ask("GET", "/calls", path=path))["calls"])

    async def fault(self, path: str, **what: Any) -> None:
        """The next call to a path goes wrong."""
        await self.ask("POST", "/faults", {"path": path} | what)

    async def api(self, path: str, body: Any = None, /, **query: str) -> Any:
        """A call of ``/cgi-bin`` as the account's server makes it: GET, or POST with a body."""
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        method = "GET" if body is None else "POST"
        async with self.http.request(
            method, f"{self.url}/cgi-bin/{path}", data=content, params=query
        ) as answer:
            return await answer.json()

    async def access_token(self) -> str:
        """A stable token."""
        body = {
            "grant_type": "client_credential",
            "appid": self.account.app_id,
            "secret": self.account.secret,
        }
        got = await self.api("stable_token", body)
        token: str = got["access_token"]
        return token


@asynccontextmanager
async def wechat_platform(
    callbacks: Sequence[str], account: WeChatAccount | None = None, *, port: int = 0, interval: float = 0.0
) -> AsyncIterator[WeChat]:
    """The platform for one account; by default it tries again at once, but waits as long as the real one."""
    account = account or WeChatAccount()
    with wechat_process(callbacks, account, port=port, interval=interval) as url:
        async with aiohttp.ClientSession() as http:
            yield WeChat(url, account, http)


@contextmanager
def wechat_process(
    callbacks: Sequence[str], account: WeChatAccount, *, port: int = 0, interval: float = 0.0
) -> Iterator[str]:
    """The same as a process alone; where it answers."""
    command = [sys.executable, "-m", "hotline.demo.wechat_platform", "--app-id", account.app_id]
    command += ["--mode", account.mode, "--port", str(port), "--interval", str(interval)]
    for url in callbacks:
        command += ["--callback", url]
    environment = {**os.environ, "WECHAT_TOKEN": account.token, "WECHAT_SECRET": account.secret}
    environment["WECHAT_AES_KEY"] = account.aes_key
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, "the platform did not start"
        yield json.loads(line)["url"]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()
