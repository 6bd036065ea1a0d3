"""`cases` is a house on SQLite and on PostgreSQL in turn; `file_cases` is on SQLite only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.case_fixtures import (
    CaseHouse,
    fresh_postgres,
    fresh_sqlite,
    open_case_house,
    sqlite_template,
)
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="session")
def case_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sqlite_template(tmp_path_factory.mktemp("cases"))


@pytest.fixture(params=["sqlite", "postgresql"])
def case_url(request: pytest.FixtureRequest, case_template: Path, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield fresh_sqlite(case_template, tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = fresh_postgres(server)
    yield url
    server.drop_database(url)


@pytest.fixture
async def cases(case_url: str, tmp_path: Path) -> AsyncIterator[CaseHouse]:
    async with open_case_house(case_url, tmp_path) as house:
        yield house


@pytest.fixture
async def file_cases(case_template: Path, tmp_path: Path) -> AsyncIterator[CaseHouse]:
    async with open_case_house(fresh_sqlite(case_template, tmp_path), tmp_path) as house:
        yield house
