"""The official account on bad days: tokens end, budgets are spent, media are gone, answers are lost."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.people import eventually
from tests.support.wechat_desk import Account, Line, wechat_account, wechat_line

SEND = "/cgi-bin/message/custom/send"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with wechat_account(tmp_path_factory.mktemp("wechat")) as account:
        yield account


@pytest.fixture
async def line(account: Account) -> AsyncIterator[Line]:
    async with wechat_line(account) as line:
        yield line


@pytest.fixture
def user() -> str:
    """A citizen whom nobody knows yet."""
    return "o" + secrets.token_hex(13)


async def talk(line: Line, user: str) -> str:
    """The user's conversation, served, after the greeting."""
    await line.wechat.say(user, f"begin {user}")
    conversation_id = await line.desk.serving(f"begin {user}")
    await line.wechat.received(user)
    return conversation_id


@pytest.mark.parametrize("end", ["expire", "revoke"])
async def test_an_answer_arrives_though_the_token_has_ended(line: Line, user: str, end: str) -> None:
    conversation_id = await talk(line, user)
    await line.wechat.ask("POST", f"/tokens/{end}")
    await line.desk.reply(conversation_id, "one", "two")
    assert [one["text"] for one in await line.wechat.received(user, 2, after=1)] == ["one", "two"]
    assert await line.desk.delivered(conversation_id, "two", "sent") is None


async def test_the_budget_is_shown_spent_and_begins_anew(line: Line, user: str) -> None:
    conversation_id = await talk(line, user)
    before = await line.desk.budget_when(conversation_id, 4)
    assert (before["most"], before["reason"]) == (5, "")
    await line.desk.reply(conversation_id, *"12345")
    assert await line.desk.delivered(conversation_id, "5", "refused") == "budget_spent"
    assert (await line.desk.budget(conversation_id))["reason"] == "spent"
    assert len(await line.wechat.received(user, 5)) == 5
    assert (await line.wechat.user(user))["left"] == 0
    await line.wechat.say(user, "anew")
    await line.desk.budget_when(conversation_id, 5)
    await line.desk.reply(conversation_id, "6")
    assert await line.desk.delivered(conversation_id, "6", "sent") is None


async def test_the_platform_counts_otherwise_and_is_believed(line: Line, user: str) -> None:
    conversation_id = await talk(line, user)
    await line.wechat.fault(SEND, errcode=45047)
    await line.desk.reply(conversation_id, "too many")
    assert await line.desk.delivered(conversation_id, "too many", "refused")
    spent = await line.desk.budget_when(conversation_id, 0)
    assert spent["reason"] == "spent"


async def test_a_window_that_has_closed_is_said(line: Line, user: str) -> None:
    conversation_id = await talk(line, user)
    await line.wechat.change(ahead=48 * 3600)
    await line.desk.reply(conversation_id, "too late")
    code = await line.desk.delivered(conversation_id, "too late", "refused")
    assert code
    assert "window" in code or "closed" in code or "left" in code


async def test_who_has_left_is_not_written_to(line: Line, user: str) -> None:
    conversation_id = await talk(line, user)
    await line.wechat.do(user, "unsubscribe")

    async def left() -> bool:
        return str((await line.desk.budget(conversation_id))["reason"]) == "left"

    await eventually(left, "the desk knows that the citizen has left")
    await line.desk.reply(conversation_id, "are you there")
    assert await line.desk.delivered(conversation_id, "are you there", "refused")
    assert len(await line.wechat.received(user)) == 1


async def test_media_that_are_gone_are_lost_and_said_so(line: Line, user: str) -> None:
    conversation_id = await talk(line, user)
    await line.wechat.send(user, "image", media_id="no-longer-kept")
    (lost,) = await line.desk.attachments(conversation_id, 1, "lost")
    assert (lost["reason"], lost["url"]) == ("expired", None)


async def test_media_are_fetched_again_after_a_fault(line: Line, user: str) -> None:
    conversation_id = await talk(line, user)
    await line.wechat.fault("/cgi-bin/media/get", errcode=-1)
    await line.wechat.send(user, "image")
    (kept,) = await line.desk.attachments(conversation_id, 1)
    assert kept["mime"] == "image/jpeg"


async def test_an_answer_whose_outcome_is_unknown_is_not_sent_twice(line: Line, user: str) -> None:
    conversation_id = await talk(line, user)
    await line.wechat.fault(SEND, drop="after")
    await line.desk.reply(conversation_id, "perhaps", "surely")
    await line.desk.delivered(conversation_id, "perhaps", "unknown")
    await line.desk.delivered(conversation_id, "surely", "sent")
    assert [one["text"] for one in await line.wechat.received(user, 2, after=1)] == ["perhaps", "surely"]


async def test_a_busy_platform_is_asked_again_in_order(line: Line, user: str) -> None:
    conversation_id = await talk(line, user)
    await line.wechat.fault(SEND, errcode=-1, times=2)
    await line.desk.reply(conversation_id, "first", "second")
    assert [one["text"] for one in await line.wechat.received(user, 2, after=1)] == ["first", "second"]


async def test_an_address_that_is_not_allowed_shows_in_health_and_answers_wait(line: Line, user: str) -> None:
    conversation_id = await talk(line, user)
    await line.wechat.change(allowed=["203.0.113.7"])
    await line.wechat.ask("POST", "/tokens/revoke")
    await line.desk.reply(conversation_id, "be patient")

    async def told() -> bool:
        health = await line.desk.agent.ask("GET", "/healthz")
        return "40164" in str(health["parts"]["wechat"])

    await eventually(told, "health names the error")
    await line.wechat.change(allowed=None)
    (arrived,) = await line.wechat.received(user, 1, after=1)
    assert arrived["text"] == "be patient"
