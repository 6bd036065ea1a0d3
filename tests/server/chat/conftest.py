"""`town` is a served hotline with router, relay and live views running.

Tests run on SQLite; those under `both_engines` run on PostgreSQL as well.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hotline.kernel.db.open import open_database
from hotline.migrations.run import migrate
from tests.support.chat_fixtures import Town, open_town
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="session")
def chat_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chat") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    migrate(url)


@pytest.fixture
def chat_url(request: pytest.FixtureRequest, chat_template: Path, tmp_path: Path) -> Iterator[str]:
    if getattr(request, "param", "sqlite") == "sqlite":
        shutil.copy(chat_template, tmp_path / "hotline.db")
        yield f"sqlite:///{tmp_path / 'hotline.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_database(server.template("chat", _migrate))
    yield url
    server.drop_database(url)


@pytest.fixture
async def town(chat_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    database = open_database(chat_url)
    async with open_town(database, tmp_path) as town:
        yield town
    await database.close()
