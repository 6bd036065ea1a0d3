"""Whoever signs in with a password that somebody else set must replace it before anything else."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.support.browser import visitor
from tests.support.running import running_hotline

FIRST = "Given-by-somebody-1"
OWN = "Known-to-nobody-else-2"


async def test_a_first_password_is_replaced_before_work_begins(tmp_path: Path, browser: Browser) -> None:
    data = tmp_path / "data"
    add = ["user", "add", "newcomer", "--name", "New", "--role", "agent", "--password-stdin"]
    await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "hotline", *add, "--data", str(data)],
        input=FIRST + "\n",
        text=True,
        check=True,
        capture_output=True,
    )
    with running_hotline(data) as hotline:
        async with visitor(browser, base_url=hotline.url) as person:
            page = person.page
            await page.goto("/desk")
            await page.get_by_label("账号").fill("newcomer")
            await page.get_by_label("密码").fill(FIRST)
            await page.get_by_role("button", name="登录").click()
            await expect(page).to_have_url(re.compile("/password$"))
            await page.goto("/desk")
            await expect(page).to_have_url(re.compile("/password$"))
            fields = page.locator("input[type=password]")
            for at, text in enumerate((FIRST, OWN, OWN)):
                await fields.nth(at).fill(text)
            await page.get_by_role("button", name=re.compile("修改|更换|换|保存")).click()
            await expect(page).to_have_url(re.compile("/desk$"))
