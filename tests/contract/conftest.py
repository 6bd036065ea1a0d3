"""The same tests on both engines: `database` is an empty one at the newest revision."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hotline.kernel.db import Database
from hotline.kernel.db.open import open_database
from tests.support.clock import MovableClock


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated, open database on either engine."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """A migrated, open SQLite database, for what only SQLite does."""
    opened = open_database(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
async def postgresql(migrated_postgres_url: str) -> AsyncIterator[Database]:
    """A migrated, open PostgreSQL database, for what only PostgreSQL does."""
    opened = open_database(migrated_postgres_url)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> MovableClock:
    """Stands still until the test moves it."""
    return MovableClock()
