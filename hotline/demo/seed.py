"""Loads the demo organisation, and switches its accounts off again.

Everything in it is marked as demo; the accounts share one password, which is published with the product.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import Any, cast

from hotline.kernel.db import Database
from hotline.knowledge.model import Content
from hotline.knowledge.service import Knowledge
from hotline.places.model import NewPlace
from hotline.places.service import Places
from hotline.staff import store
from hotline.staff.model import NewUser, UnitFields
from hotline.staff.organisation import Organisation
from hotline.staff.roles import Roles
from hotline.staff.service import Staff
from hotline.staff.views import UserView

ACTOR = "system:demo"


async def seed_demo(
    database: Database,
    staff: Staff,
    roles: Roles,
    organisation: Organisation,
    places: Places,
    knowledge: Knowledge,
) -> dict[str, int]:
    """Add what is missing of the demo organisation, and change nothing that is there.

    Returns how many ``units``, ``users``, ``crews``, ``places`` and ``articles`` were added.
    """
    await roles.install_defaults()
    return {
        "units": await _seed_units(database, organisation),
        "users": await _seed_users(database, staff),
        "crews": await _seed_crews(database, organisation),
        "places": await _seed_places(database, places),
        "articles": await _seed_articles(database, knowledge),
    }


def demo_password() -> str:
    """The password of every demo account."""
    password: str = _data("users")["password"]
    return password


def demo_service() -> dict[str, dict[str, str]]:
    """``name`` and ``scope`` of the demo's service, each by language."""
    found: dict[str, dict[str, str]] = _data("service")
    return found


async def active_demo_accounts(database: Database, staff: Staff) -> list[UserView]:
    """The accounts that anybody can sign in to, because they still have the published password."""
    async with database.read() as reader:
        found, after = await staff.list_users(reader, demo=True, active=True)
        while after is not None:
            more, after = await staff.list_users(reader, demo=True, active=True, after=after)
            found += more
    return found


async def switch_off_demo(database: Database, staff: Staff) -> dict[str, int]:
    """Switch those accounts off; ``Conflict`` ("last_admin") and no change without another administrator."""
    accounts = await active_demo_accounts(database, staff)
    # Administrators first: when the last of them may not go, nobody has gone.
    for account in sorted(accounts, key=lambda one: "admin" not in one.roles):
        await staff.change_user(ACTOR, account.id, account.version, {"active": False})
    return {"switched_off": len(accounts)}


async def _seed_units(database: Database, organisation: Organisation) -> int:
    wanted = {one.pop("code"): one for one in _data("units")["units"]}
    async with database.uow() as tx:
        known = await store.units_by_code(tx, list(wanted))
        missing = [code for code in wanted if code not in known]
        for code in missing:
            fields = cast(UnitFields, {**wanted[code], "active": True})
            await organisation.add_unit(tx, ACTOR, code, fields, demo=True)
    return len(missing)


async def _seed_users(database: Database, staff: Staff) -> int:
    data = _data("users")
    wanted = {one["account"]: one for one in data["users"]}
    async with database.read() as reader:
        known = await store.users_by_account(reader, list(wanted))
        codes = {one["unit_code"] for one in data["users"] if one["unit_code"]}
        units = await store.units_by_code(reader, codes)
    missing = [
        NewUser(
            account=account,
            name=one["name"],
            password=data["password"],
            roles=tuple(one["roles"]),
            unit_id=units[one["unit_code"]].id if one["unit_code"] else None,
            must_change_password=False,
            demo=True,
        )
        for account, one in wanted.items()
        if account not in known
    ]
    return len(await staff.create_users(ACTOR, missing))


async def _seed_crews(database: Database, organisation: Organisation) -> int:
    added = 0
    async with database.uow() as tx:
        for one in _data("crews")["crews"]:
            unit = (await store.units_by_code(tx, [one["unit_code"]]))[one["unit_code"]]
            if (unit.id, one["name"]) in await store.crew_names(tx, [unit.id]):
                continue
            people = await store.users_by_account(tx, [one["captain"], *one["members"]])
            await organisation.add_crew(
                tx,
                ACTOR,
                unit.id,
                {
                    "name": one["name"],
                    "captain_id": people[one["captain"]].id,
                    "member_ids": [people[account].id for account in one["members"]],
                    "skills": one["skills"],
                    "active": True,
                },
            )
            added += 1
    return added


async def _seed_places(database: Database, places: Places) -> int:
    wanted = [
        NewPlace(one["kind"], one["name"], one["district"], tuple(one["aliases"]), demo=True)
        for one in _data("places")["places"]
    ]
    async with database.uow() as tx:
        return await places.keep(tx, ACTOR, wanted, only_new=True)


async def _seed_articles(database: Database, knowledge: Knowledge) -> int:
    wanted = [one for part in _data("articles")["parts"] for one in _data(f"articles_{part}")["articles"]]
    async with database.uow() as tx:
        units = await store.units_by_code(tx, {one["unit_code"] for one in wanted if one["unit_code"]})
        articles = {
            # Its id says which article it is, so that loading again finds it even under another title.
            hashlib.sha256(f"demo article {one['key']}".encode()).hexdigest()[:32]: (
                units[one["unit_code"]].id if one["unit_code"] else None,
                Content(
                    kind=one["kind"],
                    title=one["title"],
                    body="\n".join(one["body"]),
                    categories=tuple(one["categories"]),
                    keywords=tuple(one["keywords"]),
                ),
            )
            for one in wanted
        }
        return await knowledge.bring_along(tx, ACTOR, articles)


def _data(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(files("hotline.demo").joinpath(f"data/{name}.json").read_text("utf-8"))
    return read
