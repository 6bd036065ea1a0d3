"""Take the pictures of the documentation from a real run, by default into ``docs/images``.

python -m tests.support.screenshots [FOLDER]
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.support.browser import DESK, PHONE, launched, visitor
from tests.support.line_town import LineTown, line_town
from tests.support.page_steps import PHONE_PATIENCE, dispatch, fill_form, phone_desk, sign_in
from tests.support.people import Person, people
from tests.support.running import demo_password, running_hotline
from tests.support.speaking_town import SpeakingTown, agent_voice, scripted_engine, speaking_town

SAID = ["五一路12号门口的路灯三天没亮了，孩子下晚自习看不见路", "就在小学东门南边那一盏"]
CALLER = "13800002046"
NOTES = {
    "zh-CN": "家里有孩子上晚自习，想今晚就修好",
    "en": "A child comes home late; it would be good tonight.",
}
REPLY = "已记下，马上派照明处去修。"
OTHERS = [
    ("LT-01-02", "石化路从路口往西一溜路灯都不亮", "石化路", "U-LT"),
    ("LT-02-04", "路灯底座小门没了，里面的线能摸着", "文化路与建设路口", "U-LT"),
    ("MU-03-02", "井盖一过车就咣当响，夜里睡不着", "建设路 36 号院门口", "U-MU"),
    ("HT-01-01", "暖气片冰凉，屋里只有十五六度", "黄河路 8 号院 3 号楼", "U-HT"),
]


async def fill_desks(agent: Person, *names: tuple[str, str]) -> None:
    """A few cases, so that the lists look like a working day; ``names``: who the first requesters are, and
    their numbers."""
    units = {u["code"]: u["id"] for u in await agent.ask("GET", "/api/units")}
    named = [*names, *(("演示市民", f"1380000{at:04d}") for at in range(len(OTHERS)))]
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
            "requester_name": named[at][0],
            "requester_phone": named[at][1],
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
        case_no = await dispatch(agent.page)
        await expect(citizen.page.get_by_text(re.compile("已交给"))).to_be_visible()
        await citizen.page.screenshot(path=folder / "citizen-chat-zh.png")
        await sign_in(clerk.page, "clerk-lt")
        await clerk.page.get_by_role("button", name="签收并派工").first.click()
        await expect(clerk.page.get_by_role("button", name=re.compile("签收并派给"))).to_be_visible()
        await clerk.page.screenshot(path=folder / "unit-zh.png")
        await agent.page.goto(f"/cases/{case_no}")
        await expect(agent.page.get_by_role("heading", level=1)).to_be_visible()
        await agent.page.wait_for_load_state("networkidle")
        await agent.page.screenshot(path=folder / "case-zh.png")
        return case_no


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


async def shoot_calls(browser: Browser, town: LineTown, language: str, folder: Path) -> None:
    """The desk while a citizen's call rings, and while they talk; the second time the citizen is known."""
    short, account = ("zh", "agent1") if language == "zh-CN" else ("en", "agent2")
    async with phone_desk(browser, town.hotline.url, account, language=language) as page:
        call = await asyncio.to_thread(town.rings, CALLER)
        bar = page.get_by_role("banner")
        await expect(bar.get_by_role("button", name=re.compile("F2"))).to_be_visible(timeout=PHONE_PATIENCE)
        await expect(page.locator(".number").first).to_be_visible()
        await page.screenshot(path=folder / f"desk-ringing-{short}.png")
        await page.keyboard.press("F2")
        await expect(bar.get_by_role("button", name=re.compile("F3"))).to_be_visible(timeout=PHONE_PATIENCE)
        await page.locator(".foot textarea").fill(NOTES[language])
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("log")).to_contain_text(NOTES[language])
        if language == "zh-CN":
            await fill_form(page, name="李桂兰", phone=None)
            await expect(bar.get_by_role("timer")).to_have_text(re.compile(r"^00:\d[1-9]$"))
        await page.screenshot(path=folder / f"desk-talking-{short}.png")
        if language == "zh-CN":
            # From now on the caller is known, and has a case that goes on.
            await dispatch(page)
        await asyncio.to_thread(town.carrier.hang_up, call)
        done = bar.get_by_role("group").get_by_role("button").last
        await expect(bar.get_by_role("timer")).to_be_visible()
        await expect(bar.locator(".of-wrap")).to_be_visible(timeout=PHONE_PATIENCE)
        await done.click()
        await expect(bar.locator(".of-wrap")).to_have_count(0)


