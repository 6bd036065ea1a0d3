"""`town` is a served hotline on a fresh SQLite file, with router, relay and live views running."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hotline.kernel.db.open import open_database
from hotline.migrations.run import migrate
from tests.support.chat_fixtures import Town, open_town


@pytest.fixture(scope="session")
def chat_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chat") / "template.db"
    migrate(f"sqlite:///{path}", "0004_conversations")
    return path


@pytest.fixture
async def town(chat_template: Path, tmp_path: Path) -> AsyncIterator[Town]:
    shutil.copy(chat_template, tmp_path / "hotline.db")
    database = open_database(f"sqlite:///{tmp_path / 'hotline.db'}")
    async with open_town(database, tmp_path) as town:
        yield town
    await database.close()
