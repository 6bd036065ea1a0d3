"""The door: what a citizen sends enters once, or is refused with a clear reason and nothing stored."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from hotline.conversations.store import message
from hotline.kernel.ids import new_id
from hotline.web.guard import CITIZEN_COOKIE, CSRF_HEADER, cookie_at_port
from tests.support.chat_fixtures import Browser, Town, both_engines


async def texts(town: Town, author: str = "citizen") -> list[str]:
    """Everything that is stored."""
    query = sa.select(message.c.text).where(message.c.author == author).order_by(message.c.seq)
    async with town.house.database.read() as reader:
        return list((await reader.execute(query)).scalars())


async def thread(browser: Browser) -> list[dict[str, Any]]:
    """What the citizen's page shows."""
    return list((await browser.call("GET", "/api/citizen/conversation")).body["messages"])


async def raw(browser: Browser, body: bytes) -> tuple[int, dict[str, Any]]:
    """A request whose body is exactly this."""
    headers = {CSRF_HEADER: browser.csrf or "", "Content-Type": "application/json", "Accept-Language": "en"}
    async with browser.http.post("/api/citizen/messages", data=io.BytesIO(body), headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_message_is_stored_acknowledged_and_waits_in_the_queue(town: Town) -> None:
    citizen = await town.citizen()
    assert (await citizen.call("GET", "/api/citizen/conversation")).body["state"] == "none"
    receipt = await citizen.say("  The street light at the school is out.\r\nSince Monday. ")
    assert receipt.status == 200
    assert receipt.body["repeated"] is False
    shown = (await citizen.call("GET", "/api/citizen/conversation")).body
    assert (shown["state"], shown["position"]) == ("waiting", 1)
    said, greeting = shown["messages"]
    assert said["text"] == "The street light at the school is out.\nSince Monday."
    assert said["id"] == receipt.body["message_id"]
    assert (greeting["author"], greeting["kind"]) == ("system", "notice")
    assert greeting["text"] == town.house.texts.text("en", "chat_received")


async def test_the_greeting_is_in_the_language_of_the_page(town: Town) -> None:
    citizen = await town.citizen(language="zh-CN")
    await citizen.say("路灯不亮")
    assert (await thread(citizen))[1]["text"] == town.house.texts.text("zh-CN", "chat_received")


@both_engines
async def test_a_second_tab_sending_the_same_id_gets_the_same_receipt_and_adds_nothing(town: Town) -> None:
    citizen = await town.citizen()
    same = new_id()
    replies = await asyncio.gather(*(citizen.say("Once only", same) for _ in range(5)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body["message_id"] for reply in replies}) == 1
    assert sorted(reply.body["repeated"] for reply in replies) == [False, True, True, True, True]
    assert await texts(town) == ["Once only"]


async def test_the_same_id_of_another_visitor_is_another_message(town: Town) -> None:
    one, other = await town.citizen(), await town.citizen()
    first, second = await one.say("Mine", "id-1"), await other.say("Yours", "id-1")
    assert second.body["repeated"] is False
    assert first.body["conversation_id"] != second.body["conversation_id"]


@both_engines
async def test_an_album_of_nine_at_once_is_one_conversation_with_nine_messages(town: Town) -> None:
    citizen = await town.citizen()
    replies = await asyncio.gather(*(citizen.say(f"Picture {n}") for n in range(9)))
    assert len({reply.body["conversation_id"] for reply in replies}) == 1
    assert sorted(await texts(town)) == [f"Picture {n}" for n in range(9)]
    assert [m["seq"] for m in await thread(citizen)] == list(range(1, 11))


async def test_ten_megabytes_are_refused_and_nothing_is_stored(town: Town) -> None:
    citizen = await town.citizen()
    huge = b'{"id": "big", "text": "' + b"x" * 10_000_000 + b'"}'
    status, problem = await raw(citizen, huge)
    assert (status, problem["code"]) == (413, "body_too_large")
    assert await texts(town) == []


async def test_more_than_four_thousand_characters_are_refused_with_the_measure(town: Town) -> None:
    citizen = await town.citizen()
    assert (await citizen.say("字" * 4000)).status == 200
    refused = await citizen.say("字" * 4001)
    assert (refused.status, refused.body["code"]) == (413, "message_too_long")
    assert refused.body["params"] == {"most": 4000}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "message_empty"),
        (" \r\n\t ", "message_empty"),
        ("\0PNG", "text_binary"),
        ("before\x07after", "text_binary"),
        ("half a character \ud83d", "text_binary"),
    ],
)
async def test_empty_and_binary_texts_are_refused(town: Town, text: str, code: str) -> None:
    citizen = await town.citizen()
    refused = await citizen.say(text)
    assert refused.status == 422
    assert code in {error["code"] for error in refused.body["errors"]}
    assert await texts(town) == []


