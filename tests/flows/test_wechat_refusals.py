"""What nobody may post to the official account's address: abuses 6 to 12, over HTTP, in both modes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from hotline.demo.wechat_platform.forgery import DAMAGES
from tests.support.wechat_desk import Account, Line, wechat_account, wechat_line

FORGER = "oForger000000000000000000001"
TEXT = (
    "<xml><ToUserName>gh_0123456789ab</ToUserName><FromUserName>oForger000000000000000000001</FromUserName>"
    "<CreateTime>1800000000</CreateTime>{kind}<Content>words</Content><MsgId>{number}</MsgId></xml>"
)
KIND = "<MsgType>text</MsgType>"
BOMB = '<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE xml [<!ENTITY b SYSTEM "file:///etc/passwd">]>'


@pytest.fixture(scope="module", params=["plain", "aes"])
def account(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with wechat_account(tmp_path_factory.mktemp(request.param), request.param) as account:
        yield account


@pytest.fixture
async def line(account: Account) -> AsyncIterator[Line]:
    async with wechat_line(account) as line:
        yield line


async def nothing_entered_and_others_are_heard(line: Line, words: str) -> None:
    """No word of the forger's is anywhere, and the next citizen is served."""
    assert (await line.wechat.say("oHonest" + words, words))["heard"]
    await line.desk.serving(words)
    for conversation_id in line.desk.held:
        assert [one["text"] for one in await line.desk.said(conversation_id)] == [words]


async def test_abuses_6_7_and_8_forged_not_ascii_stale_and_incomplete_are_forbidden(line: Line) -> None:
    signed = "signature" if line.account.given.mode == "plain" else "msg_signature"
    stale: list[dict[str, Any]] = [{"age": 301}, {"age": 86400}, {"age": -3600}]
    stale += [{"parameters": {"timestamp": stamp}} for stamp in ("", "now", "1e9", "-1", "9" * 40)]
    forged: list[dict[str, Any]] = [
        {"parameters": {signed: "0" * 40}},
        {"parameters": {signed: ""}},
        {"parameters": {signed: "é" * 40}},
        {"parameters": {signed: "\u0661" * 40}},
        {"parameters": {signed: "%00"}},
        {"without": [signed]},
        {"without": ["nonce"]},
        {"without": ["timestamp"]},
    ]
    for wish in forged + stale:
        assert await line.wechat.forged_status(open_id=FORGER, **wish) == 403, wish
    await nothing_entered_and_others_are_heard(line, "forged-and-stale")


async def test_abuse_8_the_same_post_again_is_acknowledged_once_and_with_other_words_forbidden(
    line: Line,
) -> None:
    wechat = line.wechat
    first = await wechat.forge(FORGER, text="said once")
    again = await wechat.forge(FORGER, request=first["request"], times=3)
    assert [(one["status"], one["body"]) for one in again["answers"]] == [(200, "success")] * 3
    conversation_id = await line.desk.serving("said once")
    other = await wechat.forge(FORGER, text="said never")
    swapped = {"query": first["request"]["query"], "body_base64": other["request"]["body_base64"]}
    (refused,) = (await wechat.forge(FORGER, request=swapped))["answers"]
    assert refused["status"] == 403
    assert await line.desk.words_of(conversation_id, 2) == ["said once", "said never"]


async def test_abuse_9_every_damage_to_a_cipher_and_another_account_are_forbidden_alike(
    line: Line,
) -> None:
    if line.account.given.mode == "plain":
        # A plain account has no key: what is encrypted is not for it.
        sealed = await line.wechat.forge(FORGER, mode="aes")
        assert sealed["answers"][0]["status"] in (400, 403)
        return
    wishes: list[dict[str, Any]] = [{"damage": name} for name in DAMAGES if name not in ("", "empty")]
    wishes += [{"app_id": ""}, {"app_id": "wxother"}, {"app_id": line.account.given.app_id + "x"}]
    answers = [(await line.wechat.forge(FORGER, **wish))["answers"][0] for wish in wishes]
    statuses = {str(wish): answer["status"] for wish, answer in zip(wishes, answers, strict=True)}
    assert [wish for wish, status in statuses.items() if status != 403] == []
    assert len({answer["body"] for answer in answers}) == 1
    # No cipher at all is a part that is missing.
    assert await line.wechat.forged_status(open_id=FORGER, damage="empty") == 400
    assert (await line.wechat.forge(FORGER, mode="plain"))["answers"][0]["status"] == 403
    await nothing_entered_and_others_are_heard(line, "damaged")


async def test_abuses_10_and_11_entities_and_missing_or_double_parts_are_bad_requests(
    line: Line,
) -> None:
    text = TEXT.format(kind=KIND, number=1)
    bodies = [
        BOMB + text.replace("words", "&b;"),
        EXTERNAL + text.replace("words", "&b;"),
        '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd">' + text,
        TEXT.format(kind="", number=2),
        TEXT.format(kind=KIND + KIND, number=3),
        TEXT.format(kind=KIND + "<MsgType>event</MsgType>", number=4),
        TEXT.format(kind="<MsgType></MsgType>", number=5),
        text.replace("<FromUserName>oForger000000000000000000001</FromUserName>", ""),
        "<xml>",
        "not xml",
        "",
    ]
    for body in bodies:
        assert await line.wechat.forged_status(open_id=FORGER, body=body) == 400, body
    await nothing_entered_and_others_are_heard(line, "twisted")


async def test_abuse_12_ten_megabytes_are_too_large(line: Line) -> None:
    for letters in (10 << 20, 65 << 10):
        assert await line.wechat.forged_status(open_id=FORGER, fill=letters) == 413
    await nothing_entered_and_others_are_heard(line, "large")


def test_no_token_key_or_secret_is_in_the_log(account: Account, tmp_path: Path) -> None:
    written = account.hotlines[0].log.read_text("utf-8")
    given = account.given
    assert [name for name in (given.token, given.secret, given.aes_key) if name in written] == []
