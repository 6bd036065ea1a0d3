"""The stand-in for the WeChat platform keeps the platform's public rules, whoever is at the other end.

The account's server here is a few lines of this file; encryption is checked against wechatpy, which was
written by others from the same description.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, FormData, web
from aiohttp.test_utils import TestServer
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

import hotline.demo.wechat_platform as platform_package
from hotline.demo.wechat_platform.crypto import Unreadable, opened, sealed
from hotline.demo.wechat_platform.media import sample
from hotline.demo.wechat_platform.tokens import EXPIRED, FORCE_EVERY, HANDOVER, INVALID, LIFE, Tokens
from hotline.demo.wechat_platform.windows import OUT_OF_COUNT, OUT_OF_TIME, Allowance
from hotline.demo.wechat_platform.xml import read
from tests.support.wechat import WeChat, WeChatAccount, new_aes_key, wechat_platform

USER = "oUser0000000000000000000001"


@dataclass
class Account:
    """The account's server: remembers what was posted, answers ``answers`` in turn, then ``success``."""

    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.Response(text=request.query["echostr"])
        self.posts.append((dict(request.query), await request.read()))
        status, body = self.answers.pop(0) if self.answers else (200, b"success")
        return web.Response(status=status, body=body)

    def fields(self, number: int = -1) -> dict[str, str]:
        """The elements of a post."""
        return read(self.posts[number][1])


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    account = Account()
    app = web.Application()
    app.router.add_route("*", "/callback", account.handle)
    async with TestServer(app) as server:
        account.url = str(server.make_url("/callback"))
        yield account


@pytest.fixture
async def wechat(account: Account) -> AsyncIterator[WeChat]:
    async with wechat_platform([account.url]) as platform:
        yield platform


