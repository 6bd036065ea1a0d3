"""What pages get over HTTP and live: lists, the case, steps in the reader's words, changes as they happen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hotline.cases.actor import CaseActor
from hotline.cases.api import case_endpoints
from hotline.cases.feeds import OpenCases, UnitAssignments, case_feeds
from hotline.contacts.api import contact_endpoints
from hotline.kernel.events import Recorded
from hotline.web.auth import Account, Principal
from hotline.web.guard import CSRF_HEADER, STAFF_COOKIE, Guard, cookie_at_port
from hotline.web.live import Entity, Feed
from hotline.web.problems import problem_middleware
from hotline.web.sessions import Sessions
from tests.support.case_fixtures import DRAINAGE, PHONE, REPORT, ROBOT, WATER, CaseHouse


def principal(actor: CaseActor) -> Principal:
    user_id = actor.actor.partition(":")[2]
    return Principal("staff", user_id, actor.name, actor.roles, actor.capabilities, actor.unit_id, "s", "c")


class People:
    """The accounts of one test, by id."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}

    async def verify(self, account: str, password: str) -> str | None:
        return None

    async def load(self, account_id: str) -> Account | None:
        return self.accounts.get(account_id)


class Site:
    """The cases' routes on a real port."""

    def __init__(self, house: CaseHouse) -> None:
        self.house = house
        self.people = People()
        self.sessions = Sessions(house.database, house.clock)
        guard = Guard(house.database, self.sessions, self.people, self._denied)
        app = web.Application(middlewares=[problem_middleware(house.catalogue)])
        of_cases = case_endpoints(house.database, house.clock, house.cases)
        of_contacts = contact_endpoints(house.database, house.contacts, house.cases.concerns)
        for endpoint in (*of_cases.all, *of_contacts.all):
            app.router.add_route(endpoint.method, endpoint.path, guard.wrap(endpoint))
        self.server = TestServer(app)
        self.http = aiohttp.ClientSession()

    async def _denied(self, who: Principal, operation: str, path: str) -> None:
        await self.house.audit.denied(self.house.database, who.actor, operation, path)

    async def call(
        self, actor: CaseActor, method: str, path: str, body: Any = None, language: str = "en"
    ) -> tuple[int, Any]:
        who = principal(actor)
        self.people.accounts[who.id] = Account(who.id, who.name, who.roles, who.capabilities, who.unit_id)
        async with self.house.database.uow() as tx:
            token, session = await self.sessions.begin(tx, "staff", who.id)
        headers = {
            CSRF_HEADER: session.csrf,
            "Accept-Language": language,
            "Cookie": f"{cookie_at_port(STAFF_COOKIE, self.server.port)}={token}",
        }
        url = self.server.make_url(path)
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)


@pytest.fixture
async def site(file_cases: CaseHouse) -> AsyncIterator[Site]:
    site = Site(file_cases)
    await site.server.start_server()
    yield site
    await site.http.close()
    await site.server.close()


async def test_a_step_over_http_answers_with_the_case_as_it_is_then(site: Site) -> None:
    house = site.house
    case = await house.dispatched()
    path = f"/api/cases/{case.row.case_no}"
    body = {"version": case.row.version, "payload": {"crew_id": house.crews[WATER]}}
    status, page = await site.call(house.clerk, "POST", f"{path}/actions/sign", body)
    assert status == 200
    assert (page["state"], page["version"]) == ("handling", 5)
    assert page["assignments"][0]["tasks"][0]["crew"]["name"] == f"Crew of {WATER}"
    assert page["category_path"][0] != ""

    status, problem = await site.call(house.clerk, "POST", f"{path}/actions/sign", body)
    assert (status, problem["code"]) == (409, "changed_meanwhile")
    assert (problem["params"]["from"], problem["params"]["to"]) == ("dispatched", "handling")

    report = {"version": 5, "payload": {**REPORT, "labor_fee": 50}}
    status, problem = await site.call(house.clerk, "POST", f"{path}/actions/report", report, "zh-CN")
    assert status == 422
    wrong = problem["errors"][0]
    assert (wrong["field"], wrong["code"]) == ("labor_fee", "field_must_be_zero")
    assert wrong["message"] == house.catalogue.text("zh-CN", "field_must_be_zero")

    status, events = await site.call(house.clerk, "GET", f"{path}/events")
    assert [event["action"] for event in events][-2:] == ["sign", "start_work"]


async def test_another_units_case_is_404_everywhere_and_denied_in_the_audit(site: Site) -> None:
    house = site.house
    case = await house.dispatched()
    path, stranger = f"/api/cases/{case.row.case_no}", house.other_clerk
    asked = (
        await site.call(stranger, "GET", path),
        await site.call(stranger, "GET", f"{path}/events"),
        await site.call(stranger, "POST", f"{path}/actions/sign", {"version": 3}),
    )
    _, absent = await site.call(stranger, "GET", "/api/cases/LL20261123-09999-1")
    for status, problem in asked:
        assert status == 404
        assert problem == absent
    assert [action for _, action, _ in await house.denials()] == ["case.view", "case.view", "case.sign"]
    _, listed = await site.call(stranger, "GET", "/api/cases")
    assert listed == {"items": [], "next": None}


