"""What citizens say becomes text, an alarm, and a form filled with evidence, as an agent sees it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.test_accessibility import violations
from tests.support.browser import DESK, PHONE, launched, visitor
from tests.support.page_steps import PHONE_PATIENCE, file_case, phone_desk, sign_in
from tests.support.people import people
from tests.support.running import RunningHotline, demo_password, running_hotline
from tests.support.speaking_town import (
    SpeakingTown,
    agent_voice,
    are_ok,
    real_engine,
    scripted_engine,
    speaking_town,
)

NUMBER = "15900007713"
HEARD = 60_000
"""Milliseconds in which somebody speaks and is understood on a busy machine."""
GREETING = "喂，你好"
DANGER = "我家厨房一股煤气味，报警器一直响"
PLACE = "在胜利路阳光花园三号楼"
ASKS = "您好，请讲"
COMPOSING = """element => {
  element.dispatchEvent(new KeyboardEvent('keydown', {key: 'F9', isComposing: true, bubbles: true}))
}"""


LAMP = ["五一路12号门口的路灯不亮了", "三天了，晚上看不见路"]
Ears = Callable[[Path], dict[str, str]]
"""Settings for what is to be understood, given a folder."""


def listens(_folder: Path) -> dict[str, str]:
    return real_engine()


def hears_danger(folder: Path) -> dict[str, str]:
    return scripted_engine(folder, citizen=[GREETING, DANGER, PLACE], anyone=[ASKS])


def hears_of_a_lamp(folder: Path) -> dict[str, str]:
    return scripted_engine(folder, citizen=LAMP, anyone=[ASKS])


def understands_nothing(folder: Path) -> dict[str, str]:
    return {"HOTLINE_CLASSIFIER": "false", "HOTLINE_SPEECH_MODEL": str(folder / "none")}


@pytest.fixture
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SpeakingTown]:
    """A town with the ears of the test's parameter."""
    ears: Ears = request.param
    parts = () if ears is understands_nothing else ("speech", "classifier")
    with speaking_town(tmp_path / "town", ears(tmp_path / "ears"), parts) as town:
        yield town


def with_ears(ears: Ears) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("town", [ears], indirect=True, ids=[ears.__name__])


@asynccontextmanager
async def talking(town: SpeakingTown) -> AsyncIterator[Page]:
    """An agent who talks with a citizen; both speak."""
    microphone = agent_voice(town.town.folder / "agent-speech.wav")
    async with launched(voice=microphone) as browser, phone_desk(browser, town.hotline.url) as page:
        call = await asyncio.to_thread(town.rings, NUMBER)
        bar = page.get_by_role("banner")
        await expect(bar.get_by_role("button", name=re.compile("接听"))).to_be_visible(timeout=PHONE_PATIENCE)
        await page.keyboard.press("F2")
        await expect(bar.get_by_role("button", name=re.compile("保持"))).to_be_visible(timeout=PHONE_PATIENCE)
        yield page
        await asyncio.to_thread(town.town.carrier.hang_up, call)
        done = bar.get_by_role("button", name="整理完毕")
        await done.click(timeout=PHONE_PATIENCE)
        await expect(done).to_have_count(0)


def lines(page: Page, who: str) -> Locator:
    """What one side said, as far as it is shown."""
    return page.get_by_role("log").get_by_role("listitem").filter(has_text=re.compile(rf"^[\d:]+\s*{who}"))


def form_of(page: Page) -> Locator:
    return page.get_by_role("region", name=re.compile("^(工单|上门登记)$"))


def mark_of(page: Page, field: str) -> Locator:
    """The mark of a field that was filled in by itself."""
    found = form_of(page).locator(".field").filter(has=page.get_by_text(field, exact=True))
    return found.get_by_role("button", name=re.compile("自动填写"))


def strip_of(page: Page) -> Locator:
    return page.get_by_role("region", name="自动填写的依据")


@with_ears(listens)
async def test_both_sides_are_read_along_while_they_speak(town: SpeakingTown) -> None:
    async with talking(town) as page:
        await expect(page.get_by_text(re.compile("本地识别"))).to_be_visible()
        for who in ("市民", "坐席"):
            # Understood for good: how sure the engine is stands beside it. The model is Korean, the words
            # are no matter.
            final = lines(page, who).filter(has_text=re.compile(r"\d+%"))
            await expect(final.first).to_be_visible(timeout=HEARD)
        assert await violations(page) == []


