"""Signing in with real accounts: sessions, throttling, the token of the page."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import aiohttp
from yarl import URL

from hotline.web.guard import STAFF_COOKIE, cookie_at_port
from hotline.web.sessions import IDLE
from tests.support.staff_fixtures import PASSWORD, House, NewVisit


async def test_the_right_password_opens_a_session_with_the_roles_of_the_account(
    house: House, new_visit: NewVisit
) -> None:
    await house.user("li.wei", "agent")
    visit = new_visit()
    signed_in = await visit.sign_in(" Li.Wei ")
    assert signed_in.status == 200
    assert signed_in.body["roles"] == ["agent"]
    assert "desk.work" in signed_in.body["capabilities"]
    assert (await visit.call("GET", "/api/session")).body["id"] == signed_in.body["id"]


async def test_a_wrong_password_and_an_unknown_account_are_answered_alike(
    house: House, new_visit: NewVisit
) -> None:
    await house.user("li.wei", "agent")
    visit = new_visit()
    wrong = await visit.sign_in("li.wei", "Wrong-password-1")
    unknown = await visit.sign_in("nobody", "Wrong-password-1")
    assert wrong.status == unknown.status == 401
    assert wrong.body == unknown.body


async def test_an_account_that_is_switched_off_cannot_sign_in(house: House, new_visit: NewVisit) -> None:
    user = await house.user("li.wei", "agent")
    await house.staff.change_user("system:test", user.id, user.version, {"active": False})
    assert (await new_visit().sign_in("li.wei")).status == 401


async def test_a_session_id_fixed_before_sign_in_is_replaced_and_dead(
    house: House, new_visit: NewVisit
) -> None:
    await house.user("li.wei", "agent")
    victim, attacker = new_visit(), new_visit()
    victim.http.cookie_jar.update_cookies(
        {_session_cookie(victim.http): "fixed-by-the-attacker"}, _url(victim.http)
    )
    attacker.http.cookie_jar.update_cookies(
        {_session_cookie(attacker.http): "fixed-by-the-attacker"}, _url(attacker.http)
    )
    assert (await victim.sign_in("li.wei")).status == 200
    assert _cookie(victim.http, _session_cookie(victim.http)) != "fixed-by-the-attacker"
    assert (await victim.call("GET", "/api/session")).status == 200
    assert (await attacker.call("GET", "/api/session")).status == 401


async def test_signing_in_again_ends_the_session_that_the_browser_brought(
    house: House, new_visit: NewVisit
) -> None:
    await house.user("li.wei", "agent")
    first, copy = new_visit(), new_visit()
    await first.sign_in("li.wei")
    own = _session_cookie(first.http)
    copy.http.cookie_jar.update_cookies({own: _cookie(first.http, own)}, _url(copy.http))
    assert (await copy.call("GET", "/api/session")).status == 200
    await first.sign_in("li.wei")
    assert (await copy.call("GET", "/api/session")).status == 401


async def test_a_thousand_wrong_sign_ins_do_not_lock_out_a_browser_that_is_known(
    house: House, new_visit: NewVisit
) -> None:
    await house.user("li.wei", "agent")
    at_the_desk, attacker = new_visit(), new_visit()
    assert (await at_the_desk.sign_in("li.wei")).status == 200
    answers: list[int] = []
    for _ in range(20):
        tries = (attacker.sign_in("li.wei", "Wrong-password-1") for _ in range(50))
        answers += [reply.status for reply in await asyncio.gather(*tries)]
    assert len(answers) == 1000
    assert set(answers) <= {401, 429}
    assert answers[-1] == 429
    assert (await new_visit().sign_in("li.wei")).status == 429, "a new browser at that address must wait"
    assert (await at_the_desk.sign_in("li.wei")).status == 200


async def test_after_fifteen_minutes_a_stranger_may_try_again(house: House, new_visit: NewVisit) -> None:
    await house.user("li.wei", "agent")
    visit = new_visit()
    for _ in range(5):
        assert (await visit.sign_in("li.wei", "Wrong-password-1")).status == 401
    waiting = await visit.sign_in("li.wei")
    assert waiting.status == 429
    assert waiting.body["params"] == {"retry_after": 900}
    house.clock.turn(timedelta(minutes=15, seconds=1))
    assert (await visit.sign_in("li.wei")).status == 200


async def test_a_change_without_the_token_of_the_page_is_refused(house: House, new_visit: NewVisit) -> None:
    await house.user("boss", "admin")
    visit = new_visit()
    await visit.sign_in("boss")
    visit.csrf = None
    refused = await visit.call("POST", "/api/admin/units", {"code": "U-WS", "name": "Water"})
    assert (refused.status, refused.body["code"]) == (403, "csrf")
    async with house.database.read() as reader:
        assert (await house.organisation.list_units(reader))[0] == []


async def test_a_session_that_nobody_uses_ends(house: House, new_visit: NewVisit) -> None:
    await house.user("li.wei", "agent")
    visit = new_visit()
    await visit.sign_in("li.wei")
    house.clock.turn(IDLE["staff"] + timedelta(seconds=1))
    assert (await visit.call("GET", "/api/session")).status == 401


async def test_a_role_without_the_right_is_refused_and_the_refusal_is_audited(
    house: House, new_visit: NewVisit
) -> None:
    agent = await house.user("li.wei", "agent")
    visit = new_visit()
    await visit.sign_in("li.wei")
    refused = await visit.call("GET", "/api/admin/users")
    assert (refused.status, refused.body["params"]) == (403, {"capability": "admin.users"})
    (entry,) = await house.audited("admin_users")
    assert (entry["actor"], entry["outcome"]) == (f"staff:{agent.id}", "denied")
    assert entry["actor_name"] == "Name of li.wei"


async def test_a_first_password_given_by_somebody_else_must_be_replaced_before_anything_else(
    house: House, new_visit: NewVisit
) -> None:
    await house.user("boss", "admin", must_change=True)
    visit = new_visit()
    assert (await visit.sign_in("boss")).body["capabilities"] == ["password.must_change"]
    assert (await visit.call("GET", "/api/admin/users")).status == 403
    new = {"old": PASSWORD, "new": "Another-horse-8"}
    assert (await visit.call("PUT", "/api/session/password", new)).status == 204
    assert "admin.users" in (await visit.call("GET", "/api/session")).body["capabilities"]
    assert (await visit.call("GET", "/api/admin/users")).status == 200


def _url(http: aiohttp.ClientSession) -> URL:
    assert http._base_url is not None
    return http._base_url


def _cookie(http: aiohttp.ClientSession, name: str) -> str:
    return {cookie.key: cookie.value for cookie in http.cookie_jar}[name]


def _session_cookie(http: aiohttp.ClientSession) -> str:
    return cookie_at_port(STAFF_COOKIE, _url(http).port)
