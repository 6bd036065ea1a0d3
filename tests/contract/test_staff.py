"""Staff and places on both engines: what depends on types, locks and constraints of the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hotline.demo.seed import active_demo_accounts, seed_demo
from hotline.errors import Conflict, InvalidInput
from hotline.kernel.db import Database
from tests.support.staff_fixtures import House


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    house = House(database, tmp_path)
    yield house
    house.passwords.close()


async def seed(house: House) -> dict[str, int]:
    return await seed_demo(
        house.database, house.staff, house.roles, house.organisation, house.places, house.knowledge
    )


async def test_the_demo_organisation_is_loaded_once_and_found_again(house: House) -> None:
    first = await seed(house)
    assert await seed(house) == dict.fromkeys(first, 0)
    assert len(await active_demo_accounts(house.database, house.staff)) == first["users"]
    async with house.database.read() as reader:
        assert [one.name for one in await house.places.search(reader, "五一")] == ["五一路"]
        assert (await house.audit.verify(reader))[1] is None


async def test_of_two_units_that_each_take_away_an_administrator_one_is_refused(house: House) -> None:
    await house.roles.install_defaults()
    first, second = await house.user("first", "admin"), await house.user("second", "admin")
    ends = await asyncio.gather(
        house.staff.change_user("system:test", first.id, 1, {"active": False}),
        house.staff.change_user("system:test", second.id, 1, {"active": False}),
        return_exceptions=True,
    )
    assert [end.code for end in ends if isinstance(end, Conflict)] == ["last_admin"]
    async with house.database.read() as reader:
        assert len((await house.staff.list_users(reader, active=True))[0]) == 1


async def test_two_accounts_of_one_name_made_at_the_same_moment_are_one(house: House) -> None:
    await house.roles.install_defaults()
    ends = await asyncio.gather(*(house.user("li.wei", "agent") for _ in range(5)), return_exceptions=True)
    refused = [end for end in ends if isinstance(end, InvalidInput)]
    assert len(refused) == 4
    assert {problem.code for one in refused for problem in one.fields} == {"account_taken"}