@with_ears(hears_danger)
async def test_danger_on_the_line_is_on_the_desk_with_what_to_read_out(town: SpeakingTown) -> None:
    async with talking(town) as page:
        banner = page.get_by_role("region", name="险情警报")
        await expect(banner.get_by_role("heading", name="险情 E0 · 燃气险情")).to_be_visible(timeout=HEARD)
        # The first utterance that tells of it raised it.
        said = lines(page, "市民").filter(has_text="煤气味").first
        await expect(said.get_by_role("button", name=re.compile("^险情依据"))).to_be_visible()
        await script_is_read_out(page, banner)
        await alarm_is_decided(page, banner)


async def script_is_read_out(page: Page, banner: Locator) -> None:
    """Space ticks a step, but not while typing."""
    note = page.get_by_label(re.compile("通话备注"))
    await note.click()
    await page.keyboard.type("有 老人")
    await expect(note).to_have_value("有 老人")
    script = banner.get_by_role("region", name="必须念")
    steps = script.get_by_role("listitem").get_by_role("button")
    await expect(steps.first).to_have_attribute("aria-pressed", "false")
    # A click on the line of the log takes the focus away from the text.
    await page.get_by_role("log").click(position={"x": 4, "y": 4})
    await page.keyboard.press("Space")
    await expect(steps.first).to_have_attribute("aria-pressed", "true")
    await expect(steps.nth(1)).to_have_attribute("aria-current", "step")
    assert await violations(page) == []


async def alarm_is_decided(page: Page, banner: Locator) -> None:
    """One key confirms it; nobody takes it back without saying why. Meanwhile the case is an emergency."""
    form = form_of(page)
    await expect(form.get_by_role("radio", name="险情 E0")).to_be_checked()
    await expect(form.get_by_role("radio", name="一般")).to_be_disabled()
    await page.get_by_label(re.compile("通话备注")).focus()
    await page.keyboard.press("F7")
    await expect(banner.get_by_text(re.compile("已确认险情"))).to_be_visible()
    await banner.get_by_role("button", name="解除险情…").click()
    cancel = banner.get_by_role("button", name="取消警报")
    await expect(cancel).to_have_attribute("aria-disabled", "true")
    await banner.get_by_label(re.compile("为什么不是险情")).fill("邻居家炖肉，已请市民核实")
    await cancel.click()
    await expect(banner).to_have_count(0)
    await expect(page.get_by_text(re.compile("已取消警报，理由：邻居家炖肉"))).to_be_visible()
    await expect(form.get_by_role("radio", name="一般")).to_be_enabled()


@with_ears(hears_of_a_lamp)
async def test_the_form_is_filled_from_the_call_and_leads_back_to_the_words(town: SpeakingTown) -> None:
    async with talking(town) as page:
        # What is not said to the end yet is a guess.
        guess = page.get_by_role("log").locator("[aria-busy=true]")
        await expect(guess.first).to_be_visible(timeout=HEARD)
        form = form_of(page)
        await expect(form.get_by_role("button", name="类别", exact=True)).to_contain_text(
            "路灯", timeout=HEARD
        )
        await expect(form.get_by_role("combobox", name="地点")).to_have_value(re.compile("五一路"))
        unit = form.get_by_role("group", name=re.compile("承办单位"))
        await expect(unit.get_by_text(re.compile("归该单位"))).to_be_visible()
        # From the field to the words.
        await mark_of(page, "地点").click()
        await expect(strip_of(page)).to_contain_text("五一路12号")
        shown = page.get_by_role("log").get_by_role("listitem").filter(has_text="五一路12号").first
        await expect(shown).to_have_class(re.compile("sought"))
        # From the words to the field.
        await shown.get_by_role("button", name=re.compile("类别")).first.click()
        await expect(strip_of(page)).to_contain_text(re.compile("标题依据|类别依据|类型依据"))


@asynccontextmanager
async def chatting(hotline: RunningHotline, browser: Browser) -> AsyncIterator[tuple[Page, Page]]:
    """A citizen who writes, and the agent who took the conversation."""
    async with (
        visitor(browser, base_url=hotline.url, size=PHONE) as citizen,
        visitor(browser, base_url=hotline.url, size=DESK) as agent,
    ):
        await sign_in(agent.page, "agent1")
        await agent.page.keyboard.press("F8")
        await citizen.page.goto("/citizen/chat")
        await says(citizen.page, "你好")
        await expect(agent.page.get_by_role("button", name=re.compile("^接入"))).to_be_visible()
        await agent.page.keyboard.press("F2")
        await expect(agent.page.get_by_role("log")).to_contain_text("你好")
        yield citizen.page, agent.page


