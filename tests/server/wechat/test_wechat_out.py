"""What agents write to citizens of the official account: sent once, within the budget, outcome shown."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from hotline.kernel.ids import new_id
from hotline.mailroom import store
from tests.support.chat_fixtures import Browser, until_reply
from tests.support.waiting import until
from tests.support.wechat_account import OPENID, Account, PaperPlatform, open_account
from tests.support.wechat_posts import SECRET, TOKEN, event


async def budget(agent: Browser, conversation_id: str) -> dict[str, Any]:
    shown = (await agent.call("GET", f"/api/conversations/{conversation_id}")).body["budget"]
    assert isinstance(shown, dict)
    return shown


async def budget_when(agent: Browser, conversation_id: str, left: int) -> dict[str, Any]:
    """The budget once so many are left."""
    path = f"/api/conversations/{conversation_id}"
    body = await until_reply(
        lambda: agent.call("GET", path), lambda body: body["budget"]["left"] == left, f"{left} are left"
    )
    return dict(body["budget"])


async def test_an_answer_reaches_the_citizen_once_and_shows_that_it_did(
    account: Account, platform: PaperPlatform
) -> None:
    agent, conversation_id = await account.serving()
    same = new_id()
    for _ in range(2):
        assert (await agent.reply(conversation_id, "A crew is on its way. 师傅已出发", same)).status == 200
    shown = await account.message_when(
        agent, conversation_id, "A crew is on its way. 师傅已出发", state="sent"
    )
    assert shown["delivery"] == {"state": "sent", "code": None}
    assert [one["touser"] for one in platform.sent] == [OPENID] * 2
    # The first is the greeting that everybody gets.
    assert platform.words[1:] == ["A crew is on its way. 师傅已出发"]


async def test_the_page_sees_delivery_and_budget_change(account: Account) -> None:
    agent, conversation_id = await account.serving()
    lines = await (await agent.open_page()).watch("messages", conversation_id)
    await agent.reply(conversation_id, "Soon")
    await until(
        lambda: any(
            one.data["text"] == "Soon" and one.data["delivery"] == {"state": "sent", "code": None}
            for one in lines.values()
        ),
        "the page shows that it was sent",
    )
    left = await budget_when(agent, conversation_id, 3)
    assert (left["most"], left["reason"]) == (5, "")


async def test_what_the_budget_does_not_allow_is_refused_and_not_even_asked(
    account: Account, platform: PaperPlatform
) -> None:
    agent, conversation_id = await account.serving()
    for n in range(5):
        await agent.reply(conversation_id, f"Answer {n}")
    refused = await account.message_when(agent, conversation_id, "Answer 4", state="refused")
    assert refused["delivery"]["code"] == "budget_spent"
    assert len(platform.sent) == 5
    assert (await budget(agent, conversation_id))["reason"] == "spent"
    account.pass_time(seconds=1)
    await account.writes("Are you there?")
    await budget_when(agent, conversation_id, 5)
    await agent.reply(conversation_id, "Yes")
    await account.message_when(agent, conversation_id, "Yes", state="sent")


async def test_after_48_hours_the_window_is_closed_until_they_write_or_click(account: Account) -> None:
    agent, conversation_id = await account.serving()
    await budget_when(agent, conversation_id, 4)
    account.pass_time(hours=48)
    assert (await agent.sign_in("zhou")).status == 200
    assert await budget(agent, conversation_id) == {
        "left": 0,
        "most": 5,
        "ends_at": None,
        "reason": "window_closed",
    }
    await account.says(event("CLICK", account.clock.now(), "menu"))
    assert (await budget_when(agent, conversation_id, 3))["most"] == 3
    await account.says(event("unsubscribe", account.clock.now()))
    assert (await budget_when(agent, conversation_id, 0))["reason"] == "left"
    await agent.reply(conversation_id, "Too late")
    gone = await account.message_when(agent, conversation_id, "Too late", state="refused")
    assert gone["delivery"]["code"] == "recipient_gone"


@pytest.mark.parametrize(
    ("code", "name"), [(45047, "budget_spent"), (45015, "window_closed"), (87014, "content_refused")]
)
async def test_what_the_platform_refuses_is_shown_with_its_reason(
    account: Account, platform: PaperPlatform, code: int, name: str
) -> None:
    agent, conversation_id = await account.serving()
    await until(lambda: len(platform.sent) == 1, "the greeting was sent")
    platform.answers = [code]
    await agent.reply(conversation_id, "Hello")
    shown = await account.message_when(agent, conversation_id, "Hello", state="refused")
    assert shown["delivery"]["code"] == name
    left = await budget(agent, conversation_id)
    assert left["left"] == (4 if name == "content_refused" else 0)


async def test_an_answer_whose_outcome_nobody_knows_is_never_repeated(
    account: Account, platform: PaperPlatform
) -> None:
    agent, conversation_id = await account.serving()
    await until(lambda: len(platform.sent) == 1, "the greeting was sent")
    platform.answers = ["cut"]
    await agent.reply(conversation_id, "Did it arrive?")
    await agent.reply(conversation_id, "The next one")
    shown = await account.message_when(agent, conversation_id, "Did it arrive?", state="unknown")
    assert shown["delivery"]["code"] == "unanswered"
    await account.message_when(agent, conversation_id, "The next one", state="sent")
    assert platform.words[1:] == ["The next one"]


async def test_a_busy_platform_is_asked_again_and_the_order_is_kept(
    account: Account, platform: PaperPlatform
) -> None:
    agent, conversation_id = await account.serving()
    await until(lambda: len(platform.sent) == 1, "the greeting was sent")
    platform.answers = [-1, 45009]
    await agent.reply(conversation_id, "First")
    await agent.reply(conversation_id, "Second")
    await until(lambda: len(platform.answers) == 1, "it was asked once")
    account.pass_time(seconds=10)
    await until(lambda: not platform.answers, "it was asked again")
    account.pass_time(seconds=10)
    await account.message_when(agent, conversation_id, "Second", state="sent")
    assert platform.words[1:] == ["First", "Second"]


async def test_a_token_that_the_platform_refuses_is_renewed_once(
    account: Account, platform: PaperPlatform
) -> None:
    agent, conversation_id = await account.serving()
    await until(lambda: len(platform.sent) == 1, "the greeting was sent")
    platform.token = "another one took it"
    await agent.reply(conversation_id, "With a new token")
    await account.message_when(agent, conversation_id, "With a new token", state="sent")
    assert (platform.tokens, platform.forced) == (2, 0)


async def test_an_address_that_is_not_on_the_list_shows_in_health_and_messages_wait(
    platform: PaperPlatform, sqlite_url: str, tmp_path: Path
) -> None:
    platform.refuse_tokens = 40164
    async with open_account(tmp_path, platform) as account:
        agent, conversation_id = await account.serving()

        async def health() -> dict[str, Any]:
            async with account.http.get(account.server.make_url("/healthz")) as answer:
                return dict((await answer.json())["parts"]["wechat"])

        deadline = asyncio.get_running_loop().time() + 60
        while (shown := await health())["state"] != "degraded":
            assert asyncio.get_running_loop().time() < deadline, shown
            await asyncio.sleep(0.02)
        assert shown["detail"].startswith("address_not_allowed: 40164")
        await agent.reply(conversation_id, "Waits")
        waiting = await account.message_when(agent, conversation_id, "Waits", state="waiting")
        assert waiting["delivery"]["code"] is None
        platform.refuse_tokens = 0
        account.pass_time(seconds=10)
        await account.message_when(agent, conversation_id, "Waits", state="sent")


async def test_what_was_begun_when_the_server_died_is_unknown_and_not_sent_again(
    account: Account, platform: PaperPlatform, tmp_path: Path
) -> None:
    agent, conversation_id = await account.serving()
    await until(lambda: len(platform.sent) == 1, "the greeting was sent")
    await account.hotline.supervisor.stop()
    await agent.reply(conversation_id, "Half sent")
    async with account.hotline.database.uow() as tx:
        message = next(
            one for one in await account.messages(agent, conversation_id) if one["text"] == "Half sent"
        )
        payload = {"channel": "wechat_mp", "sender": OPENID}
        await store.plan(tx, "send", message["id"], "lane", payload, account.clock.now())
        (errand,) = [row for row in await store.open_errands(tx, 10) if row.key == message["id"]]
        await store.change_errand(tx, errand.id, {"state": "running", "attempts": 1})
    account.hotline.supervisor.start()
    shown = await account.message_when(agent, conversation_id, "Half sent", state="unknown")
    assert shown["delivery"]["code"] == "unanswered"
    assert platform.words[1:] == []


async def test_a_long_answer_goes_in_pieces_and_counts_as_such(
    account: Account, platform: PaperPlatform
) -> None:
    agent, conversation_id = await account.serving()
    await until(lambda: len(platform.sent) == 1, "the greeting was sent")
    long = "水" * 1500
    await agent.reply(conversation_id, long)
    await account.message_when(agent, conversation_id, long, state="sent")
    assert "".join(platform.words[1:]) == long
    assert all(len(words.encode()) <= 2000 for words in platform.words)
    assert (await budget_when(agent, conversation_id, 1))["most"] == 5
    await agent.reply(conversation_id, long)
    await until_reply(
        lambda: agent.call("GET", f"/api/conversations/{conversation_id}/messages"),
        lambda body: any((one["delivery"] or {}).get("code") == "budget_too_small" for one in body),
        "the second is too long for what is left",
    )
    assert len(platform.sent) == 4


async def test_no_secret_is_in_a_log_or_an_address_of_ours(
    account: Account, platform: PaperPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    agent, conversation_id = await account.serving()
    platform.answers = [0, "cut", 45047]
    for words in ("one", "two", "three"):
        await agent.reply(conversation_id, words)
    await account.message_when(agent, conversation_id, "three", state="refused")
    # The access log is that of the platform on paper; the product keeps none.
    ours = [record for record in caplog.records if record.name != "aiohttp.access"]
    told = "\n".join(f"{record.getMessage()} {vars(record)}" for record in ours)
    assert [name for name in (TOKEN, SECRET, platform.token) if name in told] == []
    assert OPENID not in told
