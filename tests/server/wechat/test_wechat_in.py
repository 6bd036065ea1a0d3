"""What citizens write to the official account: durable, once, in the one queue."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hotline.conversations.store import conversation, message
from hotline.kernel.db import Database
from hotline.mailroom.store import webhook_post
from tests.support.chat_fixtures import until_reply
from tests.support.staff_fixtures import HandClock
from tests.support.waiting import PATIENCE
from tests.support.wechat_account import PATH, Account, PaperPlatform, open_account
from tests.support.wechat_posts import AES_KEY, Signer, event, image, location, text

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


async def rows(database: Database, table: sa.Table, *where: Any) -> list[sa.Row[Any]]:
    async with database.read() as reader:
        return list((await reader.execute(sa.select(table).where(*where))).all())


async def citizens_words(database: Database, count: int) -> list[str]:
    """What citizens said, once there are so many messages."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while len(found := await rows(database, message, message.c.author == "citizen")) < count:
        assert asyncio.get_running_loop().time() < deadline, found
        await asyncio.sleep(0.02)
    return [row.text for row in sorted(found, key=lambda row: row.seq)]


async def test_a_message_waits_in_the_one_queue_for_an_agent(account: Account) -> None:
    agent, conversation_id = await account.serving("水管爆了 <b>!</b>")
    said = (await account.messages(agent, conversation_id))[0]
    assert (said["author"], said["kind"], said["text"]) == ("citizen", "text", "水管爆了 <b>!</b>")
    shown = (await agent.call("GET", f"/api/conversations/{conversation_id}")).body
    assert (shown["channel"], shown["state"]) == ("wechat_mp", "open")
    assert shown["budget"]["most"] == 5


async def test_encrypted_calls_are_read_as_well(
    platform: PaperPlatform, sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "hotline.db")
    async with open_account(tmp_path, platform, wechat_aes_key=AES_KEY) as account:
        assert await account.writes("hidden from others") == 200
        assert await citizens_words(account.hotline.database, 1) == ["hidden from others"]
        account.signer = Signer()
        assert await account.writes("in the open") == 403


async def test_a_repeated_message_id_is_acknowledged_and_enters_once(account: Account) -> None:
    said = text("Once only", account.clock.now())
    for _ in range(3):
        assert await account.says(said) == 200
    assert await account.says(said, nonce="same") == await account.says(said, nonce="same") == 200
    await account.writes("and another")
    assert await citizens_words(account.hotline.database, 2) == ["Once only", "and another"]


async def test_a_call_that_comes_again_with_other_words_is_forbidden_also_after_a_restart(
    account: Account, platform: PaperPlatform, tmp_path: Path
) -> None:
    now = account.clock.now()
    assert await account.says(text("mine", now), nonce="n-1") == 200
    assert await account.says(text("put under it", now), nonce="n-1") == 403
    async with open_account(tmp_path, platform, works=False, clock=account.clock) as after_restart:
        assert await after_restart.says(text("put under it later", now), nonce="n-1") == 403
    assert await citizens_words(account.hotline.database, 1) == ["mine"]


async def test_what_was_acknowledged_survives_though_nothing_was_entered_yet(
    platform: PaperPlatform, sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "hotline.db")
    async with open_account(tmp_path, platform, works=False) as account:
        assert await account.writes("kept") == 200
        assert await rows(account.hotline.database, message) == []
    async with open_account(tmp_path, platform) as account:
        assert await citizens_words(account.hotline.database, 1) == ["kept"]
        (post,) = await rows(account.hotline.database, webhook_post)
        assert post.payload is None


async def test_an_album_of_nine_at_once_is_one_conversation_with_nine_pictures(
    account: Account, platform: PaperPlatform
) -> None:
    now = account.clock.now()
    platform.media = {f"m{n}": ("image/png", PNG + bytes([n])) for n in range(9)}
    statuses = await asyncio.gather(*(account.says(image(f"m{n}", now)) for n in range(9)))
    assert statuses == [200] * 9
    await citizens_words(account.hotline.database, 9)
    (row,) = await rows(account.hotline.database, conversation)
    agent = await account.agent()

    def all_shown(body: list[dict[str, Any]]) -> bool:
        states = [one["state"] for found in body for one in found["attachments"]]
        return states == ["ready"] * 9

    path = f"/api/conversations/{row.id}/messages"
    shown = await until_reply(lambda: agent.call("GET", path), all_shown, "nine pictures are shown")
    pictures = [found["attachments"][0]["url"] for found in shown if found["attachments"]]
    seen = [await (await agent.http.get(url)).read() for url in pictures]
    assert sorted(seen) == sorted(content for _, content in platform.media.values())