def test_it_shares_no_code_with_the_product() -> None:
    ours = platform_package.__name__
    allowed = {*sys.stdlib_module_names, "aiohttp", "cryptography", "yarl"}
    for file in Path(platform_package.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert [n for n in names if n.split(".")[0] not in allowed and not n.startswith(ours)] == [], file


# -- callbacks


async def test_the_address_is_verified_with_an_echo(wechat: WeChat, account: Account) -> None:
    assert await wechat.ask("POST", "/verify", {}) == {"verified": {account.url: True}}


async def test_a_post_is_signed_and_a_text_has_the_fields_of_the_manual(
    wechat: WeChat, account: Account
) -> None:
    outcome = await wechat.say(USER, "a ]]> b & 水")
    query, _ = account.posts[0]
    check_signature(wechat.account.token, query["signature"], query["timestamp"], query["nonce"])
    assert query["openid"] == USER
    assert "encrypt_type" not in query
    fields = account.fields()
    assert (fields["MsgType"], fields["Content"], fields["FromUserName"]) == ("text", "a ]]> b & 水", USER)
    assert fields["MsgId"] == outcome["key"]
    assert outcome["heard"]


@pytest.mark.parametrize(
    ("kind", "said", "has"),
    [
        ("image", {}, {"PicUrl", "MediaId"}),
        ("voice", {"recognition": "没水了。"}, {"MediaId", "Format", "Recognition"}),
        ("location", {"latitude": 32.04, "longitude": 118.78, "label": "x"},
         {"Location_X", "Location_Y", "Scale", "Label"}),
        ("link", {"title": "t", "url": "http://example.org/"}, {"Title", "Description", "Url"}),
        ("video", {}, {"MediaId", "ThumbMediaId"}),
    ],
)  # fmt: skip
async def test_every_kind_of_message_has_its_fields(
    wechat: WeChat, account: Account, kind: str, said: dict[str, Any], has: set[str]
) -> None:
    await wechat.say(USER, kind=kind, **said)
    fields = account.fields()
    assert fields["MsgType"] == kind
    assert has | {"ToUserName", "FromUserName", "CreateTime", "MsgId"} <= set(fields)


@pytest.mark.parametrize("name", ["subscribe", "unsubscribe", "CLICK"])
async def test_an_event_has_a_key_but_no_message_id(wechat: WeChat, account: Account, name: str) -> None:
    await wechat.do(USER, name, key="MENU_1")
    fields = account.fields()
    assert (fields["MsgType"], fields["Event"], fields["EventKey"]) == ("event", name, "MENU_1")
    assert "MsgId" not in fields


@pytest.mark.parametrize("mode", ["aes", "compatible"])
async def test_an_encrypted_post_is_what_others_can_read(account: Account, mode: str) -> None:
    async with wechat_platform([account.url], WeChatAccount(mode=mode)) as wechat:
        await wechat.say(USER, "有煤气味")
        query, body = account.posts[0]
        assert query["encrypt_type"] == "aes"
        given = wechat.account
        reader = WeChatCrypto(given.token, given.aes_key, given.app_id)
        message = reader.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        assert read(message.encode())["Content"] == "有煤气味"
        assert ("Content" in account.fields()) == (mode == "compatible")


def test_what_others_encrypt_can_be_read_and_for_another_account_it_cannot() -> None:
    key = new_aes_key()
    theirs = read(WeChatCrypto("token", key, "wxA").encrypt_message("<xml/>", "1", "2").encode())["Encrypt"]
    assert opened(theirs, "wxA", key) == b"<xml/>"
    with pytest.raises(Unreadable):
        opened(theirs, "wxB", key)
    with pytest.raises(Unreadable):
        opened(sealed(b"<xml/>", "wxA", key)[:-24], "wxA", key)


@pytest.mark.parametrize(
    "answer", [(500, b"success"), (200, b'{"ok": true}'), (302, b""), (200, b"<xml></xml>")]
)
async def test_what_is_no_answer_is_tried_three_times_and_the_user_is_told(
    wechat: WeChat, account: Account, answer: tuple[int, bytes]
) -> None:
    account.answers = [answer] * 3
    outcome = await wechat.say(USER, "hello")
    assert [one["judged"] for one in outcome["tries"]] == ["invalid"] * 3
    assert {account.fields(n)["MsgId"] for n in range(3)} == {outcome["key"]}
    assert [one["via"] for one in await wechat.received(USER)] == ["notice"]


async def test_a_silent_server_is_tried_three_times(account: Account) -> None:
    async with wechat_platform(["http://127.0.0.1:9/nobody"]) as wechat:
        outcome = await wechat.say(USER, "hello")
    assert [one["judged"] for one in outcome["tries"]] == ["no_answer"] * 3


async def test_the_second_try_may_succeed(wechat: WeChat, account: Account) -> None:
    account.answers = [(503, b"")]
    outcome = await wechat.say(USER, "hello")
    assert [one["status"] for one in outcome["tries"]] == [503, 200]
    assert outcome["heard"]
    assert await wechat.tries(outcome["key"]) == outcome["tries"]


async def test_a_deaf_platform_posts_the_same_message_to_each_address(
    wechat: WeChat, account: Account
) -> None:
    urls = [f"{account.url}?node={n}" for n in "abc"]
    for at_once in (False, True):
        account.posts.clear()
        await wechat.say(USER, "hello", callbacks=urls, deaf=True, at_once=at_once)
        assert sorted(query["node"] for query, _ in account.posts) == ["a", "b", "c"]
        assert len({account.fields(n)["MsgId"] for n in range(3)}) == 1
        assert len({query["nonce"] for query, _ in account.posts}) == 3


REPLY = (
    "<xml><ToUserName>{user}</ToUserName><FromUserName>gh_0123456789ab</FromUserName>"
    "<CreateTime>1</CreateTime><MsgType>text</MsgType><Content>收到</Content></xml>"
)


@pytest.mark.parametrize("mode", ["plain", "aes"])
async def test_a_passive_reply_reaches_the_user_and_costs_nothing(account: Account, mode: str) -> None:
    async with wechat_platform([account.url], WeChatAccount(mode=mode)) as wechat:
        given = wechat.account
        reply = REPLY.format(user=USER)
        if mode == "aes":
            reply = WeChatCrypto(given.token, given.aes_key, given.app_id).encrypt_message(reply, "1", "2")
        account.answers = [(200, reply.encode())]
        assert (await wechat.say(USER, "hello"))["tries"][0]["judged"] == "reply"
        (shown,) = await wechat.received(USER)
        assert (shown["via"], shown["text"]) == ("passive", "收到")
        assert (await wechat.user(USER))["left"] == 5


async def test_an_album_is_nine_different_photos_at_once(wechat: WeChat, account: Account) -> None:
    outcomes = await wechat.album(USER)
    assert all(outcome["heard"] for outcome in outcomes)
    assert len({account.fields(n)["MediaId"] for n in range(9)}) == 9


# -- what the account's server asks


async def test_tokens_need_the_right_secret_and_an_allowed_address(wechat: WeChat) -> None:
    right = {"grant_type": "client_credential", "appid": wechat.account.app_id,
             "secret": wechat.account.secret}  # fmt: skip

    async def code(**wrong: Any) -> Any:
        return (await wechat.api("stable_token", right | wrong)).get("errcode")

    assert await code() is None
    assert await code(secret="another") == 40125
    assert await code(secret="") == 41004
    assert await code(appid="wxother") == 40013
    assert await code(grant_type="password") == 40002
    assert (await wechat.api("stable_token"))["errcode"] == 43002
    assert (await wechat.api("token", **right))["expires_in"] == 7200
    await wechat.change(allowed=["203.0.113.7"])
    refused = await wechat.api("stable_token", right)
    assert refused["errcode"] == 40164
    assert "invalid ip 127.0.0.1" in refused["errmsg"]


async def test_a_token_expires_or_is_no_longer_known(wechat: WeChat) -> None:
    token = await wechat.access_token()
    assert await wechat.access_token() == token
    assert (await wechat.api("user/info", openid=USER, access_token=token))["errcode"] == 40003
    await wechat.ask("POST", "/tokens/expire")
    assert (await wechat.api("user/info", openid=USER, access_token=token))["errcode"] == 42001
    newer = await wechat.access_token()
    await wechat.ask("POST", "/tokens/revoke")
    assert (await wechat.api("user/info", openid=USER, access_token=newer))["errcode"] == 40001
    assert (await wechat.api("user/info", openid=USER))["errcode"] == 41001


def test_a_stable_token_is_handed_over_and_forced_at_most_every_half_minute() -> None:
    tokens, now = Tokens(), 1000.0
    first = tokens.stable(now, force=False)
    assert tokens.stable(now + LIFE - HANDOVER - 1, force=False) is first
    second = tokens.stable(now + LIFE - HANDOVER, force=False)
    assert second is not first
    assert tokens.error(first.text, now + LIFE - 1) == tokens.error(second.text, now + LIFE - 1) == 0
    assert tokens.error(first.text, now + LIFE) == EXPIRED
    forced = tokens.stable(now + LIFE, force=True)
    assert tokens.error(second.text, now + LIFE) == INVALID
    assert tokens.stable(now + LIFE + FORCE_EVERY - 1, force=True) is forced
    assert tokens.stable(now + LIFE + FORCE_EVERY, force=True) is not forced


def test_a_message_allows_five_in_two_days_and_a_click_three_in_a_minute() -> None:
    allowance, now = Allowance(), 1000.0
    assert allowance.refusal(now) == OUT_OF_TIME
    allowance.begin("menu", now)
    for _ in range(3):
        allowance.take(now)
    assert allowance.refusal(now + 59) == OUT_OF_COUNT
    assert allowance.refusal(now + 60) == OUT_OF_TIME
    allowance.begin("message", now)
    assert allowance.left(now + 48 * 3600 - 1) == 5
    assert allowance.refusal(now + 48 * 3600) == OUT_OF_TIME
    allowance.take(now)
    allowance.begin("message", now + 1)
    assert allowance.left(now + 61) == 5


async def send(wechat: WeChat, token: str, body: Any) -> int:
    code: int = (await wechat.api("message/custom/send", body, access_token=token))["errcode"]
    return code


def text(content: str, user: str = USER) -> dict[str, Any]:
    return {"touser": user, "msgtype": "text", "text": {"content": content}}


async def test_five_messages_reach_the_user_and_the_sixth_does_not(wechat: WeChat) -> None:
    token = await wechat.access_token()
    assert await send(wechat, token, text("hello")) == 40003
    await wechat.say(USER, "hello")
    assert [await send(wechat, token, text(f"answer {n}")) for n in range(6)] == [0, 0, 0, 0, 0, 45047]
    assert [one["text"] for one in await wechat.received(USER, 5)] == [f"answer {n}" for n in range(5)]
    await wechat.say(USER, "and?")
    assert await send(wechat, token, text("yes")) == 0
    await wechat.change(ahead=48 * 3600)
    assert await send(wechat, await wechat.access_token(), text("late")) == 45015


async def test_who_left_is_not_written_to_until_they_come_back(wechat: WeChat) -> None:
    token = await wechat.access_token()
    await wechat.say(USER, "hello")
    await wechat.do(USER, "unsubscribe")
    assert await send(wechat, token, text("wait")) == 45015
    assert (await wechat.api("user/info", openid=USER, access_token=token))["subscribe"] == 0
    await wechat.do(USER, "subscribe")
    assert [await send(wechat, token, text("welcome")) for _ in range(4)] == [0, 0, 0, 45047]


async def test_a_message_to_a_user_is_well_formed(wechat: WeChat) -> None:
    token = await wechat.access_token()
    await wechat.say(USER, "hello")
    assert await send(wechat, token, text("")) == 44004
    assert await send(wechat, token, text("水" * 683)) == 45002
    assert await send(wechat, token, {"touser": USER, "msgtype": "pigeon", "pigeon": {}}) == 40008
    assert await send(wechat, token, {"touser": USER, "msgtype": "text"}) == 47001
    assert (
        await send(wechat, token, {"touser": USER, "msgtype": "image", "image": {"media_id": "x"}}) == 40007
    )
    url = f"{wechat.url}/cgi-bin/message/custom/send?access_token={token}"
    async with wechat.http.post(url, json=text("水")) as answer:  # JSON with escapes
        assert (await answer.json())["errcode"] == 40033
    assert await send(wechat, token, text("a path: c:\\users, and \\u6c34 as written")) == 0


async def test_media_are_kept_for_three_days(wechat: WeChat, account: Account) -> None:
    token = await wechat.access_token()
    photo = sample("image")
    await wechat.send(USER, "image", photo)
    media_id = account.fields()["MediaId"]

    async def get() -> tuple[str, bytes]:
        query = {"access_token": token, "media_id": media_id}
        async with wechat.http.get(f"{wechat.url}/cgi-bin/media/get", params=query) as answer:
            return answer.content_type, await answer.read()

    assert await get() == ("image/jpeg", photo)
    await wechat.change(ahead=3 * 86400)
    token = await wechat.access_token()
    kind, body = await get()
    assert kind == "application/json"
    assert b'"errcode": 40007' in body


async def test_what_is_uploaded_can_be_sent(wechat: WeChat) -> None:
    token = await wechat.access_token()
    await wechat.say(USER, "hello")
    url = f"{wechat.url}/cgi-bin/media/upload"

    async def upload(kind: str, content: bytes, name: str) -> Any:
        form = FormData()
        form.add_field("media", io.BytesIO(content), filename=name)
        query = {"access_token": token, "type": kind}
        async with wechat.http.post(url, params=query, data=form) as answer:
            return await answer.json()

    voice = await upload("voice", sample("voice"), "a.amr")
    assert voice["type"] == "voice"
    body = {"touser": USER, "msgtype": "voice", "voice": {"media_id": voice["media_id"]}}
    assert await send(wechat, token, body) == 0
    assert (await wechat.received(USER))[0]["media_id"] == voice["media_id"]
    assert (await upload("image", b"<svg/>", "a.jpg"))["errcode"] == 40005
    assert (await upload("gif", b"GIF89a", "a.gif"))["errcode"] == 40004
    assert (await upload("voice", b"#!AMR\n" + bytes(2 << 20), "a.amr"))["errcode"] == 40010


# -- bad days and forgeries


async def test_calls_go_wrong_as_asked(wechat: WeChat) -> None:
    token = await wechat.access_token()
    await wechat.say(USER, "hello")
    await wechat.fault("/cgi-bin/message/*", errcode=-1)
    assert await send(wechat, token, text("one")) == -1
    await wechat.fault("/cgi-bin/message/*", drop="after")
    with pytest.raises(ClientError):
        await send(wechat, token, text("two"))
    assert [one["text"] for one in await wechat.received(USER)] == ["two"]
    assert [call["errcode"] for call in await wechat.calls("/cgi-bin/message/custom/send")] == [-1, 0]


async def test_a_forgery_is_what_was_asked_for(account: Account) -> None:
    async with wechat_platform([account.url], WeChatAccount(mode="aes")) as wechat:
        sent = await wechat.forge(
            body="<xml>raw</xml>", age=301, parameters={"nonce": "é"}, without=["openid"]
        )
        query, _ = account.posts[0]
        assert "openid" not in query
        assert query["nonce"] == "é"
        given = wechat.account
        assert opened(account.fields()["Encrypt"], given.app_id, given.aes_key) == b"<xml>raw</xml>"
        await wechat.forge(request=sent["request"])
        assert account.posts[0] == account.posts[1]
        await wechat.forge(app_id="wxother")
        with pytest.raises(Unreadable, match="another AppID"):
            opened(account.fields()["Encrypt"], given.app_id, given.aes_key)
