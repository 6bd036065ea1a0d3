"""The exchange dies and comes back: the phone in the browser is registered again by itself, and rings."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.browser import launched, visitor
from tests.support.line_town import NUMBER, LineTown, line_is_up, line_town
from tests.support.people import eventually
from tests.support.running import demo_password

PATIENCE = 60_000


@pytest.fixture
def town(tmp_path: Path) -> Iterator[LineTown]:
    with line_town(tmp_path) as town:
        yield town


async def died_and_came_back(town: LineTown) -> None:
    former = town.asterisk.pid
    assert former is not None
    os.kill(former, signal.SIGKILL)

    async def look() -> bool:
        return town.asterisk.pid not in (None, former)

    await eventually(look, "the exchange was started again")
    await line_is_up(town.hotline)


async def test_the_phone_is_registered_again_without_the_agent_and_rings(town: LineTown) -> None:
    async with (
        launched(fake_media=True) as browser,
        visitor(browser, base_url=town.hotline.url, permissions=("microphone",)) as agent,
    ):
        page = agent.page
        await page.goto("/")
        await page.get_by_label("账号").fill("agent1")
        await page.get_by_label("密码").fill(demo_password())
        await page.get_by_role("button", name="登录").click()
        registered = page.locator(".hint.registered")
        await expect(registered).to_be_visible(timeout=PATIENCE)
        await page.keyboard.press("F8")
        await died_and_came_back(town)
        await expect(registered).to_be_visible(timeout=PATIENCE)
        await asyncio.to_thread(town.rings)
        bar = page.get_by_role("banner")
        await expect(bar.get_by_role("button", name=re.compile("接听"))).to_be_visible(timeout=PATIENCE)
        await page.keyboard.press("F2")
        await expect(bar.get_by_text(NUMBER)).to_be_visible(timeout=PATIENCE)


async def test_a_call_that_died_with_the_exchange_is_over_on_the_page_too(town: LineTown) -> None:
    """Else the phone would keep "talking", and refuse every call from then on."""
    async with (
        launched(fake_media=True) as browser,
        visitor(browser, base_url=town.hotline.url, permissions=("microphone",)) as agent,
    ):
        page = agent.page
        await page.goto("/")
        await page.get_by_label("账号").fill("agent1")
        await page.get_by_label("密码").fill(demo_password())
        await page.get_by_role("button", name="登录").click()
        await expect(page.locator(".hint.registered")).to_be_visible(timeout=PATIENCE)
        await page.keyboard.press("F8")
        await asyncio.to_thread(town.rings)
        bar = page.get_by_role("banner")
        await expect(bar.get_by_role("button", name=re.compile("接听"))).to_be_visible(timeout=PATIENCE)
        await page.keyboard.press("F2")
        await expect(bar.get_by_role("button", name=re.compile("挂断"))).to_be_visible(timeout=PATIENCE)
        await expect(bar.get_by_text("通话中").last).to_be_visible(timeout=PATIENCE)
        await died_and_came_back(town)
        await expect(bar.get_by_role("button", name=re.compile("挂断"))).to_have_count(0, timeout=PATIENCE)
