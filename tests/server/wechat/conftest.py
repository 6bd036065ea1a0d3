"""`account` is the whole product with an official account, and the platform's API on paper beside it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.wechat_account import Account, PaperPlatform, open_account


@pytest.fixture
async def platform() -> AsyncIterator[PaperPlatform]:
    async with PaperPlatform.serve() as platform:
        yield platform


@pytest.fixture
async def account(platform: PaperPlatform, sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Account]:
    shutil.copy(sqlite_template, tmp_path / "hotline.db")
    async with open_account(tmp_path, platform) as account:
        yield account