@pytest.mark.parametrize("body", [b'{"id": "a", "text": "\xff\xfe"}', b"\x89PNG\r\n", b"{", b""])
async def test_a_body_that_is_no_text_or_no_json_is_refused(town: Town, body: bytes) -> None:
    status, problem = await raw(await town.citizen(), body)
    assert (status, problem["errors"][0]["code"]) == (422, "json_invalid")


async def test_script_is_stored_and_given_back_as_the_text_it_is(town: Town) -> None:
    citizen = await town.citizen()
    text = "<script>alert('x')</script><img src=x onerror=alert(1)>"
    await citizen.say(text)
    assert (await thread(citizen))[0]["text"] == text
    async with citizen.http.get("/api/citizen/conversation") as answer:
        assert answer.content_type == "application/json"


async def test_a_page_of_another_site_can_neither_post_nor_listen(town: Town) -> None:
    citizen = await town.citizen()
    headers = {"Origin": "https://evil.example", CSRF_HEADER: citizen.csrf or ""}
    for path in ("/api/citizen/messages", "/api/citizen/session"):
        async with citizen.http.post(path, json={}, headers=headers) as answer:
            assert (answer.status, (await answer.json(content_type=None))["code"]) == (403, "cross_origin")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await citizen.http.ws_connect("/api/live?as=citizen", headers=headers)
    assert refused.value.status == 403


async def test_without_session_or_token_nothing_is_taken(town: Town) -> None:
    stranger = town.browser("citizen")
    assert (await stranger.say("Hello")).status == 401
    citizen = await town.citizen()
    citizen.csrf = "wrong"
    assert (await citizen.say("Hello")).body["code"] == "csrf"
    assert await texts(town) == []


async def test_a_session_id_that_was_planted_is_not_taken_over(town: Town) -> None:
    browser = town.browser("citizen")
    name = cookie_at_port(CITIZEN_COOKIE, town.server.port)
    browser.http.cookie_jar.update_cookies({name: "planted"}, town.server.make_url("/"))
    await browser.call("POST", "/api/citizen/session", {})
    (cookie,) = [c.value for c in browser.http.cookie_jar if c.key == name]
    assert cookie != "planted"


async def test_a_visit_goes_on_in_a_second_tab(town: Town) -> None:
    citizen = await town.citizen()
    again = await citizen.call("POST", "/api/citizen/session", {})
    assert again.body == {"visitor": citizen.id, "csrf": citizen.csrf}
    assert (await citizen.call("GET", "/api/citizen/session")).body == again.body


async def test_a_flood_is_slowed_down_and_told_how_long_to_wait(town: Town) -> None:
    citizen = await town.citizen()
    for n in range(30):
        assert (await citizen.say(f"{n}")).status == 200
    refused = await citizen.say("one too many")
    assert (refused.status, refused.body["params"]) == (429, {"retry_after": 60})
    assert (await (await town.citizen()).say("somebody else")).status == 200


async def test_name_and_phone_are_kept_and_a_wrong_number_is_named(town: Town) -> None:
    citizen = await town.citizen()
    kept = await citizen.call("PUT", "/api/citizen/contact", {"name": "Ms Wang", "phone": "138 0000 2046"})
    assert kept.status == 204
    wrong = await citizen.call("PUT", "/api/citizen/contact", {"name": "Ms Wang", "phone": "12"})
    assert wrong.status == 422
    assert wrong.body["errors"][0]["field"] == "phone"
