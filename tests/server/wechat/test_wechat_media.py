"""What citizens send along: fetched before the platform forgets it, checked by its bytes, shown to agents."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from tests.support.chat_fixtures import Browser, until_reply
from tests.support.waiting import until
from tests.support.wechat_account import Account, PaperPlatform
from tests.support.wechat_posts import Said, image, voice

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8


def spoken() -> bytes:
    """A second of a tone as phones record it."""
    import av
    import numpy as np

    whole = io.BytesIO()
    with av.open(whole, "w", format="amr") as target:
        stream = target.add_stream("libopencore_amrnb", rate=8000)
        stream.layout = "mono"
        tone = (np.sin(np.arange(8000) / 5) * 8000).astype(np.int16)
        for start in range(0, 8000, 160):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 160], format="s16", layout="mono")
            frame.sample_rate = 8000
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return whole.getvalue()


async def attachment_when(
    account: Account, agent: Browser, conversation_id: str, state: str
) -> dict[str, Any]:
    """The last attachment, once it is in a state."""
    path = f"/api/conversations/{conversation_id}/messages"

    def last(body: list[dict[str, Any]]) -> dict[str, Any]:
        found = [one for message in body for one in message["attachments"]]
        return found[-1] if found else {"state": None}

    body = await until_reply(
        lambda: agent.call("GET", path), lambda body: last(body)["state"] == state, f"it is {state}"
    )
    return last(body)


async def test_a_picture_is_shown_to_whoever_serves_and_to_nobody_else(
    account: Account, platform: PaperPlatform
) -> None:
    platform.media["m1"] = ("image/jpeg", JPEG)
    agent, conversation_id = await account.serving()
    assert await account.says(image("m1", account.clock.now())) == 200
    shown = await attachment_when(account, agent, conversation_id, "ready")
    assert (shown["kind"], shown["mime"], shown["size"]) == ("image", "image/jpeg", len(JPEG))
    async with agent.http.get(shown["url"]) as answer:
        assert await answer.read() == JPEG
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "private, no-store"
    async with account.http.get(account.server.make_url(shown["url"])) as answer:
        assert answer.status == 401
    for wrong in (
        shown["url"].replace(conversation_id, "0" * 32),
        shown["url"][:-32] + "0" * 32,
        shown["url"][:-32] + "..%2f..%2fhotline.db",
    ):
        async with agent.http.get(wrong) as answer:
            assert answer.status == 404
    path = f"/api/conversations/{conversation_id}/messages"
    assert (await agent.call("GET", path)).body[-1]["text"] == "[图片]"


async def test_a_voice_can_be_played_and_what_the_platform_heard_stands_beside_it(
    account: Account, platform: PaperPlatform
) -> None:
    platform.media["v1"] = ("audio/amr", spoken())
    agent, conversation_id = await account.serving()
    await account.says(voice("v1", account.clock.now(), "家里停水了"))
    shown = await attachment_when(account, agent, conversation_id, "ready")
    assert shown["mime"] == "audio/wav"
    async with agent.http.get(shown["url"]) as answer:
        assert answer.headers["Content-Type"] == "audio/wav"
        played = await answer.read()
    assert played[8:12] == b"WAVE"
    assert 0.9 < (len(played) - 44) / 32000 < 1.2
    async with agent.http.get(shown["original_url"]) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert await answer.read() == platform.media["v1"][1]
    path = f"/api/conversations/{conversation_id}/messages"
    assert (await agent.call("GET", path)).body[-1]["text"] == "家里停水了"


async def test_a_sound_that_cannot_be_decoded_can_still_be_saved(
    account: Account, platform: PaperPlatform
) -> None:
    platform.media["v1"] = ("audio/amr", b"#!AMR\n" + b"\xff" * 10)
    agent, conversation_id = await account.serving()
    await account.says(voice("v1", account.clock.now()))
    shown = await attachment_when(account, agent, conversation_id, "ready")
    async with agent.http.get(shown["url"]) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert answer.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"PK\x03\x04" + bytes(100),
        b"#!AMR\n" + bytes(100),
        b"GIF",
        b"",
    ],
)
async def test_abuse_14_and_15_what_is_no_picture_is_not_kept_as_one(
    account: Account, platform: PaperPlatform, tmp_path: Path, content: bytes
) -> None:
    platform.media["m1"] = ("image/jpeg", content)
    agent, conversation_id = await account.serving()
    await account.says(image("m1", account.clock.now()))
    shown = await attachment_when(account, agent, conversation_id, "lost")
    assert (shown["reason"], shown["url"]) == ("not_media", None)
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


async def test_what_is_too_large_or_forgotten_or_no_picture_at_all_says_so(
    account: Account, platform: PaperPlatform
) -> None:
    platform.media["huge"] = ("image/jpeg", JPEG + bytes(21 * 1024 * 1024))
    agent, conversation_id = await account.serving()
    for said, reason in (
        (image("huge", account.clock.now()), "too_large"),
        (image("never-there", account.clock.now()), "expired"),
        (Said("video", account.clock.now(), (("MediaId", "x"),)), "not_supported"),
    ):
        await account.says(said)
        path = f"/api/conversations/{conversation_id}/messages"

        def told(body: list[dict[str, Any]], reason: str = reason) -> bool:
            return any(one["reason"] == reason for found in body for one in found["attachments"])

        await until_reply(lambda path=path: agent.call("GET", path), told, f"it is {reason}")  # type: ignore[misc]


async def test_a_platform_that_is_away_is_asked_until_it_has_forgotten(
    account: Account, platform: PaperPlatform
) -> None:
    platform.media["m1"] = ("application/json", b'{"errcode": -1, "errmsg": "system busy"}')
    agent, conversation_id = await account.serving()
    await account.says(image("m1", account.clock.now()))
    await attachment_when(account, agent, conversation_id, "waiting")
    platform.media["m1"] = ("image/jpeg", JPEG)
    account.pass_time(minutes=30)
    assert (await agent.sign_in("zhou")).status == 200  # nobody stays signed in for so long
    await attachment_when(account, agent, conversation_id, "ready")
    await until(lambda: bool(platform.sent), "the greeting was sent")
