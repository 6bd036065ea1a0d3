"""The platform's calls: what is kept, and that nothing forged, stale, twisted or oversized ever is."""

from __future__ import annotations

import base64
import os
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.wechat.settings import WeChatSettings
from channels.wechat.standing import Standing
from channels.wechat.webhook import WeChatWebhook
from hotline.errors import Forbidden, InvalidInput, TooLarge, Unavailable
from hotline.ports.channel import ChannelCondition, Post, Touch, WebhookRequest
from hotline.ports.intake import Attachment
from tests.support.clock import MovableClock
from tests.support.wechat_posts import (
    AES_KEY,
    APP_ID,
    OPENID,
    SECRET,
    TOKEN,
    Said,
    Signer,
    event,
    image,
    location,
    sha1,
    text,
    voice,
)

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


class KeptPosts:
    """Implements `ports.channel.Posts` in memory; `trouble` is what keeping raises."""

    def __init__(self) -> None:
        self.kept: list[Post] = []
        self.trouble: Exception | None = None

    async def keep(self, post: Post) -> bool:
        if self.trouble is not None:
            raise self.trouble
        self.kept.append(post)
        return True


class Account:
    """A webhook with its account, its clock and what it kept."""

    def __init__(self, aes_key: str = "") -> None:
        self.clock = MovableClock(NOW)
        self.posts = KeptPosts()
        self.standing = Standing(self.clock)
        account = WeChatSettings(APP_ID, TOKEN, SECRET, aes_key)
        self.webhook = WeChatWebhook(account, self.posts, self.clock, self.standing)
        self.signer = Signer(aes_key=aes_key)

    async def status(self, request: WebhookRequest) -> int:
        return (await self.webhook.handle(request)).status

    async def says(self, said: Said | str | bytes) -> int:
        document = said.xml() if isinstance(said, Said) else said
        return await self.status(self.signer.post(document, self.clock.now()))

    @property
    def only(self) -> Post:
        (post,) = self.posts.kept
        return post


@pytest.fixture(params=["plain", "aes"])
def account(request: pytest.FixtureRequest) -> Account:
    return Account(AES_KEY if request.param == "aes" else "")


async def test_a_signed_text_is_kept_and_acknowledged(account: Account) -> None:
    said = text("水管爆了 <script>alert(1)</script>", NOW)
    reply = await account.webhook.handle(account.signer.post(said.xml(), NOW))
    assert (reply.status, reply.body) == (200, b"success")
    envelope = account.only.envelope
    assert envelope is not None
    assert envelope.text == "水管爆了 <script>alert(1)</script>"
    assert (envelope.channel, envelope.sender, envelope.sent_at) == ("wechat_mp", OPENID, NOW)
    assert (account.only.key, envelope.message_id) == (str(said.id), str(said.id))
    assert account.only.touch is Touch.MESSAGE


async def test_the_console_gets_its_echo_only_when_it_knows_the_token(account: Account) -> None:
    reply = await account.webhook.handle(account.signer.echo("5168283894", NOW))
    assert (reply.status, reply.body, reply.content_type) == (200, b"5168283894", "text/plain")
    assert await account.status(Signer(token="guess").echo("5168283894", NOW)) == 403


async def test_image_voice_location_and_link_become_what_an_agent_can_use(account: Account) -> None:
    link = Said(
        "link", NOW, (("Title", "Notice"), ("Description", "of water"), ("Url", "https://a.example/1"))
    )
    for said in (
        image("media-1", NOW),
        voice("media-2", NOW, "家里停水了"),
        location(35.759997, 115.035893, "Jian she Road 12", NOW),
        link,
        Said("video", NOW, (("MediaId", "media-3"), ("ThumbMediaId", "t"))),
        Said("sticker_of_next_year", NOW),
    ):
        assert await account.says(said) == 200
    picture, sound, place, page, film, unknown = (post.envelope for post in account.posts.kept)
    assert picture is not None
    assert picture.attachments == (Attachment("image", "media-1"),)
    assert sound is not None
    assert (sound.text, sound.attachments[0].kind, sound.attachments[0].format) == (
        "家里停水了",
        "voice",
        "amr",
    )
    assert place is not None
    assert place.location is not None
    assert (place.location.latitude, place.location.longitude) == (35.76, 115.03)
    assert (place.location.src_crs, place.text) == ("GCJ02", "Jian she Road 12")
    assert page is not None
    assert page.text == "Notice\nof water\nhttps://a.example/1"
    assert film is not None
    assert film.attachments == (Attachment("video", format="video"),)
    assert unknown is not None
    assert unknown.attachments[0].kind == "other"


