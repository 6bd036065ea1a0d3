"""A citizen in WeChat and an agent at the desk: the real server, and the platform as a process."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hotline.demo.wechat_platform.media import sample
from tests.support.wechat_desk import Account, Line, wechat_account, wechat_line


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with wechat_account(tmp_path_factory.mktemp("wechat")) as account:
        yield account


@pytest.fixture
async def line(account: Account) -> AsyncIterator[Line]:
    async with wechat_line(account) as line:
        yield line


@pytest.fixture(params=["plain", "aes"])
def either_account(request: pytest.FixtureRequest, account: Account, tmp_path: Path) -> Iterator[Account]:
    """An account of each mode."""
    if request.param == "plain":
        yield account
    else:
        with wechat_account(tmp_path, request.param) as encrypted:
            yield encrypted


@pytest.fixture
def user() -> str:
    """A citizen whom nobody knows yet."""
    return "o" + secrets.token_hex(13)


async def test_words_go_both_ways_and_everything_that_can_be_sent_is_seen(
    either_account: Account, user: str
) -> None:
    async with wechat_line(either_account) as line:
        await the_whole_talk(line, user)


async def the_whole_talk(line: Line, user: str) -> None:
    """Words, a photo, a voice, a place and a link; and an answer."""
    wechat, desk = line.wechat, line.desk
    assert (await wechat.ask("POST", "/verify", {}))["verified"] == {
        f"{line.hotline.url}/channels/wechat": True
    }

    heard = await wechat.say(user, "解放路12号停水了 <b>& ]]>")
    assert [(one["status"], one["body"]) for one in heard["tries"]] == [(200, "success")]
    conversation_id = await desk.serving("解放路12号停水了")
    (first,) = await desk.said(conversation_id)
    assert first["text"] == "解放路12号停水了 <b>& ]]>"

    answer = "师傅已出发 “半小时” \\u6c34 c:\\u \n请留意"
    await desk.reply(conversation_id, answer)
    assert await desk.delivered(conversation_id, answer, "sent") is None
    greeting, received = await wechat.received(user, 2)
    assert (greeting["via"], received["via"], received["text"]) == ("custom", "custom", answer)

    photo, voice = sample("image"), sample("voice")
    await wechat.send(user, "image", photo)
    await wechat.send(user, "voice", voice, recognition="还是没有水。")
    await wechat.say(user, kind="location", latitude=32.0415, longitude=118.7781, label="解放路")
    await wechat.say(user, kind="link", title="停水通知", url="https://example.org/notice")
    await desk.words_of(conversation_id, 5)
    image, sound = await desk.attachments(conversation_id, 2)
    assert await desk.agent.download(image["url"]) == ("image/jpeg", photo)
    assert (sound["kind"], (await desk.agent.download(sound["url"]))[0]) == ("voice", "audio/wav")
    assert (await desk.agent.download(sound["original_url"]))[1] == voice

    said = (await desk.said(conversation_id))[1:]
    assert [bool(one["attachments"]) for one in said] == [True, True, False, False]
    assert said[1]["text"] == "还是没有水。"
    place = said[2]["location"]
    assert (place["label"], place["src_crs"]) == ("解放路", "GCJ02")
    # A map of the country is some hundred metres off; the place in our own coordinates is not.
    assert 0.001 < abs(place["longitude"] - 118.7781) < 0.01
    assert "https://example.org/notice" in said[3]["text"]


async def test_events_open_no_conversation_and_two_in_one_second_are_two(line: Line, user: str) -> None:
    wechat = line.wechat
    for event, more in (
        ("subscribe", {}),
        ("VIEW", {"key": "https://example.org/", "created": 1_800_000_000}),
        ("LOCATION", {"latitude": 32.0, "longitude": 118.0, "created": 1_800_000_000}),
        ("CLICK", {"key": "MENU"}),
        ("unsubscribe", {}),
    ):
        assert (await wechat.do(user, event, **more))["heard"], event
    await wechat.say(user, "我又来了")
    conversation_id = await line.desk.serving("我又来了")
    assert len(await line.desk.said(conversation_id)) == 1


async def test_fault_9_an_album_of_nine_at_once_is_one_conversation_with_nine_photos(
    line: Line, user: str
) -> None:
    outcomes = await line.wechat.album(user, 9)
    assert all(outcome["heard"] and len(outcome["tries"]) == 1 for outcome in outcomes)
    conversation_id = await line.desk.serving("[图片]")
    photos = await line.desk.attachments(conversation_id, 9)
    assert len({(await line.desk.agent.download(photo["url"]))[1] for photo in photos}) == 9
    assert len(await line.desk.said(conversation_id)) == 9


async def test_a_message_that_the_platform_tells_three_times_enters_once(line: Line, user: str) -> None:
    outcome = await line.wechat.say(user, "听见了吗", deaf=True)
    assert [one["body"] for one in outcome["tries"]] == ["success"] * 3
    click = await line.wechat.do(user, "CLICK", key="MENU", deaf=True)
    assert [one["body"] for one in click["tries"]] == ["success"] * 3
    await line.wechat.say(user, "第二句")
    conversation_id = await line.desk.serving("听见了吗")
    assert await line.desk.words_of(conversation_id, 2) == ["听见了吗", "第二句"]


async def test_what_was_acknowledged_survives_kill_9(account: Account, user: str) -> None:
    async with wechat_line(account) as line:
        assert (await line.wechat.say(user, "别丢了我的话"))["heard"]
        line.hotline.kill()
        lost = await line.wechat.say(user, "这时没人听")
        assert [one["judged"] for one in lost["tries"]] == ["no_answer"] * 3
        line.hotline.start()
        await line.wechat.say(user, "回来了")
    async with wechat_line(account) as line:
        conversation_id = await line.desk.serving("别丢了我的话")
        assert await line.desk.words_of(conversation_id, 2) == ["别丢了我的话", "回来了"]
