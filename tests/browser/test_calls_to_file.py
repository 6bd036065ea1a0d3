"""A call that the server lost is written down afterwards, from its recording, beside the missed calls."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.test_accessibility import violations
from tests.support.browser import launched
from tests.support.line_town import AGENT, CITIZEN, LineTown, line_is_up, line_town
from tests.support.page_steps import PHONE_PATIENCE, SAID, dispatch, phone_desk
from tests.support.player import listen, player_on, tones_in, voice
from tests.support.waiting import wait_until

NUMBER = "13800002046"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[LineTown]:
    with line_town(tmp_path / "town") as town:
        yield town


def hangs_up_unseen(town: LineTown, citizen: str) -> None:
    """The server dies, the call ends without it, and it comes back."""
    town.hotline.kill()
    town.carrier.hang_up(citizen)
    wait_until(lambda: town.carrier.report(citizen) is not None, "the call has ended")
    town.hotline.start()


async def test_a_call_that_the_server_lost_is_heard_again_and_registered(
    town: LineTown, tmp_path: Path
) -> None:
    async with (
        launched(voice=voice(tmp_path / "agent-voice.wav", AGENT)) as browser,
        phone_desk(browser, town.hotline.url) as page,
    ):
        bar = page.get_by_role("banner")
        citizen = await asyncio.to_thread(town.rings, NUMBER)
        await expect(bar.get_by_role("button", name=re.compile("接听"))).to_be_visible(timeout=PHONE_PATIENCE)
        await page.keyboard.press("F2")
        await expect(bar.get_by_role("button", name=re.compile("保持"))).to_be_visible(timeout=PHONE_PATIENCE)
        await expect(bar.get_by_role("timer")).to_have_text(
            re.compile(r"^00:(0[3-9]|\d\d)$"), timeout=PHONE_PATIENCE
        )
        await asyncio.to_thread(hangs_up_unseen, town, citizen)
        await line_is_up(town.hotline)

        await page.get_by_role("link", name=re.compile("待补登记")).click(timeout=PHONE_PATIENCE)
        row = page.get_by_role("row").filter(has_text="138****2046")
        await row.get_by_role("button", name="打开").click()
        player = player_on(page)
        await expect(player.get_by_role("button", name="听录音")).to_be_visible(timeout=PHONE_PATIENCE)
        await listen(player)
        [[loud, _], _] = await tones_in(player, CITIZEN, AGENT)
        assert loud > 0.05
        assert await violations(page) == []

        form = page.get_by_role("region", name="工单")
        await form.get_by_label("标题").fill("五一路12号门口路灯不亮")
        await form.get_by_role("button", name="类别").click()
        await page.get_by_placeholder(re.compile("搜类别")).fill("灯不亮")
        await page.get_by_role("option", name=re.compile("单灯不亮")).first.click()
        await form.get_by_role("combobox", name="地点").fill("五一路12号")
        await form.get_by_label("诉求").fill(SAID)
        await expect(form.get_by_role("button", name=re.compile("派给照明处"))).to_be_enabled()
        await dispatch(page)
        await expect(page.get_by_role("row").filter(has_text="138****2046")).to_have_count(0)
