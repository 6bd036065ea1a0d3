"""The thin slice through pages only: citizen, desk, unit, desk again, citizen."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.support.browser import PHONE, visitor
from tests.support.running import demo_password, running_hotline

SAID = "五一路12号门口的路灯三天没亮了，孩子下晚自习看不见路"
DONE = "已更换灯头并检查线路，路灯恢复照明，现场试亮正常。"


async def sign_in(page: Page, account: str) -> None:
    """Through the sign-in page."""
    await page.goto("/")
    await page.get_by_label("账号").fill(account)
    await page.get_by_label("密码").fill(demo_password())
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("navigation", name="主要页面")).to_be_visible()


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


async def agent_dispatches(page: Page) -> str:
    """Fills the form and dispatches; returns the case's number."""
    form = page.get_by_role("region", name="工单")
    await form.get_by_label("标题").fill("五一路12号门口路灯不亮")
    await form.get_by_role("button", name="类别").click()
    await (
        page.get_by_role("searchbox")
        .or_(page.get_by_placeholder(re.compile("搜|找|类别")))
        .first.fill("灯不亮")
    )
    await page.get_by_role("option", name=re.compile("单灯不亮")).first.click()
    await form.get_by_role("combobox", name="地点").fill("五一路12号")
    await form.get_by_label("称呼").fill("李女士")
    await form.get_by_label("电话").fill("13800002046")
    await form.get_by_label("诉求").fill(SAID)
    await expect(form.get_by_text(re.compile("修复|办结|小修")).first).to_be_visible()
    dispatch = form.get_by_role("button", name=re.compile("派给照明处"))
    await expect(dispatch).to_be_enabled()
    await page.keyboard.press("Control+Enter")
    number = page.get_by_text(re.compile(r"LL\d{8}-\d{5}-\d")).first
    await expect(number).to_be_visible()
    found = re.search(r"LL\d{8}-\d{5}-\d", await number.inner_text())
    assert found is not None
    return found.group()


async def clerk_signs_and_reports(page: Page) -> None:
    await page.get_by_role("button", name="签收并派工").first.click()
    await page.get_by_role("button", name=re.compile("签收并派给")).click()
    await page.get_by_role("button", name="反馈").first.click()
    form = page.get_by_role("region", name="派遣单")
    await form.get_by_label("结果").select_option(label="已修复")
    await form.get_by_label("怎么办的").fill(DONE)
    await form.get_by_text("联系过", exact=True).click()
    await form.get_by_text("没有收", exact=True).click()
    await form.get_by_role("button", name=re.compile("提交反馈")).click()
    await expect(page.get_by_role("region", name="在手")).to_have_count(0)


async def centre_passes(page: Page, case_no: str) -> None:
    await page.get_by_role("link", name="案件").click()
    await page.wait_for_url("**/cases*")
    await page.get_by_role("row").filter(has_text=case_no).get_by_role("link").first.click()
    await page.get_by_role("button", name="审核通过").click()
    await page.get_by_label("核查方式").select_option(index=1)
    await page.get_by_role("button", name="审核通过").last.click()
    await expect(page.get_by_text("回访中").first).to_be_visible()


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
            case_no = await agent_dispatches(agent.page)
            await clerk_signs_and_reports(clerk.page)
            await centre_passes(agent.page, case_no)
            await citizen_is_satisfied(citizen.page, case_no)
            await expect(agent.page.get_by_text("已办结").first).to_be_visible()