async def test_events_touch_the_budget_and_are_no_messages(account: Account) -> None:
    for name in ("CLICK", "subscribe", "unsubscribe", "TEMPLATESENDJOBFINISH"):
        assert await account.says(event(name, NOW)) == 200
    touches = [post.touch for post in account.posts.kept]
    assert touches == [Touch.EVENT, Touch.FOLLOWED, Touch.LEFT, Touch.NOTHING]
    assert {post.envelope for post in account.posts.kept} == {None}
    seconds = int(NOW.timestamp())
    assert account.posts.kept[0].key == f"{OPENID}:{seconds}:click"
    assert len({post.key for post in account.posts.kept}) == 4


async def test_abuse_6_and_7_a_forged_or_non_ascii_signature_is_forbidden(account: Account) -> None:
    good = account.signer.post(text("hello", NOW).xml(), NOW)
    for signature in ("0" * 40, "", "签名", "é" * 40, "\ud800", good.query["signature"].upper()):
        assert await account.status(replace(good, query={**good.query, "signature": signature})) == 403
    for missing in ("signature", "timestamp", "nonce"):
        query = {name: value for name, value in good.query.items() if name != missing}
        assert await account.status(replace(good, query=query)) == 403
    assert account.posts.kept == []


@pytest.mark.parametrize("minutes", [-6, 6, 24 * 60])
async def test_abuse_8_what_was_signed_more_than_five_minutes_away_is_forbidden(
    account: Account, minutes: int
) -> None:
    request = account.signer.post(text("again", NOW).xml(), NOW)
    account.clock.move(minutes=minutes)
    assert await account.status(request) == 403
    assert "check the clock" in account.standing.condition.detail
    assert account.posts.kept == []


async def test_four_minutes_are_still_fresh(account: Account) -> None:
    request = account.signer.post(text("slow road", NOW).xml(), NOW)
    account.clock.move(minutes=4)
    assert await account.status(request) == 200
    assert account.standing.condition.state == "ok"


@pytest.mark.parametrize("timestamp", ["", "-1", "1e9", "１２３", "9" * 13, "NaN", "1 "])
async def test_a_timestamp_that_is_none_is_forbidden(account: Account, timestamp: str) -> None:
    query = {"timestamp": timestamp, "nonce": "n", "signature": sha1(TOKEN, timestamp, "n")}
    assert await account.status(WebhookRequest("POST", query, {}, b"<xml></xml>", "")) == 403


def twisted(account: Account, encrypted: str) -> WebhookRequest:
    """A call whose every signature is good, around something that is not ours."""
    query = {**account.signer.query(NOW), "encrypt_type": "aes"}
    query["msg_signature"] = sha1(TOKEN, query["timestamp"], query["nonce"], encrypted)
    body = f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode()
    return WebhookRequest("POST", query, {}, body, "")


async def test_abuse_9_corrupt_aes_and_a_wrong_app_id_are_forbidden_alike() -> None:
    account = Account(AES_KEY)
    document = text("hello", NOW).xml().encode()
    whole = base64.b64decode(account.signer.encrypt(document))
    parts = [
        Signer(app_id="wxsomebodyelse", aes_key=AES_KEY).encrypt(document),
        Signer(aes_key=base64.b64encode(os.urandom(32)).decode().rstrip("=")).encrypt(document),
        base64.b64encode(whole[:-1]).decode(),
        base64.b64encode(whole[:16]).decode(),
        base64.b64encode(b"").decode() + "=",
        "A",
        "not base64 at all",
        base64.b64encode(os.urandom(64)).decode(),
        base64.b64encode(struct.pack(">I", 2**31) * 8).decode(),
    ]
    replies = [await account.webhook.handle(twisted(account, part)) for part in parts]
    assert {(reply.status, reply.body) for reply in replies} == {(403, b"")}
    good = account.signer.post(document, NOW)
    wrong = replace(good, query={**good.query, "msg_signature": "签" * 40})
    assert (await account.webhook.handle(wrong)) == replies[0]
    assert account.posts.kept == []


async def test_with_a_key_nothing_plain_is_taken_and_without_one_nothing_encrypted() -> None:
    keyed, plain = Account(AES_KEY), Account()
    assert await keyed.status(Signer().post(text("plain", NOW).xml(), NOW)) == 403
    assert "plain mode" in keyed.standing.condition.detail
    assert await plain.status(Signer(aes_key=AES_KEY).post(text("hidden", NOW).xml(), NOW)) == 403
    assert "wechat_aes_key is not set" in plain.standing.condition.detail
    assert keyed.posts.kept == plain.posts.kept == []


