"""The line through pages, SIP and HTTP only: what citizens and staff do with their own devices."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from telephony.carrier.run import Carrier
from tests.browser.test_accessibility import violations
from tests.support.asterisk import program, tone
from tests.support.browser import PHONE, launched, visitor
from tests.support.line_town import AGENT, CITIZEN, LineTown, line_town
from tests.support.page_steps import (
    PHONE_PATIENCE,
    centre_passes,
    clerk_signs_and_reports,
    dispatch,
    fill_form,
    open_case,
    phone_desk,
    satisfied_by_phone,
    sign_in,
)
from tests.support.player import LOUD, SILENT, listen, player_on, tones_in, voice

NUMBER, OTHER_NUMBER = "13800002046", "13800002047"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTown]:
    """One for all tests: each leaves its agents without a call, and not ready."""
    with line_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture
async def agents(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser whose microphone hears an agent."""
    async with launched(voice=voice(tmp_path / "agent-voice.wav", AGENT)) as browser:
        yield browser


async def rings(page: Page) -> None:
    answer = page.get_by_role("banner").get_by_role("button", name=re.compile("接听"))
    await expect(answer).to_be_visible(timeout=PHONE_PATIENCE)


async def talks(page: Page) -> None:
    bar = page.get_by_role("banner")
    await expect(bar.get_by_role("button", name=re.compile("保持"))).to_be_visible(timeout=PHONE_PATIENCE)


async def both_are_heard(page: Page) -> None:
    """The recording on the page is played; each voice is in its own channel and in no other."""
    player = player_on(page)
    await expect(player.get_by_role("button", name="听录音")).to_be_visible(timeout=PHONE_PATIENCE)
    await listen(player)
    citizen, agent = await tones_in(player, CITIZEN, AGENT)
    heard = [[level > LOUD for level in citizen], [level > LOUD for level in agent]]
    assert heard == [[True, False], [False, True]], (citizen, agent)
    assert max(citizen[1], agent[0]) < SILENT, (citizen, agent)


async def wraps_up(page: Page) -> None:
    done = page.get_by_role("banner").get_by_role("button", name="整理完毕")
    await done.click(timeout=PHONE_PATIENCE)
    await expect(done).to_have_count(0)


async def said_something(page: Page, seconds: int = 4) -> None:
    """The talk has lasted so long by the clock in the bar."""
    clock = page.get_by_role("banner").get_by_role("timer")
    await expect(clock).to_have_text(re.compile(rf"^00:(0[{seconds}-9]|[1-5]\d)$"), timeout=PHONE_PATIENCE)


async def test_a_call_becomes_a_closed_case_with_both_voices_recorded(
    town: LineTown, agents: Browser
) -> None:
    url = town.hotline.url
    async with (
        phone_desk(agents, url) as page,
        visitor(agents, base_url=url) as clerk,
        visitor(agents, base_url=url) as asker,
    ):
        await sign_in(clerk.page, "clerk-lt")
        await sign_in(asker.page, "survey")
        await asyncio.to_thread(town.rings, NUMBER)
        await rings(page)
        await expect(page.get_by_role("heading", name="来电人")).to_be_visible()
        assert await violations(page) == []
        await page.keyboard.press("F2")
        await talks(page)
        await fill_form(page, phone=None)
        await said_something(page)
        case_no = await dispatch(page)
        await page.keyboard.press("F4")
        await wraps_up(page)

        await clerk_signs_and_reports(clerk.page)
        await centre_passes(page, case_no)
        await satisfied_by_phone(asker.page, case_no)

        await open_case(page, case_no)
        await expect(page.get_by_text("已办结").first).to_be_visible()
        await both_are_heard(page)
        assert await violations(page) == []


async def test_a_citizen_calls_from_the_web_page(town: LineTown, agents: Browser, tmp_path: Path) -> None:
    heard = voice(tmp_path / "citizen-voice.wav", CITIZEN)
    url = town.hotline.url
    async with (
        launched(voice=heard) as browser,
        phone_desk(agents, url) as page,
        visitor(browser, base_url=url, size=PHONE, permissions=("microphone",)) as citizen,
    ):
        await citizen.page.goto("/citizen")
        await citizen.page.get_by_role("link", name=re.compile("网页电话")).click()
        await citizen.page.get_by_role("button", name="呼叫热线").click()
        await rings(page)
        await expect(page.get_by_role("banner").get_by_text("网页电话", exact=True)).to_be_visible()
        await page.keyboard.press("F2")
        await talks(page)
        await expect(citizen.page.get_by_text(re.compile("已接通"))).to_be_visible()
        await said_something(page)
        await citizen.page.get_by_role("button", name="挂断").click()
        await expect(citizen.page.get_by_text("通话已结束")).to_be_visible()
        done = page.get_by_role("banner").get_by_role("button", name="整理完毕")
        await expect(done).to_be_visible(timeout=PHONE_PATIENCE)
        await both_are_heard(page)
        await wraps_up(page)


