"""What staff do on their pages, one step of a case after the other; pages in Chinese."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, expect

from tests.support.browser import visitor
from tests.support.people import Person
from tests.support.running import demo_password

PHONE_PATIENCE = 30_000
"""Milliseconds in which a telephone registers, rings and talks on a busy machine."""
CASE_NO = re.compile(r"LL\d{8}-\d{5}-\d")
SAID = "五一路12号门口的路灯三天没亮了，孩子下晚自习看不见路"
DONE = "已更换灯头并检查线路，路灯恢复照明，现场试亮正常。"


async def sign_in(page: Page, account: str) -> None:
    """Through the sign-in page, by the form's order, whatever its language."""
    await page.goto("/sign-in")
    fields = page.locator("form input")
    await fields.nth(0).fill(account)
    await fields.nth(1).fill(demo_password())
    await page.keyboard.press("Enter")
    await expect(page.locator("header nav")).to_be_visible()


@asynccontextmanager
async def phone_desk(
    browser: Browser, url: str, account: str = "agent1", *, ready: bool = True, language: str = "zh-CN"
) -> AsyncIterator[Page]:
    """An agent whose telephone in the browser is registered, and who is ready for calls; busy in the end."""
    async with visitor(browser, base_url=url, permissions=("microphone",)) as agent:
        # A page that is still blank has no storage.
        keep = f"localStorage.setItem('hotline.language', '{language}')"
        await agent.context.add_init_script(f"if (location.protocol !== 'about:') {keep}")
        await sign_in(agent.page, account)
        await expect(agent.page.locator(".hint.registered")).to_be_visible(timeout=PHONE_PATIENCE)
        if ready:
            await agent.page.keyboard.press("F8")
            await expect(agent.page.locator(".switch .is-ready")).to_be_visible()
        yield agent.page
        if await agent.page.locator(".switch .is-ready").is_visible():
            await agent.page.keyboard.press("F8")
            await expect(agent.page.locator(".switch .is-busy")).to_be_visible()


async def fill_form(page: Page, *, name: str = "李女士", phone: str | None = "13800002046") -> None:
    """The case form for the street lamp; ``phone`` None leaves what the call has filled in."""
    form = page.get_by_role("region", name="工单")
    await form.get_by_label("标题").fill("五一路12号门口路灯不亮")
    await form.get_by_role("button", name="类别").click()
    await form.get_by_placeholder(re.compile("搜类别")).fill("灯不亮")
    await page.get_by_role("option", name=re.compile("单灯不亮")).first.click()
    await form.get_by_role("combobox", name="地点").fill("五一路12号")
    await form.get_by_label("称呼").fill(name)
    if phone is not None:
        await form.get_by_label("电话").fill(phone)
    await form.get_by_label("诉求").fill(SAID)
    await expect(form.get_by_text(re.compile("修复|办结|小修")).first).to_be_visible()
    await expect(form.get_by_role("button", name=re.compile("派给照明处"))).to_be_enabled()


async def file_case(agent: Person, category: str, content: str, address: str, unit: str) -> str:
    """A case of an agent at the counter, sent to the unit; its number."""
    units = {one["code"]: one["id"] for one in await agent.ask("GET", "/api/units")}
    body = {
        "key": f"filed-{category}",
        "conversation_id": None,
        "channel": "walk_in",
        "request_type": "help",
        "category_code": category,
        "title": content[:14],
        "content": content,
        "address": address,
        "requester_name": "演示市民",
        "requester_phone": "13800000000",
        "unit_id": units[unit],
    }
    return str((await agent.ask("POST", "/api/desk/cases", body))["case_no"])


async def dispatch(page: Page) -> str:
    """Dispatch what the form has; the case's number."""
    await page.keyboard.press("Control+Enter")
    number = page.get_by_text(CASE_NO).first
    await expect(number).to_be_visible()
    found = CASE_NO.search(await number.inner_text())
    assert found is not None
    return found.group()


async def clerk_signs_and_reports(page: Page) -> None:
    """The unit takes the only assignment on its page, sends a crew, and reports it done."""
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


async def open_case(page: Page, case_no: str) -> None:
    """From the list of cases."""
    await page.get_by_role("link", name="案件", exact=True).click()
    await page.wait_for_url("**/cases*")
    await page.get_by_role("row").filter(has_text=case_no).get_by_role("link").first.click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def centre_passes(page: Page, case_no: str) -> None:
    """The centre has checked the work; the citizen is asked."""
    await open_case(page, case_no)
    await page.get_by_role("button", name="审核通过").click()
    await page.get_by_label("核查方式").select_option(index=1)
    await page.get_by_role("button", name="审核通过").last.click()
    await expect(page.get_by_text("回访中").first).to_be_visible()


async def satisfied_by_phone(page: Page, case_no: str) -> None:
    """A survey agent writes down what the citizen said on the telephone; the case is closed."""
    await open_case(page, case_no)
    await page.get_by_role("button", name="登记回访").click()
    form = page.locator("form").filter(has=page.get_by_label("满意度"))
    await form.get_by_role("radiogroup", name="问题解决了吗").get_by_text("解决了", exact=True).click()
    await form.get_by_role("radiogroup", name="收过人工费吗").get_by_text("否", exact=True).click()
    await form.get_by_label("满意度").select_option("5")
    await form.get_by_role("button", name="登记", exact=True).click()
    await expect(page.get_by_text("已办结").first).to_be_visible()