async def says(citizen: Page, text: str) -> None:
    """As a citizen does it."""
    await citizen.get_by_role("textbox").first.fill(text)
    await citizen.get_by_role("button", name="发送").click()
    await expect(citizen.get_by_text(text)).to_be_visible()


async def test_the_form_is_filled_from_a_chat_and_typing_is_never_overwritten(tmp_path: Path) -> None:
    with running_hotline(tmp_path / "data") as hotline:
        await are_ok(hotline, "classifier")
        async with people(hotline.url) as person, launched() as browser:
            desk = await person().sign_in("agent2", demo_password())
            text = "石化路从路口往西一溜路灯都不亮"
            case_no = await file_case(desk, "LT-01-02", text, "石化路", "U-LT")
            async with chatting(hotline, browser) as (citizen, page):
                form, strip = form_of(page), strip_of(page)
                await form.get_by_label("标题").fill("我自己写的标题")
                await says(citizen, "石化路上从路口往西，一溜路灯都不亮")
                category = form.get_by_role("button", name="类别", exact=True)
                await expect(category).to_contain_text("路灯")
                address = form.get_by_role("combobox", name="地点")
                await expect(address).to_have_value("石化路")
                await expect(form.get_by_label("标题")).to_have_value("我自己写的标题")

                await one_key_decides(page, form, strip)

                await address.fill("石化路与建设路口")
                await says(citizen, "不对，是文化路上的灯不亮")
                await expect(page.get_by_role("log")).to_contain_text("文化路")
                await expect(
                    page.get_by_role("log").get_by_role("button", name=re.compile("依据"))
                ).not_to_have_count(0)
                await expect(address).to_have_value("石化路与建设路口")
                await expect(form.get_by_label("标题")).to_have_value("我自己写的标题")

                similar = page.get_by_role("complementary").get_by_role("link").filter(has_text="石化路")
                await expect(similar.first).to_have_attribute("href", re.compile(case_no))
                await expect(similar.first).to_contain_text(re.compile("同一地点|相似"))
                assert await violations(page) == []


async def one_key_decides(page: Page, form: Locator, strip: Locator) -> None:
    """F9 accepts and F10 rejects what the strip shows, also while writing; an input method's do not."""
    await form.get_by_role("combobox", name="地点").focus()
    await expect(strip).to_contain_text("地点依据")
    await form.get_by_role("combobox", name="地点").evaluate(COMPOSING)
    await expect(strip.get_by_role("button", name=re.compile("采用"))).to_be_visible()
    await page.keyboard.press("F9")
    await expect(mark_of(page, "地点")).to_have_accessible_name(re.compile("^自动填写，已核"))
    # What is wrong is taken out of the form, and not proposed again.
    kind = form.get_by_label("类型", exact=True)
    await kind.focus()
    await expect(strip).to_contain_text("类型依据")
    await page.keyboard.press("F10")
    await expect(mark_of(page, "类型")).to_have_count(0)


async def test_a_visitors_form_is_read_while_it_is_written(tmp_path: Path) -> None:
    with running_hotline(tmp_path / "data") as hotline:
        await are_ok(hotline, "classifier")
        async with launched() as browser, visitor(browser, base_url=hotline.url, size=DESK) as agent:
            page = agent.page
            await sign_in(page, "agent1")
            await page.get_by_role("button", name="新建登记").first.click()
            form = form_of(page)
            await form.get_by_label("诉求").fill("五一路12号门口的路灯不亮了，三天没人管")
            await expect(form.get_by_role("button", name="类别", exact=True)).to_contain_text("路灯")
            await expect(form.get_by_role("combobox", name="地点")).to_have_value(re.compile("五一路"))
            await form.get_by_label("诉求").fill("我家厨房一股煤气味，报警器一直响")
            await expect(page.get_by_role("region", name="险情警报")).to_be_visible()
            await expect(form.get_by_role("radio", name="险情 E0")).to_be_checked()
            assert await violations(page) == []


@with_ears(understands_nothing)
async def test_without_a_model_the_desk_says_so_and_goes_on(town: SpeakingTown) -> None:
    async with talking(town) as page:
        await expect(page.get_by_text(re.compile("转写未启用：未安装模型"))).to_be_visible()
        await expect(page.get_by_text(re.compile("自动分类未启用"))).to_be_visible()
        assert await violations(page) == []
