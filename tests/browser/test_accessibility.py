"""WCAG 2.2 AA by axe on every page of this version, in both languages (UX, "Accessible")."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import DESK, PHONE, visitor
from tests.support.people import people
from tests.support.running import RunningHotline, demo_password, running_hotline
from tests.support.story import Story

AXE = Path(__file__).parents[2] / "agents_ui" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


async def violations(page: Page) -> list[str]:
    """What axe finds, one line each."""
    await page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = await page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@dataclass
class Place:
    """A hotline in which one case has gone as far as the question to the citizen; and an article of it."""

    hotline: RunningHotline
    case_no: str
    article_id: str


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    with running_hotline(tmp_path / "data") as hotline:
        async with people(hotline.url) as person:
            password = demo_password()
            story = Story(
                citizen=await person().arrive(),
                agent=await person().sign_in("agent1", password),
                dispatcher=await person().sign_in("dispatcher", password),
                clerk=await person().sign_in("clerk-lt", password),
            )
            await story.agent.open_page()
            for name, step in story.steps:
                if name == "reports":
                    break
                await step()
            articles = await story.agent.ask("GET", "/api/knowledge?kind=article")
            yield Place(hotline, story.case_no, articles["items"][0]["id"])


async def sign_in(page: Page, account: str) -> None:
    """By the form's order, whatever its language."""
    await page.goto("/sign-in")
    fields = page.locator("form input")
    await fields.nth(0).fill(account)
    await fields.nth(1).fill(demo_password())
    await page.keyboard.press("Enter")
    await expect(page.locator("header nav")).to_be_visible()


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
async def test_the_staff_pages(place: Place, browser: Browser, locale: str) -> None:
    found: dict[str, list[str]] = {}
    for account, paths in {
        "agent2": ["/desk", "/missed", "/to-file", "/cases", f"/cases/{place.case_no}"],
        "shift_lead": [
            "/reviews",
            "/nuisance",
            "/knowledge",
            f"/knowledge/{place.article_id}",
            "/knowledge/new",
        ],
        "clerk-lt": ["/unit"],
        "admin": [
            f"/admin/{s}"
            for s in ("users", "units", "crews", "roles", "places", "taxonomy", "failures", "audit")
        ],
    }.items():
        async with visitor(browser, base_url=place.hotline.url, size=DESK, locale=locale) as person:
            # The staff pages are Chinese until somebody switches, whatever the browser prefers.
            language = "en" if locale == "en-US" else locale
            await person.context.add_init_script(f"localStorage.setItem('hotline.language', '{language}')")
            await sign_in(person.page, account)
            for path in paths:
                await person.page.goto(path)
                await person.page.wait_for_load_state("networkidle")
                if bad := await violations(person.page):
                    found[path] = bad
    assert found == {}


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
async def test_the_citizens_pages(place: Place, browser: Browser, locale: str) -> None:
    found: dict[str, list[str]] = {}
    async with visitor(browser, base_url=place.hotline.url, size=PHONE, locale=locale) as citizen:
        for path in ("/citizen", "/citizen/chat", "/citizen/track"):
            await citizen.page.goto(path)
            await citizen.page.wait_for_load_state("networkidle")
            if bad := await violations(citizen.page):
                found[path] = bad
    assert found == {}
