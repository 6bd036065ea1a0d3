"""The composed product with an official account, and the API that it asks, as little of it as it needs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from hotline.config import Settings
from hotline.kernel.ids import new_id
from hotline.main import Hotline, build
from hotline.ports.channel import WebhookRequest
from hotline.staff.model import NewUser
from tests.support.chat_fixtures import Browser, until_reply
from tests.support.staff_fixtures import PASSWORD, HandClock
from tests.support.waiting import until
from tests.support.wechat_posts import APP_ID, OPENID, SECRET, TOKEN, Said, Signer, text

PATH = "/channels/wechat"


@dataclass
class PaperPlatform:
    """Answers as the platform's API does. ``answers`` are the error codes of the next sends, then 0."""

    origin: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    nicknames: dict[str, str] = field(default_factory=dict)
    answers: list[int | str] = field(default_factory=list)
    tokens: int = 0
    forced: int = 0
    refuse_tokens: int = 0
    token: str = ""

    @classmethod
    @asynccontextmanager
    async def serve(cls) -> AsyncIterator[Self]:
        platform = cls()
        app = web.Application()
        app.router.add_post("/cgi-bin/stable_token", platform.give_token)
        app.router.add_post("/cgi-bin/message/custom/send", platform.take_message)
        app.router.add_get("/cgi-bin/media/get", platform.give_media)
        app.router.add_get("/cgi-bin/user/info", platform.tell_of_user)
        server = TestServer(app)
        await server.start_server()
        platform.origin = str(server.make_url("/")).rstrip("/")
        try:
            yield platform
        finally:
            await server.close()

    @property
    def words(self) -> list[str]:
        """What citizens have received."""
        return [one["text"]["content"] for one in self.sent]

    async def give_token(self, request: web.Request) -> web.Response:
        asked = await request.json()
        assert (asked["appid"], asked["secret"]) == (APP_ID, SECRET)
        if self.refuse_tokens:
            return web.json_response({"errcode": self.refuse_tokens, "errmsg": "invalid ip 1.2.3.4"})
        if asked["force_refresh"] or not self.token:
            self.token = f"token-{new_id()}"
        self.tokens += 1
        self.forced += asked["force_refresh"]
        return web.json_response({"access_token": self.token, "expires_in": 7200})

    def refusal(self, request: web.Request) -> web.Response | None:
        if request.query["access_token"] != self.token:
            return web.json_response({"errcode": 40001, "errmsg": "invalid credential"})
        return None

    async def take_message(self, request: web.Request) -> web.StreamResponse:
        message = json.loads(await request.read())
        refused = self.refusal(request)
        if refused is not None:
            return refused
        answer = self.answers.pop(0) if self.answers else 0
        if answer == "cut":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if answer == 0:
            self.sent.append(message)
        return web.json_response({"errcode": answer, "errmsg": "ok" if answer == 0 else "refused"})

    async def give_media(self, request: web.Request) -> web.Response:
        refused = self.refusal(request)
        if refused is not None:
            return refused
        found = self.media.get(request.query["media_id"])
        if found is None:
            return web.json_response({"errcode": 40007, "errmsg": "invalid media_id"})
        return web.Response(body=found[1], content_type=found[0])

    async def tell_of_user(self, request: web.Request) -> web.Response:
        nickname = self.nicknames.get(request.query["openid"], "")
        return web.json_response({"subscribe": 1, "nickname": nickname})


@dataclass
class Account:
    """The served product, with its workers; time stands still until it is turned."""

    hotline: Hotline
    clock: HandClock
    server: TestServer
    http: aiohttp.ClientSession
    signer: Signer
    browsers: list[Browser] = field(default_factory=list)

    async def call(self, request: WebhookRequest) -> int:
        """The platform calls us; the status."""
        async with self.http.request(
            request.method, self.server.make_url(PATH), params=request.query, data=request.body
        ) as answer:
            body = await answer.text()
            assert (answer.status == 200) == (body == "success")
            return answer.status

    async def says(self, said: Said, nonce: str | None = None) -> int:
        """A citizen does something in the account's chat."""
        return await self.call(self.signer.post(said.xml(), self.clock.now(), nonce))

    async def writes(self, words: str) -> int:
        return await self.says(text(words, self.clock.now()))

    async def agent(self, account: str = "zhou") -> Browser:
        """An agent who is ready."""
        staff = self.hotline.staff
        await staff.create_user("system:test", NewUser(account, account, PASSWORD, ("agent",), None, False))
        jar = aiohttp.CookieJar(unsafe=True)
        http = aiohttp.ClientSession(base_url=self.server.make_url("/"), cookie_jar=jar)
        browser = Browser(http)
        self.browsers.append(browser)
        assert (await browser.sign_in(account)).status == 200
        return browser

    async def serving(self, words: str = "There is no water") -> tuple[Browser, str]:
        """An agent who holds the conversation that a citizen began."""
        agent = await self.agent()
        desk = await (await agent.open_page()).watch("my.desk")
        assert (await agent.be("ready")).status == 200
        assert await self.writes(words) == 200
        await until(lambda: bool(desk), "the conversation was offered")
        (conversation_id,) = desk
        accepted = await agent.call("POST", f"/api/queue/items/{conversation_id}/accept")
        assert accepted.status == 200, accepted
        return agent, conversation_id

    async def messages(self, agent: Browser, conversation_id: str) -> list[dict[str, Any]]:
        return list((await agent.call("GET", f"/api/conversations/{conversation_id}/messages")).body)

    async def message_when(
        self, agent: Browser, conversation_id: str, words: str, **delivery: Any
    ) -> dict[str, Any]:
        """The message with these words, once its delivery is such."""

        def fits(body: list[dict[str, Any]]) -> bool:
            return any(
                one["text"] == words and (one["delivery"] or {}).items() >= delivery.items() for one in body
            )

        path = f"/api/conversations/{conversation_id}/messages"
        found = await until_reply(lambda: agent.call("GET", path), fits, f"{words!r} is {delivery}")
        return next(one for one in found if one["text"] == words)

    def pass_time(self, **by: float) -> None:
        self.clock.turn(timedelta(**by))


@asynccontextmanager
async def open_account(
    folder: Path, platform: PaperPlatform, *, works: bool = True, clock: HandClock | None = None, **more: Any
) -> AsyncIterator[Account]:
    """The product on the database in ``folder``; without ``works`` it only answers."""
    clock = clock or HandClock()
    settings = Settings(
        data=folder,
        telephony=False,
        speech_engine="off",
        classifier=False,
        wechat_app_id=APP_ID,
        wechat_token=TOKEN,
        wechat_secret=SECRET,
        wechat_api_base=platform.origin,
        **more,
    )
    hotline = build(settings, clock)
    await hotline.prepare()
    server = TestServer(hotline.app)
    await server.start_server()
    if works:
        hotline.supervisor.start()
    async with aiohttp.ClientSession() as http:
        account = Account(hotline, clock, server, http, Signer(aes_key=settings.wechat_aes_key))
        try:
            yield account
        finally:
            for browser in account.browsers:
                for page in browser.pages:
                    await page.close()
                await browser.http.close()
            hotline.hub.close_all()
            await server.close()
            await hotline.supervisor.stop()
            await hotline.database.close()


__all__ = ["OPENID", "Account", "PaperPlatform", "open_account"]
