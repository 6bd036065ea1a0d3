"""Pages as a person sees them: a browser that stays on this machine and keeps still.

    async with launched() as browser, visitor(browser, base_url=url) as citizen:
        await citizen.page.goto("/ui/citizen.html")

Leaving `visitor` fails the test when the page raised an error of its own or asked another host for anything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Route, WebError, async_playwright

from tests.support.chromium import chromium

HERE = {"127.0.0.1"}
DESK = (1440, 900)
PHONE = (390, 844)

ARGUMENTS = (
    "--no-sandbox",  # the tests may run as root, on pages of our own
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--font-render-hinting=none",
    "--force-prefers-reduced-motion",
    "--no-first-run",
    # What a route cannot see (WebSockets, workers) finds no other host either.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
FAKE_MEDIA = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


@dataclass
class Visitor:
    """One person at one browser: cookies and storage of their own."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    """What went wrong by itself: uncaught errors of the page, requests to other hosts."""


@asynccontextmanager
async def launched(*, fake_media: bool = False, voice: Path | None = None) -> AsyncIterator[Browser]:
    """A browser for one test.

    fake_media: a microphone that beeps and asks for no permission; voice: one that hears this WAV file.
    """
    program = chromium()
    media = FAKE_MEDIA if fake_media or voice is not None else ()
    if voice is not None:
        media = (*media, f"--use-file-for-fake-audio-capture={voice}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program.executable,
            env={**program.environment},
            args=[*ARGUMENTS, *media],
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visitor(
    browser: Browser,
    *,
    base_url: str | None = None,
    size: tuple[int, int] = DESK,
    locale: str = "zh-CN",
    permissions: tuple[str, ...] = (),
) -> AsyncIterator[Visitor]:
    """A new person at the browser, seeing size = (width, height) in CSS pixels."""
    context = await browser.new_context(
        base_url=base_url,
        viewport={"width": size[0], "height": size[1]},
        locale=locale,
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
        permissions=list(permissions),
        ignore_https_errors=True,
        has_touch=size[0] < 600,
    )
    try:
        person = Visitor(context, await context.new_page())
        await _watch(person)
        yield person
    finally:
        await context.close()
    assert not person.complaints, "\n".join(person.complaints)


async def _watch(person: Visitor) -> None:
    async def stay_here(route: Route) -> None:
        if urlsplit(route.request.url).hostname in HERE:
            await route.continue_()
            return
        person.complaints.append(f"asked another host: {route.request.url}")
        await route.abort("blockedbyclient")

    await person.context.route("**/*", stay_here)

    def complain(thrown: WebError) -> None:
        person.complaints.append(f"uncaught in the page: {thrown.error.name}: {thrown.error.message}")

    person.context.on("weberror", complain)