async def test_a_step_without_the_right_is_403_and_audited(site: Site) -> None:
    house = site.house
    case = await house.accepted()
    step = f"/api/cases/{case.row.case_no}/actions/dispatch"
    status, problem = await site.call(house.agent, "POST", step, {"version": 2, "payload": {}})
    assert (status, problem["code"]) == (403, "step_not_permitted")
    assert problem["title"] == house.catalogue.text("en", "step_not_permitted")
    assert [action for _, action, _ in await house.denials()] == ["case.dispatch"]


async def test_tree_preview_list_and_the_units_page(site: Site) -> None:
    house = site.house
    case = await house.dispatched()
    status, tree = await site.call(house.agent, "GET", "/api/taxonomy")
    assert status == 200
    leaves = [leaf for g in tree["groups"] for child in g["children"] for leaf in child["leaves"]]
    assert len(leaves) == len(house.cases.taxonomy.leaves)
    status, preview = await site.call(
        house.agent, "POST", "/api/cases/preview", {"category_code": "WS-01-02", "urgency": "N"}
    )
    assert (status, preview["sla_code"], preview["unit"]["code"]) == (200, "HH6", WATER)
    query = "/api/cases?state=dispatched&state=handling&mine=true&limit=1"
    status, page = await site.call(house.agent, "GET", query)
    assert (status, [item["case_no"] for item in page["items"]]) == (200, [case.row.case_no])
    assert page["items"][0]["lead_unit"]["code"] == WATER
    status, lines = await site.call(house.clerk, "GET", "/api/unit/assignments")
    assert (status, [(line["group"], line["due_type"]) for line in lines]) == (200, [("to_sign", "sign")])


async def loaded(feed: Feed, house: CaseHouse, scope: str, ids: Sequence[str] | None) -> dict[str, Entity]:
    async with house.database.read() as reader:
        return {entity.id: entity for entity in await feed.load(reader, scope, ids)}


async def test_a_stale_view_and_its_changes_are_a_fresh_view(file_cases: CaseHouse) -> None:
    house, recorded = file_cases, list[Recorded]()
    house.database.on_commit(recorded.extend)
    water = f"unit:{house.units[WATER]}"
    viewers: list[tuple[Feed, str]] = [
        (OpenCases(house.cases), "all"),
        (OpenCases(house.cases), water),
        (OpenCases(house.cases), f"unit:{house.units[DRAINAGE]}"),
        (UnitAssignments(house.cases), water),
        (UnitAssignments(house.cases), f"unit:{house.units[DRAINAGE]}"),
    ]
    await house.dispatched()
    shown = [await loaded(feed, house, scope, None) for feed, scope in viewers]
    moved = await house.started()
    moved = await house.act(moved, "reassign", house.dispatcher, {"reason": "Wrong pipe."})
    await house.act(moved, "dispatch", house.dispatcher, {"unit_id": house.units[DRAINAGE]})
    await house.act(await house.surveying(), "close", ROBOT, {"exempt_code": "declined"})
    await house.register()
    for (feed, scope), view in zip(viewers, shown, strict=True):
        touched = list(dict.fromkeys(i for one in recorded for i in feed.touched(one.event)))
        changed = await loaded(feed, house, scope, touched)
        for gone in set(touched) - set(changed):
            view.pop(gone, None)
        view.update(changed)
        assert view == await loaded(feed, house, scope, None)


async def test_a_case_page_is_watched_by_those_who_may_see_the_case(file_cases: CaseHouse) -> None:
    house = file_cases
    case = await house.dispatched()
    number = case.row.case_no
    feed = next(feed for feed in case_feeds(house.cases) if feed.name == "case")
    async with house.database.read() as reader:
        assert await feed.scope(reader, principal(house.other_clerk), number) is None
        assert await feed.scope(reader, principal(house.person("admin")), number) is None
        scope = await feed.scope(reader, principal(house.clerk), number)
    assert scope is not None
    seen = (await loaded(feed, house, scope, [number]))[number]
    assert (seen.version, seen.data["state"]) == (3, "dispatched")
    assert [action for _, action, _ in await house.denials()] == ["case.watch", "case.watch"]
    await house.act(case, "reassign", house.dispatcher, {"reason": "Wrong pipe."})
    assert await loaded(feed, house, scope, [number]) == {}


async def test_a_unit_may_learn_who_its_own_requesters_are_and_nobody_elses(site: Site) -> None:
    house = site.house
    await house.dispatched()
    path, why = f"/api/contacts/{house.contact_id}/reveal", {"reason": "to arrange a visit"}
    status, body = await site.call(house.clerk, "POST", path, why)
    assert (status, body["phone"]) == (200, PHONE)
    status, body = await site.call(house.other_clerk, "POST", path, why)
    assert (status, body["code"]) == (404, "not_found")
    assert (house.other_clerk.actor, "contact.reveal", f"contact:{house.contact_id}") in await house.denials()


@pytest.mark.parametrize("hidden", ["secret", "anonymous"])
async def test_a_confidential_requester_is_shown_to_no_unit(site: Site, hidden: str) -> None:
    house = site.house
    await house.dispatched(**{hidden: True})
    path, why = f"/api/contacts/{house.contact_id}/reveal", {"reason": "to arrange a visit"}
    assert (await site.call(house.clerk, "POST", path, why))[0] == 404
    assert (await site.call(house.agent, "POST", path, why))[0] == 200
