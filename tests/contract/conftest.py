"""The same tests on both engines: `database` is an empty one at the newest revision.

And for the link to Asterisk: `ami` is a scripted manager interface, `link` is connected to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hotline.kernel.db import Database
from hotline.kernel.db.open import open_database
from telephony.ami.link import AmiLink
from tests.support.ami_link import Heard, linked, patient
from tests.support.ami_server import AmiServer
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


@pytest.fixture
async def ami() -> AsyncIterator[AmiServer]:
    """A scripted manager interface that answers logins and pings."""
    async with AmiServer() as running:
        yield running


@pytest.fixture
def heard() -> Heard:
    """What `link` tells, in order."""
    return Heard()


@pytest.fixture
async def link(ami: AmiServer, heard: Heard) -> AsyncIterator[AmiLink]:
    """A link that is up and that only the test ends."""
    async with linked(patient(ami), heard) as connected:
        yield connected