async def test_the_same_message_told_to_three_nodes_is_one_message(
    platform: PaperPlatform, migrated_postgres_url: str, tmp_path: Path
) -> None:
    clock = HandClock()
    where: dict[str, Any] = {"database_url": migrated_postgres_url, "clock": clock}
    async with (
        open_account(tmp_path / "a", platform, **where) as a,
        open_account(tmp_path / "b", platform, **where) as b,
        open_account(tmp_path / "c", platform, **where) as c,
    ):
        for n in range(5):
            said = text(f"number {n}", clock.now())
            assert await asyncio.gather(*(node.says(said) for node in (a, b, c))) == [200] * 3
        assert sorted(await citizens_words(a.hotline.database, 5)) == [f"number {n}" for n in range(5)]
        greetings = await rows(a.hotline.database, message, message.c.kind == "notice")
        assert len(greetings) == 1


async def answered_early(account: Account, *sent: bytes) -> bytes:
    """The status line that the server answers with before it has read all that was announced."""
    good = account.signer.post(text("x", account.clock.now()).xml(), account.clock.now())
    where = account.server.make_url(PATH).with_query(good.query)
    reader, writer = await asyncio.open_connection(where.host, where.port)
    writer.write(b"POST %s HTTP/1.1\r\nHost: localhost\r\n" % where.path_qs.encode() + b"".join(sent))
    await writer.drain()
    line = await reader.readline()
    writer.close()
    return line


async def test_abuse_12_ten_megabytes_are_too_large(account: Account) -> None:
    announced = b"Content-Length: 10485760\r\n\r\n"
    assert b" 413 " in await answered_early(account, announced)
    chunk = b"11000\r\n" + bytes(0x11000) + b"\r\n"
    assert b" 413 " in await answered_early(account, b"Transfer-Encoding: chunked\r\n\r\n", chunk)
    assert await rows(account.hotline.database, webhook_post) == []
    assert await account.writes("and the next one is served") == 200


async def test_no_other_method_no_other_path_and_no_parameter_given_twice(account: Account) -> None:
    where = account.server.make_url(PATH)
    async with account.http.put(where) as answer:
        assert answer.status == 405
    for path in ("/channels/", "/channels/wechat/more", "/channels/qq"):
        async with account.http.get(account.server.make_url(path)) as answer:
            assert answer.status == 404
    good = account.signer.post(text("x", account.clock.now()).xml(), account.clock.now())
    twice = [*good.query.items(), ("signature", "0" * 40)]
    async with account.http.post(where, params=twice, data=good.body) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("words", ["   ", "\u200b", "a" * 4001])
async def test_what_is_no_message_is_not_acknowledged_and_others_are(account: Account, words: str) -> None:
    assert await account.writes(words) in (400, 413)
    assert await account.writes("fine 😀") == 200
    assert await citizens_words(account.hotline.database, 1) == ["fine 😀"]


async def test_an_event_opens_no_conversation(account: Account) -> None:
    assert await account.says(event("subscribe", account.clock.now())) == 200
    assert await account.says(event("CLICK", account.clock.now(), "menu-1")) == 200
    assert await account.writes("now I write") == 200
    await citizens_words(account.hotline.database, 1)
    assert len(await rows(account.hotline.database, conversation)) == 1
    assert len(await rows(account.hotline.database, webhook_post)) == 3


async def test_a_place_is_shown_in_our_own_coordinates(account: Account) -> None:
    agent, conversation_id = await account.serving()
    await account.says(location(35.759997, 115.035893, "Jianshe Road 12", account.clock.now()))
    await account.says(location(35.759997, 115.035893, "", account.clock.now()))
    path = f"/api/conversations/{conversation_id}/messages"

    def two(body: list[dict[str, Any]]) -> bool:
        return sum(one["location"] is not None for one in body) == 2

    shown = await until_reply(lambda: agent.call("GET", path), two, "both places are shown")
    named, nameless = (one for one in shown if one["location"] is not None)
    assert named["text"] == "Jianshe Road 12"
    assert named["location"] == {
        "latitude": 35.76,
        "longitude": 115.03,
        "src_crs": "GCJ02",
        "label": "Jianshe Road 12",
    }
    assert nameless["text"] == "[位置]"


async def test_the_nickname_is_the_name_until_somebody_knows_better(
    account: Account, platform: PaperPlatform
) -> None:
    platform.nicknames = {account.signer.query(account.clock.now())["openid"]: "<script>小李</script>"}
    agent, conversation_id = await account.serving()
    path = f"/api/conversations/{conversation_id}"
    shown = await until_reply(
        lambda: agent.call("GET", path), lambda body: body["contact"]["name"] is not None, "a name is known"
    )
    assert shown["contact"]["name"] == "<script>小李</script>"


async def test_the_health_page_tells_of_the_account(account: Account, platform: PaperPlatform) -> None:
    async with account.http.get(account.server.make_url("/healthz")) as answer:
        assert (await answer.json())["parts"]["wechat"]["state"] == "ok"
