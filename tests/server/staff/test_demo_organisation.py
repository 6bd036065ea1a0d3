"""The demo organisation."""

from __future__ import annotations

import pytest

from hotline.cases.taxonomy import load_taxonomy
from hotline.demo.seed import active_demo_accounts, demo_password, seed_demo, switch_off_demo
from hotline.errors import Conflict
from hotline.staff.model import password_problem
from hotline.staff.roles import load_defaults
from tests.support.staff_fixtures import House, NewVisit


async def seed(house: House) -> dict[str, int]:
    return await seed_demo(
        house.database, house.staff, house.roles, house.organisation, house.places, house.knowledge
    )


async def test_it_has_people_of_every_role_who_can_sign_in(house: House, new_visit: NewVisit) -> None:
    await seed(house)
    people = await active_demo_accounts(house.database, house.staff)
    assert {role for one in people for role in one.roles} == {role.code for role in load_defaults().roles}
    signed_in = await new_visit().sign_in("agent1", demo_password())
    assert signed_in.status == 200
    assert {"desk.work", "case.register", "case.dispatch"} <= set(signed_in.body["capabilities"])


async def test_every_account_may_have_the_demo_password(house: House) -> None:
    await seed(house)
    for one in await active_demo_accounts(house.database, house.staff):
        assert password_problem(demo_password(), one.account) is None


async def test_every_unit_that_a_category_names_is_there_with_a_clerk(house: House) -> None:
    await seed(house)
    async with house.database.read() as reader:
        units = {one.code: one for one in (await house.organisation.list_units(reader))[0]}
        users, _ = await house.staff.list_users(reader, role="unit_clerk")
    assert {leaf.unit_code for leaf in load_taxonomy().leaves.values()} <= set(units)
    assert all(one.demo and one.active for one in units.values())
    assert {one.unit.code for one in users if one.unit} == set(units)


async def test_loading_it_again_adds_nothing_and_keeps_what_was_changed(house: House) -> None:
    first = await seed(house)
    assert all(count > 0 for count in first.values())
    async with house.database.read() as reader:
        user = await house.staff.user_by_account(reader, "agent1")
        unit = (await house.organisation.list_units(reader))[0][0]
    assert user is not None
    await house.staff.change_user("system:test", user.id, user.version, {"name": "Renamed"})
    await house.organisation.change_unit("system:test", unit.id, unit.version, {"active": False})
    assert await seed(house) == dict.fromkeys(first, 0)
    async with house.database.read() as reader:
        assert (await house.staff.user(reader, user.id)).name == "Renamed"
        assert (await house.organisation.unit(reader, unit.id)).active is False


async def test_an_account_with_a_password_of_its_own_is_no_longer_open(house: House) -> None:
    await seed(house)
    before = await active_demo_accounts(house.database, house.staff)
    await house.staff.set_password("system:test", before[0].id, "Nobody-knows-it-1")
    after = await active_demo_accounts(house.database, house.staff)
    assert [one.id for one in after] == [one.id for one in before[1:]]


async def test_it_is_switched_off_when_somebody_else_can_administer(house: House) -> None:
    await seed(house)
    everybody = await active_demo_accounts(house.database, house.staff)
    with pytest.raises(Conflict) as refused:
        await switch_off_demo(house.database, house.staff)
    assert refused.value.code == "last_admin"
    assert await active_demo_accounts(house.database, house.staff) == everybody
    await house.user("boss", "admin")
    assert await switch_off_demo(house.database, house.staff) == {"switched_off": len(everybody)}
    assert await active_demo_accounts(house.database, house.staff) == []
