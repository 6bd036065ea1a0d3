"""Fixtures of the tests of staff and places: `house` has the services, `new_visit()` is another browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.staff_fixtures import House, NewVisit, Visit, migrated_template, open_house, served


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_template(tmp_path_factory.mktemp("staff"))


@pytest.fixture
async def house(template: Path, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(template, tmp_path) as house:
        yield house


@pytest.fixture
async def new_visit(house: House) -> AsyncIterator[NewVisit]:
    async with served(house) as new_visit:
        yield new_visit


@pytest.fixture
async def admin(house: House, new_visit: NewVisit) -> Visit:
    """An administrator who has signed in."""
    await house.user("boss", "admin")
    visit = new_visit()
    assert (await visit.sign_in("boss")).status == 200
    return visit