COLD = [
    "闺女，我住黄河路8号院三号楼，暖气一点都不热",
    "从昨儿夜里到现在了，屋里就十三度六",
    "就我一个人，八十一了，冻得腿疼",
]
COLD_ASKED = [
    "您好，服务热线，请讲。",
    "您别着急，是一家不热，还是邻居也这样？",
    "好，记下了，家里还有别人吗？",
]
GAS = ["喂，我家厨房一股煤气味，报警器一直响", "胜利路阳光花园三号楼402", "窗户开了，我妈腿脚不好下不去"]
GAS_ASKED = ["您好，服务热线，请讲。", "您在什么地方？哪个小区几号楼？", "先别开关任何电器，打开门窗通风。"]


async def shoot_understanding(
    browser: Browser, town: SpeakingTown, language: str, name: str, folder: Path
) -> None:
    """The desk while somebody speaks and is understood; of an emergency half the script is read out."""
    short, account = ("zh", "agent1") if language == "zh-CN" else ("en", "agent2")
    async with phone_desk(browser, town.hotline.url, account, language=language) as page:
        call = await asyncio.to_thread(town.rings, CALLER)
        bar = page.get_by_role("banner")
        await expect(bar.get_by_role("button", name=re.compile("F2"))).to_be_visible(timeout=PHONE_PATIENCE)
        await page.keyboard.press("F2")
        final = page.locator(".said.citizen:not(.guess)")
        await expect(final).to_have_count(3, timeout=2 * PHONE_PATIENCE)
        await expect(page.locator(".pane .strip")).to_be_visible(timeout=PHONE_PATIENCE)
        if name == "emergency":
            await page.keyboard.press("Space")
            await page.keyboard.press("Space")
            await expect(page.locator(".script li.read")).to_have_count(2)
        else:
            await page.locator(".pane .field textarea").fill(COLD[0][3:])
            await expect(page.locator(".duplicates a").first).to_be_visible()
            await expect(page.locator(".knowledge article")).to_be_visible()
        await page.screenshot(path=folder / f"desk-{name}-{short}.png")
        await asyncio.to_thread(town.town.carrier.hang_up, call)
        await expect(bar.locator(".of-wrap")).to_be_visible(timeout=PHONE_PATIENCE)
        await bar.get_by_role("group").get_by_role("button").last.click()
        await expect(bar.locator(".of-wrap")).to_have_count(0)


async def shoot_all_understanding(folder: Path, town: SpeakingTown, name: str) -> None:
    """In both languages; the caller is known, and others have told of the same."""
    microphone = agent_voice(town.town.folder / "agent-speech.wav")
    async with people(town.hotline.url) as person, launched(voice=microphone) as browser:
        await fill_desks(await person().sign_in("agent2", demo_password()), ("李桂兰", CALLER))
        for language in ("zh-CN", "en"):
            await shoot_understanding(browser, town, language, name, folder)


async def main(folder: Path, data: Path) -> None:
    """A fresh hotline, filled as on a working day."""
    with running_hotline(data) as hotline:
        async with people(hotline.url) as person, launched() as browser:
            await fill_desks(await person().sign_in("agent2", demo_password()))
            case_no = await shoot(browser, hotline.url, folder)
            await shoot_english(browser, hotline.url, case_no, folder)


async def shoot_all_calls(folder: Path, town: LineTown) -> None:
    """The desk in a call, in both languages."""
    async with people(town.hotline.url) as person, launched(fake_media=True) as browser:
        await fill_desks(await person().sign_in("agent2", demo_password()), ("李桂兰", CALLER))
        for language in ("zh-CN", "en"):
            await shoot_calls(browser, town, language, folder)


if __name__ == "__main__":
    pictures = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hotline-shots-") as scratch:
        asyncio.run(main(pictures, Path(scratch) / "data"))
        with line_town(Path(scratch) / "lines") as town:
            asyncio.run(shoot_all_calls(pictures, town))
        for shown, citizen, asked in (("understanding", COLD, COLD_ASKED), ("emergency", GAS, GAS_ASKED)):
            ears = scripted_engine(
                Path(scratch) / shown / "scripted", citizen=citizen, agent=asked, anyone=asked
            )
            with speaking_town(Path(scratch) / shown, ears) as speaking:
                asyncio.run(shoot_all_understanding(pictures, speaking, shown))
