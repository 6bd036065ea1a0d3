"""Take the pictures of the documentation from a real run, by default into ``docs/images``.

python -m tests.support.screenshots [FOLDER]
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.support.browser import DESK, PHONE, launched, visitor
from tests.support.people import Person, people
from tests.support.running import demo_password, running_hotline

SAID = ["五一路12号门口的路灯三天没亮了，孩子下晚自习看不见路", "就在小学东门南边那一盏"]
REPLY = "已记下，马上派照明处去修。"
OTHERS = [
    ("LT-01-02", "石化路从路口往西一溜路灯都不亮", "石化路", "U-LT"),
    ("LT-02-04", "路灯底座小门没了，里面的线能摸着", "文化路与建设路口", "U-LT"),
    ("MU-03-02", "井盖一过车就咣当响，夜里睡不着", "建设路 36 号院门口", "U-MU"),
    ("HT-01-01", "暖气片冰凉，屋里只有十五六度", "黄河路 8 号院 3 号楼", "U-HT"),
]


async def sign_in(page: Page, account: str) -> None:
    """By the form's order, whatever its language."""
    await page.goto("/sign-in")
    fields = page.locator("form input")
    await fields.nth(0).fill(account)
    await fields.nth(1).fill(demo_password())
    await page.keyboard.press("Enter")
    await expect(page.locator("header nav")).to_be_visible()


async def fill_desks(agent: Person) -> None:
    """A few cases, so that the lists look like a working day."""
    units = {u["code"]: u["id"] for u in await agent.ask("GET", "/api/units")}
    for at, (category, content, address, unit) in enumerate(OTHERS):
        body = {
            "key": f"shot-{at}",
            "conversation_id": None,
            "channel": "walk_in",
            "request_type": "help",
            "category_code": category,
            "title": content[:14],
            "content": content,
            "address": address,
            "requester_name": "演示市民",
            "requester_phone": f"1380000{at:04d}",
            "unit_id": units[unit],
        }
        await agent.ask("POST", "/api/desk/cases", body)


async def shoot(browser: Browser, url: str, folder: Path) -> str:
    """The pictures in Chinese, along one case; returns its number."""
    async with (
        visitor(browser, base_url=url, size=PHONE) as citizen,
        visitor(browser, base_url=url, size=DESK) as agent,
        visitor(browser, base_url=url, size=DESK) as clerk,
    ):
        await sign_in(agent.page, "agent1")
        await agent.page.keyboard.press("F8")
        await citizen.page.goto("/citizen/chat")
        for text in SAID:
            await citizen.page.get_by_role("textbox").first.fill(text)
            await citizen.page.get_by_role("button", name="发送").click()
            await expect(citizen.page.get_by_text(text)).to_be_visible()
        await expect(agent.page.get_by_role("button", name=re.compile("^接入"))).to_be_visible()
        await agent.page.keyboard.press("F2")
        log = agent.page.get_by_role("log")
        await expect(log).to_contain_text(SAID[1])
        await agent.page.get_by_role("textbox", name=re.compile("回复市民")).fill(REPLY)
        await agent.page.keyboard.press("Enter")
        await expect(log).to_contain_text(REPLY)
        await fill_form(agent.page)
        await agent.page.screenshot(path=folder / "desk-zh.png")
        await agent.page.keyboard.press("Control+Enter")
        number = agent.page.get_by_text(re.compile(r"LL\d{8}-\d{5}-\d")).first
        await expect(number).to_be_visible()
        found = re.search(r"LL[\d-]+", await number.inner_text())
        assert found is not None
        await expect(citizen.page.get_by_text(re.compile("已交给"))).to_be_visible()
        await citizen.page.screenshot(path=folder / "citizen-chat-zh.png")
        await sign_in(clerk.page, "clerk-lt")
        await clerk.page.get_by_role("button", name="签收并派工").first.click()
        await expect(clerk.page.get_by_role("button", name=re.compile("签收并派给"))).to_be_visible()
        await clerk.page.screenshot(path=folder / "unit-zh.png")
        await agent.page.goto(f"/cases/{found.group()}")
        await expect(agent.page.get_by_role("heading", level=1)).to_be_visible()
        await agent.page.wait_for_load_state("networkidle")
        await agent.page.screenshot(path=folder / "case-zh.png")
        return found.group()


async def shoot_english(browser: Browser, url: str, case_no: str, folder: Path) -> None:
    """The same pages in English."""
    async with visitor(browser, base_url=url, size=DESK, locale="en-US") as agent:
        await agent.context.add_init_script("localStorage.setItem('hotline.language', 'en')")
        await sign_in(agent.page, "agent1")
        for name, path in (("desk", "/desk"), ("cases", "/cases"), ("case", f"/cases/{case_no}")):
            await agent.page.goto(path)
            await agent.page.wait_for_load_state("networkidle")
            await agent.page.screenshot(path=folder / f"{name}-en.png")
    async with visitor(browser, base_url=url, size=PHONE, locale="en-US") as citizen:
        await citizen.page.goto("/citizen")
        await citizen.page.wait_for_load_state("networkidle")
        await citizen.page.screenshot(path=folder / "citizen-home-en.png")


async def fill_form(page: Page) -> None:
    """The case form of the street lamp."""
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
    await form.get_by_label("诉求").fill(SAID[0])
    await expect(form.get_by_role("button", name=re.compile("派给照明处"))).to_be_enabled()
    await expect(form.get_by_text(re.compile("修复|办结")).first).to_be_visible()


async def main(folder: Path, data: Path) -> None:
    """A fresh hotline, filled as on a working day."""
    with running_hotline(data) as hotline:
        async with people(hotline.url) as person, launched() as browser:
            await fill_desks(await person().sign_in("agent2", demo_password()))
            case_no = await shoot(browser, hotline.url, folder)
            await shoot_english(browser, hotline.url, case_no, folder)


if __name__ == "__main__":
    pictures = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hotline-shots-") as scratch:
        asyncio.run(main(pictures, Path(scratch) / "data"))
