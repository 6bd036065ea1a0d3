"""The browser shows Chinese, holds still, and speaks to no other machine."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page

from tests.support.browser import launched, visitor


def showing(body: str) -> str:
    return "data:text/html;charset=utf-8," + quote(f"<!doctype html><meta charset=utf-8>{body}")


async def drawn(page: Page, text: str) -> bytes:
    """The pixels of a text of the same outer size, whatever it says."""
    style = "font-size:48px;width:60px;height:70px;overflow:hidden"
    await page.goto(showing(f"<div id=it style='{style}'>{text}</div>"))
    return await page.locator("#it").screenshot()


async def test_each_chinese_character_has_a_shape_of_its_own(page: Page) -> None:
    shapes = [await drawn(page, character) for character in "派办结"]
    # A private-use character is in no font: it shows as the box that stands for a missing glyph.
    shapes.append(await drawn(page, "\ue000"))

    assert len(set(shapes)) == 4


async def test_bold_chinese_is_a_weight_of_the_font(page: Page, tmp_path: Path) -> None:
    text = "市民服务热线 · 派单 → 办结 → 回访"
    await page.goto(showing(f"<h1>{text}</h1><p>{text}</p><p style='font-weight:500'>{text}</p>"))
    picture = await page.screenshot(path=tmp_path / "chinese.png")

    assert picture.startswith(b"\x89PNG")
    assert await drawn(page, "热") != await drawn(page, "<b>热</b>")


async def test_motion_is_reduced(page: Page) -> None:
    await page.goto(showing(""))
    assert await page.evaluate("matchMedia('(prefers-reduced-motion: reduce)').matches")


async def test_a_request_to_another_host_is_blocked_and_fails_the_test(browser: Browser) -> None:
    with pytest.raises(AssertionError, match=r"asked another host: http://198\.51\.100\.7/pixel"):
        async with visitor(browser) as person, person.page.expect_event("requestfailed"):
            await person.page.goto(showing("<img src='http://198.51.100.7/pixel'>"))


async def test_a_socket_to_another_host_finds_nothing(page: Page) -> None:
    await page.goto(showing(""))
    outcome = await page.evaluate(
        "new Promise(done => { const it = new WebSocket('ws://198.51.100.7/');"
        " it.onopen = () => done('open'); it.onerror = () => done('refused') })"
    )
    assert outcome == "refused"


async def test_an_uncaught_error_in_the_page_fails_the_test(browser: Browser) -> None:
    with pytest.raises(AssertionError, match="uncaught in the page: Error: boom"):
        async with visitor(browser) as person, person.context.expect_event("weberror"):
            await person.page.goto(showing("<script>throw new Error('boom')</script>"))


async def test_two_persons_share_no_storage(browser: Browser) -> None:
    async with visitor(browser) as one, visitor(browser) as other:
        await one.context.add_cookies([{"name": "who", "value": "one", "url": "http://127.0.0.1/"}])
        assert await other.context.cookies() == []


async def test_a_fake_microphone_is_there_when_asked_for() -> None:
    origin = "http://127.0.0.1:9/"  # a browser lends its microphone to a secure origin only
    async with (
        launched(fake_media=True) as browser,
        visitor(browser, permissions=("microphone",)) as person,
    ):
        await person.page.route(origin, lambda route: route.fulfill(body="", content_type="text/html"))
        await person.page.goto(origin)
        tracks = await person.page.evaluate(
            "navigator.mediaDevices.getUserMedia({ audio: true }).then(it => it.getAudioTracks().length)"
        )
    assert tracks == 1
