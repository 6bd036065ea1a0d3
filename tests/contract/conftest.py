"""The same tests on both engines: `database` is an empty one at the newest revision."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hotline.kernel.db import Database
from hotline.kernel.db.open import open_database
from hotline.migrations.run import migrate
from tests.support.clock import MovableClock
from tests.support.postgres import PostgresServer

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of this test's own."""
    path = tmp_path / "hotline.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def migrated_postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    url = postgres.new_database(postgres.template("migrated", lambda url: void(migrate(url))))
    yield url
    postgres.drop_database(url)


def void(_result: object) -> None:
    """Drops a result."""


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database on either engine."""
    name = "sqlite_url" if request.param == "sqlite" else "migrated_postgres_url"
    url: str = request.getfixturevalue(name)
    return url


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