async def test_a_missed_call_is_called_back_by_one_click(town: LineTown, agents: Browser) -> None:
    assert town.asterisk.ports is not None
    home = town.folder / "at-home"
    address, port = f"127.0.0.1:{town.asterisk.ports.sip}", town.asterisk.ports.carrier
    says = tone(town.folder / "at-home.wav", CITIZEN)
    call = await asyncio.to_thread(town.rings, NUMBER)
    async with phone_desk(agents, town.hotline.url, ready=False) as page:
        # Nobody is ready: the citizen waits, and gives up.
        await expect(page.locator(".channels").get_by_text("电话")).to_be_visible(timeout=PHONE_PATIENCE)
        await asyncio.to_thread(town.carrier.hang_up, call)
        with Carrier(program(), home, address, port=port, answer=says):
            await page.get_by_role("link", name=re.compile("漏接待回拨")).click()
            row = page.get_by_role("row").filter(has_text="138****2046")
            await row.get_by_role("button", name="回拨").click()
            await rings(page)
            await page.keyboard.press("F2")
            await talks(page)
            await said_something(page)
            await page.keyboard.press("F4")
        await both_are_heard(page)
        await expect(page.get_by_role("link", name=re.compile("漏接待回拨"))).to_have_count(0)
        await wraps_up(page)


async def test_a_nuisance_caller_is_proposed_from_the_call_and_decided_by_another(
    town: LineTown, agents: Browser
) -> None:
    url = town.hotline.url
    async with phone_desk(agents, url) as page, visitor(agents, base_url=url) as lead:
        await sign_in(lead.page, "shift_lead")
        await asyncio.to_thread(town.rings, NUMBER)
        await rings(page)
        await page.keyboard.press("F2")
        await talks(page)
        await page.get_by_role("button", name="标记骚扰").click()
        await page.get_by_label(re.compile("来电人做了什么")).fill("反复辱骂，不说诉求")
        assert await violations(page) == []
        await page.get_by_role("button", name="提交", exact=True).click()
        await expect(page.get_by_role("region", name="通话").get_by_text("待定骚扰")).to_be_visible()

        await lead.page.get_by_role("link", name="骚扰来电").click()
        waiting = lead.page.get_by_role("region", name="等您决定")
        await expect(waiting.get_by_text("反复辱骂，不说诉求")).to_be_visible()
        await waiting.get_by_role("button", name="决定").click()
        await waiting.get_by_text("7 天", exact=True).click()
        assert await violations(lead.page) == []
        await waiting.get_by_role("button", name="列入", exact=True).click()
        listed = lead.page.get_by_role("region", name="名单上的号码")
        await expect(listed.get_by_text("138****2046")).to_be_visible()
        await page.keyboard.press("F4")
        await wraps_up(page)


async def test_one_page_has_the_phone_until_another_takes_it_over(town: LineTown, agents: Browser) -> None:
    async with phone_desk(agents, town.hotline.url) as first:
        second = await first.context.new_page()
        await second.goto("/desk")
        take = second.get_by_role("button", name="在这里用电话")
        await expect(take).to_be_visible()
        await take.click()
        await expect(second.locator(".hint.registered")).to_be_visible(timeout=PHONE_PATIENCE)
        await expect(first.get_by_role("button", name="在这里用电话")).to_be_visible()

        await asyncio.to_thread(town.rings, OTHER_NUMBER)
        await rings(second)
        bar = first.get_by_role("banner")
        await expect(bar.get_by_text("电话在另一个窗口或电脑上")).to_be_visible()
        await expect(bar.get_by_role("button", name=re.compile("接听"))).to_have_count(0)
        await second.keyboard.press("F2")
        await talks(second)
        # In mid-call too: the citizen is not hung up on, but rung through to the page that took over.
        await first.get_by_role("button", name="在这里用电话").click()
        await expect(second.get_by_role("button", name="在这里用电话")).to_be_visible()
        answer = bar.get_by_role("button", name=re.compile("接听"))
        hang_up = bar.get_by_role("button", name=re.compile("挂断"))
        await expect(answer.or_(hang_up).first).to_be_visible(timeout=PHONE_PATIENCE)
        if await answer.count():
            # It is taken by itself only where the page had heard of the call before it took over.
            await first.keyboard.press("F2")
        await talks(first)
        await first.keyboard.press("F4")
        await wraps_up(first)
