"""A citizen's real call rings at a desk in a browser: pop, answer, hold, reload in mid-call, wrap-up."""

from __future__ import annotations

import asyncio
import json
import os
import re
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from hotline.config import load_settings
from hotline.lines import exchange
from telephony.carrier.run import Carrier, CitizenCall
from tests.support.asterisk import citizens, program, tone
from tests.support.browser import launched, visitor
from tests.support.running import demo_password, running_hotline
from tests.support.waiting import wait_until

NUMBER = "13800002046"
PATIENCE = 30_000
LINES = {"HOTLINE_TELEPHONY": "true", "HOTLINE_WRAP_UP_SECONDS": "300"}
PICTURES = os.environ.get("HOTLINE_SCREENSHOTS")
"""A folder to leave pictures in, to be looked at."""


@dataclass
class Town:
    """A hotline with lines, the carrier that citizens call through, and what they say."""

    url: str
    carrier: Carrier
    voice: Path

    async def citizen_calls(self) -> None:
        call = CitizenCall(NUMBER, wav=self.voice, repeat=True)
        await asyncio.to_thread(self.carrier.place, call)


def line_is_up(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:  # noqa: S310 - our own
        return bool(json.load(answer)["parts"]["telephony"]["state"] == "ok")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    program()
    data = tmp_path / "data"
    notice = data / "telephony" / "sounds" / "zh"
    notice.mkdir(parents=True)
    tone(notice / "recording-notice.wav", 300, 0.4)
    with running_hotline(data, LINES) as hotline:
        asterisk = exchange(load_settings(data))
        try:
            wait_until(lambda: line_is_up(hotline.url), "the line is up")
            with citizens(asterisk, tmp_path) as carrier:
                yield Town(hotline.url, carrier, tone(tmp_path / "citizen.wav", 440))
        finally:
            asterisk.kill()


@asynccontextmanager
async def desk(browser: Browser, town: Town) -> AsyncIterator[Page]:
    """A ready agent whose phone can be rung."""
    async with visitor(browser, base_url=town.url, permissions=("microphone",)) as agent:
        page = agent.page
        await page.goto("/")
        await page.get_by_label("账号").fill("agent1")
        await page.get_by_label("密码").fill(demo_password())
        await page.get_by_role("button", name="登录").click()
        await expect(page.locator(".hint.registered")).to_be_visible(timeout=PATIENCE)
        await page.keyboard.press("F8")
        yield page


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png")


async def test_a_call_is_answered_kept_over_a_reload_and_wrapped_up(town: Town) -> None:
    async with launched(fake_media=True) as browser, desk(browser, town) as page:
        bar = page.get_by_role("banner")
        await page.get_by_role("button", name="新建登记").first.click()
        title = page.get_by_role("region", name="工单").get_by_label("标题")
        await title.focus()

        await town.citizen_calls()
        await expect(bar.get_by_role("button", name=re.compile("接听"))).to_be_visible(timeout=PATIENCE)
        await expect(page.get_by_role("heading", name="来电人")).to_be_visible()
        # Ringing takes nothing from who is writing.
        await expect(title).to_be_focused()
        await picture(page, "desk-ringing")

        await page.keyboard.press("F2")
        await expect(bar.get_by_text("通话中").last).to_be_visible(timeout=PATIENCE)
        await expect(bar.get_by_text(NUMBER)).to_be_visible()
        await page.get_by_label(re.compile("通话备注")).fill("路灯三天没亮")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("log")).to_contain_text("路灯三天没亮")
        await picture(page, "desk-talking")

        await page.keyboard.press("F3")
        await expect(bar.get_by_role("button", name=re.compile("取回"))).to_be_visible()
        await page.keyboard.press("F3")
        await expect(bar.get_by_role("button", name=re.compile("保持"))).to_be_visible()

        await page.reload()
        await expect(bar.get_by_role("button", name=re.compile("挂断"))).to_be_visible(timeout=PATIENCE)
        await expect(bar.get_by_text("通话中").last).to_be_visible(timeout=PATIENCE)
        await expect(page.get_by_role("log")).to_contain_text("路灯三天没亮")

        await page.keyboard.press("F4")
        await expect(bar.get_by_role("button", name="整理完毕")).to_be_visible(timeout=PATIENCE)
        await picture(page, "desk-wrap-up")
        await bar.get_by_role("button", name="整理完毕").click()
        await expect(bar.get_by_role("button", name="整理完毕")).to_have_count(0)
