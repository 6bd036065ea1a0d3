"""An agent's browser vanishes in mid-call: case and draft are kept, and another agent helps the caller.

QUALITY's fault 11, with a real browser that crashes and a real call.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from playwright.async_api import Error as PlaywrightError

from telephony.carrier.run import Carrier
from tests.support.browser import launched
from tests.support.line_town import LineTown, desk_phone_of, line_town, my_call, ready_agent
from tests.support.page_steps import PHONE_PATIENCE, sign_in
from tests.support.people import Person, eventually, people
from tests.support.running import demo_password

WITHIN = 15.0
"""Seconds: the bound is part of the promise."""
TITLE = "五一路12号门口路灯不亮"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTown]:
    with line_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture
def desk_phone(town: LineTown) -> Iterator[Carrier]:
    with desk_phone_of(town) as phone:
        yield phone


@asynccontextmanager
async def desk_that_will_vanish(town: LineTown) -> AsyncIterator[tuple[Browser, Page]]:
    """A ready agent in a browser of which nothing can be tidied up."""
    async with launched(fake_media=True) as browser:
        context = await browser.new_context(
            base_url=town.hotline.url, locale="zh-CN", permissions=["microphone"], ignore_https_errors=True
        )
        page = await context.new_page()
        await sign_in(page, "agent1")
        await expect(page.locator(".hint.registered")).to_be_visible(timeout=PHONE_PATIENCE)
        await page.keyboard.press("F8")
        yield browser, page


async def crash(browser: Browser) -> None:
    """No page says good-bye: the sockets are simply gone."""
    session = await browser.new_browser_cdp_session()
    # The answer to this command is the end of the connection.
    with pytest.raises(PlaywrightError, match="closed"):
        await session.send("Browser.crash")

    async def look() -> bool:
        return not browser.is_connected()

    await eventually(look, "the browser is gone")


async def drafted(agent: Person, conversation_id: str) -> Any:
    """The agent's draft of a conversation once it has the title."""

    async def look() -> Any:
        draft = await agent.ask("GET", f"/api/desk/drafts/{conversation_id}")
        return draft if draft["form"].get("title") == TITLE else None

    return await eventually(look, "the draft is kept")


async def test_case_and_draft_are_kept_and_the_caller_is_taken_by_another(
    town: LineTown, desk_phone: Carrier
) -> None:
    async with people(town.hotline.url) as person, desk_that_will_vanish(town) as (browser, page):
        observer = await person().sign_in("agent1", demo_password())
        citizen = town.rings()
        bar = page.get_by_role("banner")
        await expect(bar.get_by_role("button", name=re.compile("接听"))).to_be_visible(timeout=PHONE_PATIENCE)
        await page.keyboard.press("F2")
        talking = await my_call(observer, "talk")
        await expect(bar.get_by_role("button", name=re.compile("保持"))).to_be_visible(timeout=PHONE_PATIENCE)
        await page.get_by_role("region", name="工单").get_by_label("标题").fill(TITLE)
        before = await drafted(observer, talking["conversation_id"])

        other = person()
        account = await ready_agent(town, other, desk_phone, name="agent2")
        try:
            await crash(browser)

            async def is_away() -> bool:
                return bool((await observer.ask("GET", "/api/agent/state"))["state"] == "offline")

            await eventually(is_away, "the agent is unavailable", patience=WITHIN)
            assert town.carrier.is_answered(citizen), "the citizen is still there"
            taken = await my_call(other, "talk")
            assert taken["id"] == talking["id"]
            assert await observer.ask("GET", "/api/calls/mine") == []
            # With the conversation, what was written of it came to whoever holds it now.
            kept = await other.ask("GET", f"/api/desk/drafts/{talking['conversation_id']}")
            assert kept == before
            town.carrier.hang_up(citizen)
            await my_call(other, "ended")
        finally:
            account.delete()
