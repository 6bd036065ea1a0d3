"""`town` is a served hotline with an exchange on paper; on both engines."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hotline.kernel.db.open import open_database
from tests.support.call_fixtures import CallTown, open_call_town


@pytest.fixture
async def town(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[CallTown]:
    shutil.copy(sqlite_template, tmp_path / "hotline.db")
    database = open_database(f"sqlite:///{tmp_path / 'hotline.db'}")
    async with open_call_town(database, tmp_path) as town:
        yield town
    await database.close()