@pytest.mark.parametrize("prolog", [BOMB, OUTSIDE, "<!DOCTYPE xml>", '<?xml version="1.0"?>' + OUTSIDE])
async def test_abuse_10_entities_and_document_types_are_bad_requests(account: Account, prolog: str) -> None:
    document = text("&a;", NOW).xml().replace("<![CDATA[&a;]]>", "&a;")
    assert await account.says(prolog + document) == 400
    if account.signer.aes_key:
        outer = account.signer.post(document, NOW)
        assert await account.status(replace(outer, body=prolog.encode() + outer.body)) == 400
    assert account.posts.kept == []


async def test_markup_that_a_citizen_writes_is_only_words(account: Account) -> None:
    assert await account.says(text("<!DOCTYPE html> <!ENTITY x>", NOW)) == 200


GOOD = text("hello", NOW).xml()


@pytest.mark.parametrize(
    "document",
    [
        GOOD.replace("<MsgType><![CDATA[text]]></MsgType>", ""),
        GOOD.replace("<MsgType>", "<MsgType>text</MsgType><MsgType>"),
        GOOD.replace("<![CDATA[text]]>", ""),
        GOOD.replace("<![CDATA[text]]>", "<a>1</a>"),
        GOOD.replace("<MsgId>", "<MsgId>1</MsgId><MsgId>"),
        GOOD.replace("<Content>", "<Content>x</Content><Content>"),
        GOOD.replace("<FromUserName>", "<FromUserName>o1</FromUserName><FromUserName>"),
        GOOD.replace(OPENID, "../../etc"),
        GOOD.replace(OPENID, "o" * 65),
        GOOD.replace("<![CDATA[hello]]>", ""),
        GOOD.replace("</xml>", ""),
        GOOD.replace("<CreateTime>", "<CreateTime>x"),
        GOOD.replace("<CreateTime>", "<CreateTime>9999999999"),
        GOOD.replace("<MsgId>", "<MsgId>-"),
        GOOD.replace("<MsgId>", "<MsgId>99999999999999999999"),
        Said("event", NOW).xml(),
        Said("event", NOW, (("Event", "CLICK"), ("Event", "VIEW"))).xml(),
        Said("image", NOW).xml(),
        Said("location", NOW, (("Location_X", "nan"), ("Location_Y", "1"))).xml(),
        Said("location", NOW, (("Location_X", "91"), ("Location_Y", "1"))).xml(),
        "",
        "<xml/>",
        "<xml></xml>",
        "<html></html>",
        "{}",
        "<xml>" + "<a>" * 5000 + "</a>" * 5000 + "</xml>",
    ],
)
async def test_abuse_11_missing_twice_given_or_broken_parts_are_bad_requests(
    account: Account, document: str | bytes
) -> None:
    assert await account.says(document) == 400
    assert account.posts.kept == []


@pytest.mark.parametrize("document", [GOOD.encode("utf-16"), b"\xff\xfe\x00<xml>"])
async def test_another_encoding_is_a_bad_request_and_inside_a_cipher_a_forgery(
    account: Account, document: bytes
) -> None:
    assert await account.says(document) == (403 if account.signer.aes_key else 400)
    assert account.posts.kept == []


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
async def test_whatever_bytes_are_signed_there_is_an_answer(document: bytes) -> None:
    for account in (Account(), Account(AES_KEY)):
        assert await account.says(document) in (200, 400, 403)


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (Forbidden("post_replayed"), 403),
        (InvalidInput([]), 400),
        (TooLarge("message_too_long"), 413),
        (Unavailable("database_down"), 503),
    ],
)
async def test_what_is_not_kept_is_not_acknowledged(
    account: Account, trouble: Exception, status: int
) -> None:
    account.posts.trouble = trouble
    assert await account.says(text("hello", NOW)) == status


async def test_the_same_call_names_itself_alike_and_another_content_does_not(account: Account) -> None:
    first, other = text("one", NOW).xml(), text("two", NOW).xml()
    for document in (first, first, other):
        assert await account.status(account.signer.post(document, NOW, nonce="n-1")) == 200
    one, again, forged = account.posts.kept
    assert (one.once, one.digest) == (again.once, again.digest)
    assert (forged.once == one.once, forged.digest == one.digest) == (True, False)


def test_secrets_are_not_in_what_settings_show() -> None:
    shown = repr(WeChatSettings(APP_ID, TOKEN, SECRET, AES_KEY))
    assert not any(secret in shown for secret in (TOKEN, SECRET, AES_KEY))


async def test_trouble_is_forgotten_when_calls_come_well_again(account: Account) -> None:
    stale = account.signer.post(text("old", NOW).xml(), NOW - timedelta(hours=1))
    assert await account.status(stale) == 403
    assert account.standing.condition == ChannelCondition(
        "degraded", "a signed call was 3600 s old: check the clock"
    )
    assert await account.says(text("new", NOW)) == 200
    assert account.standing.condition == ChannelCondition("ok", "calls are taken")
