"""`town` is a served hotline that understands, on either engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hotline.kernel.db.open import open_database
from tests.support.suggestion_fixtures import SuggestionTown, open_suggestion_town


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[SuggestionTown]:
    database = open_database(database_url)
    async with open_suggestion_town(database, tmp_path) as town:
        yield town
    await database.close()
