"""What an administrator does with accounts, roles, units and crews, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.staff.model import PASSWORD_HISTORY
from tests.support.staff_fixtures import PASSWORD, House, NewVisit, Visit

NEW_USER = {"account": "Li.Wei", "name": "Li Wei", "password": PASSWORD, "roles": ["agent"]}


def wrong_fields(body: Any) -> set[tuple[str, str]]:
    return {(error["field"], error["code"]) for error in body["errors"]}


async def test_an_account_is_made_and_must_choose_its_own_password(admin: Visit, new_visit: NewVisit) -> None:
    made = await admin.call("POST", "/api/admin/users", NEW_USER)
    assert made.status == 201
    assert (made.body["account"], made.body["roles"], made.body["version"]) == ("li.wei", ["agent"], 1)
    assert made.body["must_change_password"] is True
    assert (await new_visit().sign_in("li.wei")).body["capabilities"] == ["password.must_change"]


async def test_a_wrong_account_is_answered_field_by_field_in_the_readers_language(admin: Visit) -> None:
    admin.language = "zh-CN"
    body = {**NEW_USER, "account": "boss", "password": "onlylowercase", "roles": ["unit_clerk", "king"]}
    refused = await admin.call("POST", "/api/admin/users", body)
    assert refused.status == 422
    # The password is looked at before anything is hashed or read.
    assert wrong_fields(refused.body) == {("password", "password_simple")}
    assert "3 类" in refused.body["errors"][0]["message"]
    refused = await admin.call("POST", "/api/admin/users", {**body, "password": PASSWORD})
    assert wrong_fields(refused.body) == {
        ("account", "account_taken"),
        ("roles", "role_unknown"),
        ("unit_id", "unit_needed"),
    }


async def test_accounts_are_listed_in_pages_and_found_by_part_unit_and_role(
    house: House, admin: Visit
) -> None:
    unit = await house.unit()
    for number in range(5):
        await house.user(f"clerk{number}", "unit_clerk", unit_id=unit.id)
    seen: list[str] = []
    page = await admin.call("GET", "/api/admin/users", limit="2")
    while True:
        seen += [one["account"] for one in page.body["items"]]
        if page.body["next"] is None:
            break
        page = await admin.call("GET", "/api/admin/users", limit="2", cursor=page.body["next"])
    assert seen == ["boss", "clerk0", "clerk1", "clerk2", "clerk3", "clerk4"]
    for name, value, expected in (
        ("q", "CLERK3", ["clerk3"]),
        ("q", "%", []),
        ("role", "admin", ["boss"]),
        ("unit_id", unit.id, seen[1:]),
    ):
        found = (await admin.call("GET", "/api/admin/users", **{name: value})).body["items"]
        assert [one["account"] for one in found] == expected
    assert (await admin.call("GET", "/api/admin/users", cursor="\u2603")).status == 422


async def test_switching_an_account_off_ends_its_sessions(
    house: House, admin: Visit, new_visit: NewVisit
) -> None:
    user = await house.user("li.wei", "agent")
    visit = new_visit()
    await visit.sign_in("li.wei")
    body = {"version": user.version, "active": False}
    switched = await admin.call("PATCH", f"/api/admin/users/{user.id}", body)
    assert (switched.status, switched.body["active"]) == (200, False)
    assert (await visit.call("GET", "/api/session")).status == 401
    await admin.call("PATCH", f"/api/admin/users/{user.id}", {"version": 2, "active": True})
    assert (await visit.call("GET", "/api/session")).status == 401, "the old session must not come back"


async def test_another_role_holds_from_the_next_request_on(
    house: House, admin: Visit, new_visit: NewVisit
) -> None:
    user = await house.user("li.wei", "agent")
    visit = new_visit()
    await visit.sign_in("li.wei")
    body = {"version": user.version, "roles": ["queue_supervisor"]}
    assert (await admin.call("PATCH", f"/api/admin/users/{user.id}", body)).status == 200
    session = (await visit.call("GET", "/api/session")).body
    assert session["roles"] == ["queue_supervisor"]
    assert "desk.work" not in session["capabilities"]


async def test_a_stale_form_changes_nothing(house: House, admin: Visit) -> None:
    user = await house.user("li.wei", "agent")
    await admin.call("PATCH", f"/api/admin/users/{user.id}", {"version": 1, "name": "First"})
    stale = await admin.call("PATCH", f"/api/admin/users/{user.id}", {"version": 1, "name": "Second"})
    assert (stale.status, stale.body["code"]) == (409, "changed_meanwhile")
    async with house.database.read() as reader:
        assert (await house.staff.user(reader, user.id)).name == "First"


@pytest.mark.parametrize("change", [{"active": False}, {"roles": ["agent"]}])
async def test_the_last_administrator_cannot_be_taken_away(
    house: House, admin: Visit, change: dict[str, Any]
) -> None:
    me = (await admin.call("GET", "/api/session")).body["id"]
    refused = await admin.call("PATCH", f"/api/admin/users/{me}", {"version": 1, **change})
    assert (refused.status, refused.body["code"]) == (409, "last_admin")
    assert (await admin.call("GET", "/api/admin/users")).status == 200
    await house.user("second", "admin")
    assert (await admin.call("PATCH", f"/api/admin/users/{me}", {"version": 1, **change})).status == 200


async def test_the_administrators_role_cannot_lose_the_rights_to_administer(admin: Visit) -> None:
    roles = {one["code"]: one for one in (await admin.call("GET", "/api/admin/roles")).body}
    body = {
        "version": roles["admin"]["version"],
        "name": roles["admin"]["name"],
        "capabilities": ["admin.users"],
    }
    refused = await admin.call("PUT", "/api/admin/roles/admin", body)
    assert (refused.status, refused.body["code"]) == (409, "last_admin")


async def test_a_role_is_edited_as_data_and_keeps_the_edit_over_a_restart(house: House, admin: Visit) -> None:
    roles = {one["code"]: one for one in (await admin.call("GET", "/api/admin/roles")).body}
    taken = set(roles["qa_reviewer"]["capabilities"]) - {"case.view_all"}
    body = {
        "version": 1,
        "name": {"en": "QA", "zh-CN": "质检"},
        "capabilities": ["case.view_all", "audit.view"],
    }
    changed = await admin.call("PUT", "/api/admin/roles/qa_reviewer", body)
    assert (changed.status, changed.body["version"]) == (200, 2)
    await house.roles.install_defaults()
    roles = {one["code"]: one for one in (await admin.call("GET", "/api/admin/roles")).body}
    assert roles["qa_reviewer"]["capabilities"] == ["audit.view", "case.view_all"]
    (entry,) = await house.audited("role.change")
    assert entry["detail"] == {"given": ["audit.view"], "taken": sorted(taken)}
    wrong = {**body, "version": 2, "capabilities": ["fly"]}
    refused = await admin.call("PUT", "/api/admin/roles/qa_reviewer", wrong)
    assert wrong_fields(refused.body) == {("capabilities", "capability_unknown")}


async def test_capabilities_are_named_in_the_readers_language(admin: Visit) -> None:
    names = {one["code"]: one["name"] for one in (await admin.call("GET", "/api/admin/capabilities")).body}
    assert names["case.dispatch"] == "Dispatch cases"


async def test_a_password_set_by_the_administrator_ends_sessions_and_must_be_replaced(
    house: House, admin: Visit, new_visit: NewVisit
) -> None:
    user = await house.user("li.wei", "agent")
    visit = new_visit()
    await visit.sign_in("li.wei")
    body = {"password": "Given-by-boss-1"}
    assert (await admin.call("POST", f"/api/admin/users/{user.id}/password", body)).status == 200
    assert (await visit.call("GET", "/api/session")).status == 401
    assert (await visit.sign_in("li.wei")).status == 401
    signed_in = await visit.sign_in("li.wei", "Given-by-boss-1")
    assert signed_in.body["capabilities"] == ["password.must_change"]


async def test_changing_ones_own_password_ends_the_other_sessions_only(
    house: House, new_visit: NewVisit
) -> None:
    await house.user("li.wei", "agent")
    here, elsewhere = new_visit(), new_visit()
    await here.sign_in("li.wei")
    await elsewhere.sign_in("li.wei")
    body = {"old": PASSWORD, "new": "Another-horse-8"}
    assert (await here.call("PUT", "/api/session/password", body)).status == 204
    assert (await here.call("GET", "/api/session")).status == 200
    assert (await elsewhere.call("GET", "/api/session")).status == 401


async def test_a_former_password_may_not_come_back_soon(house: House, new_visit: NewVisit) -> None:
    await house.user("li.wei", "agent")
    visit = new_visit()
    await visit.sign_in("li.wei")
    old = PASSWORD
    for number in range(PASSWORD_HISTORY):
        for used in {old, PASSWORD}:
            refused = await visit.call("PUT", "/api/session/password", {"old": old, "new": used})
            assert wrong_fields(refused.body) == {("new", "password_used")}
        new = f"Another-horse-{number}"
        assert (await visit.call("PUT", "/api/session/password", {"old": old, "new": new})).status == 204
        old = new


async def test_guessing_the_present_password_from_an_open_session_is_throttled(
    house: House, new_visit: NewVisit
) -> None:
    await house.user("li.wei", "agent")
    visit = new_visit()
    await visit.sign_in("li.wei")
    guess = {"old": "Wrong-password-1", "new": "Another-horse-8"}
    statuses = [(await visit.call("PUT", "/api/session/password", guess)).status for _ in range(6)]
    assert statuses == [422] * 5 + [429]


async def test_a_unit_becomes_active_when_its_principal_and_deputy_are_named(admin: Visit) -> None:
    body = {"code": "U-WS", "name": "Water company", "active": True}
    refused = await admin.call("POST", "/api/admin/units", body)
    assert wrong_fields(refused.body) == {
        ("principal", "unit_incomplete"),
        ("hotline_deputy", "unit_incomplete"),
    }
    made = (await admin.call("POST", "/api/admin/units", {**body, "active": False})).body
    assert (await admin.call("GET", "/api/units")).body == []
    change = {"version": 1, "principal": "Zhao", "hotline_deputy": "Qian", "active": True}
    changed = await admin.call("PATCH", f"/api/admin/units/{made['id']}", change)
    assert (changed.status, changed.body["version"]) == (200, 2)
    expected = {"id": made["id"], "code": "U-WS", "name": "Water company", "group": None}
    assert (await admin.call("GET", "/api/units")).body == [expected]
    again = await admin.call("POST", "/api/admin/units", {**body, "active": False})
    assert wrong_fields(again.body) == {("code", "unit_code_taken")}


async def test_a_crew_has_its_captain_and_members_from_its_unit(house: House, admin: Visit) -> None:
    unit, other = await house.unit("U-WS"), await house.unit("U-GS")
    captain = await house.user("captain", "crew_captain", unit_id=unit.id)
    stranger = await house.user("stranger", "crew_member", unit_id=other.id)
    body = {"unit_id": unit.id, "name": "First", "skills": ["water_leak"], "active": True}
    refused = await admin.call("POST", "/api/admin/crews", {**body, "member_ids": [stranger.id]})
    assert wrong_fields(refused.body) == {("captain_id", "crew_incomplete"), ("member_ids", "not_of_unit")}
    made = await admin.call("POST", "/api/admin/crews", {**body, "captain_id": captain.id})
    assert made.body["captain"] == {"id": captain.id, "name": "Name of captain"}
    change = {"version": 1, "member_ids": [captain.id]}
    changed = await admin.call("PATCH", f"/api/admin/crews/{made.body['id']}", change)
    assert [one["id"] for one in changed.body["members"]] == [captain.id]
    assert changed.body["skills"] == ["water_leak"]


async def test_the_crews_of_a_unit_are_seen_by_its_own_people_and_the_centre(
    house: House, new_visit: NewVisit
) -> None:
    ours, other = await house.unit("U-WS"), await house.unit("U-GS")
    captain = await house.user("captain", "crew_captain", unit_id=ours.id)
    await house.user("clerk", "unit_clerk", unit_id=ours.id)
    await house.user("rival", "unit_clerk", unit_id=other.id)
    await house.user("dispatcher", "dispatcher")
    fields = {"name": "First", "captain_id": captain.id, "active": True}
    await house.organisation.create_crew("system:test", ours.id, fields)  # type: ignore[arg-type]
    for account, status in (("clerk", 200), ("dispatcher", 200), ("rival", 404)):
        visit = new_visit()
        await visit.sign_in(account)
        seen = await visit.call("GET", f"/api/units/{ours.id}/crews")
        assert seen.status == status
        assert seen.status == 404 or [one["name"] for one in seen.body] == ["First"]


async def test_every_change_of_an_account_is_audited_and_the_chain_verifies(
    house: House, admin: Visit
) -> None:
    user = (await admin.call("POST", "/api/admin/users", NEW_USER)).body
    await admin.call("PATCH", f"/api/admin/users/{user['id']}", {"version": 1, "name": "Li"})
    await admin.call("POST", f"/api/admin/users/{user['id']}/password", {"password": "Given-by-boss-1"})
    trail = await admin.call("GET", "/api/admin/audit", object=f"user:{user['id']}")
    assert [one["action"] for one in trail.body["items"]] == [
        "user.password_reset",
        "user.change",
        "user.create",
    ]
    assert {one["actor_name"] for one in trail.body["items"]} == {"Name of boss"}
    assert PASSWORD not in str(trail.body)
    first = await admin.call("GET", "/api/admin/audit", object=f"user:{user['id']}", limit="2")
    rest = await admin.call("GET", "/api/admin/audit", object=f"user:{user['id']}", cursor=first.body["next"])
    assert [one["action"] for one in rest.body["items"]] == ["user.create"]
    async with house.database.read() as reader:
        assert (await house.audit.verify(reader))[1] is None
