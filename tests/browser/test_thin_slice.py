"""The thin slice through pages only: citizen, desk, unit, desk again, citizen."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.support.browser import PHONE, visitor
from tests.support.page_steps import (
    SAID,
    centre_passes,
    clerk_signs_and_reports,
    dispatch,
    fill_form,
    sign_in,
)
from tests.support.running import running_hotline


async def citizen_writes(page: Page) -> None:
    await page.goto("/citizen")
    await page.get_by_role("link", name=re.compile("说问题")).click()
    await page.get_by_role("textbox").first.fill(SAID)
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_text(SAID)).to_be_visible()


async def agent_takes_it(page: Page) -> None:
    await page.keyboard.press("F8")
    await expect(page.get_by_role("button", name=re.compile("^接入"))).to_be_visible()
    await page.keyboard.press("F2")
    await expect(page.get_by_role("log")).to_contain_text(SAID)
    await page.get_by_role("textbox", name=re.compile("回复市民")).fill("已记下，马上派照明处处理。")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log")).to_contain_text("马上派照明处处理")


async def citizen_is_satisfied(page: Page, case_no: str) -> None:
    card = page.get_by_role("listitem").filter(has=page.get_by_role("form").or_(page.get_by_text("非常满意")))
    await expect(card.last).to_be_visible()
    await page.get_by_text("上门了", exact=True).click()
    await page.get_by_text("解决了", exact=True).click()
    await page.get_by_text("没有收", exact=True).click()
    await page.get_by_text("非常满意", exact=True).click()
    await page.get_by_role("button", name=re.compile("提交")).click()
    await expect(page.get_by_text(re.compile(f"{case_no}.*已办结"))).to_be_visible()


async def test_a_chat_becomes_a_closed_case_through_pages_only(tmp_path: Path, browser: Browser) -> None:
    with running_hotline(tmp_path / "data") as hotline:
        async with (
            visitor(browser, base_url=hotline.url, size=PHONE) as citizen,
            visitor(browser, base_url=hotline.url) as agent,
            visitor(browser, base_url=hotline.url) as clerk,
        ):
            await sign_in(agent.page, "agent1")
            await sign_in(clerk.page, "clerk-lt")
            await citizen_writes(citizen.page)
            await agent_takes_it(agent.page)
            await fill_form(agent.page)
            case_no = await dispatch(agent.page)
            await clerk_signs_and_reports(clerk.page)
            await centre_passes(agent.page, case_no)
            await citizen_is_satisfied(citizen.page, case_no)
            await expect(agent.page.get_by_text("已办结").first).to_be_visible()
