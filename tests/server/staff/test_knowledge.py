"""Who may read, write, publish and withdraw articles, over the web."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.staff_fixtures import House, NewVisit, Reply, Visit

DRAFT = {
    "kind": "article",
    "title": "Frozen meters",
    "body": "Warm water.\n- No flame.",
    "categories": ["WS-04"],
}


class Desk:
    """People of the house, signed in."""

    def __init__(self, house: House, new_visit: NewVisit) -> None:
        self.house = house
        self._new_visit = new_visit

    async def member(self, account: str, role: str, unit_id: str | None = None) -> Visit:
        await self.house.user(account, role, unit_id=unit_id)
        visit = self._new_visit()
        assert (await visit.sign_in(account)).status == 200
        return visit


@pytest.fixture
def desk(house: House, new_visit: NewVisit) -> Desk:
    return Desk(house, new_visit)


async def written(visit: Visit, **more: Any) -> Any:
    reply = await visit.call("POST", "/api/knowledge", {**DRAFT, **more})
    assert reply.status == 200, reply
    return reply.body


async def step(visit: Visit, article: Any, what: str, **more: Any) -> Reply:
    return await visit.call(
        "POST", f"/api/knowledge/{article['id']}/{what}", {"version": article["version"], **more}
    )


async def published(visit: Visit, **more: Any) -> Any:
    reply = await step(visit, await written(visit, **more), "publish")
    assert reply.status == 200, reply
    return reply.body


async def titles(visit: Visit, **params: str) -> list[str]:
    reply = await visit.call("GET", "/api/knowledge", **params)
    assert reply.status == 200, reply
    return [one["title"] for one in reply.body["items"]]


async def test_a_clerk_writes_a_lead_publishes_an_agent_reads_and_all_is_audited(desk: Desk) -> None:
    unit = await desk.house.unit()
    clerk = await desk.member("clerk", "unit_clerk", unit.id)
    lead, agent = await desk.member("lead", "shift_lead"), await desk.member("ann", "agent")
    draft = await written(clerk, unit_id=unit.id, keywords=["ice"])
    assert (draft["state"], draft["edition"], draft["published_edition"]) == ("draft", 1, None)
    assert (draft["may_edit"], draft["may_publish"], draft["author"]) == (True, False, "Name of clerk")
    assert await titles(agent) == []
    assert (await agent.call("GET", f"/api/knowledge/{draft['id']}")).status == 404
    assert await titles(lead, shelf="drafts") == ["Frozen meters"]
    shown = (await step(lead, draft, "publish")).body
    assert (shown["state"], shown["published_by"]) == ("published", "Name of lead")
    (hit,) = (await agent.call("GET", "/api/knowledge", q="meter", category="WS-04-02")).body["items"]
    assert (hit["body"], hit["unit"]["code"], hit["may_edit"]) == (DRAFT["body"], "U-WS", False)
    for what in ("write", "publish"):
        (act,) = await desk.house.audited(f"knowledge.{what}")
        assert act["object"] == f"knowledge:{draft['id']}"


async def test_agents_keep_the_published_words_until_the_next_edition_is_published(desk: Desk) -> None:
    lead, agent = await desk.member("lead", "shift_lead"), await desk.member("ann", "agent")
    first = await published(lead)
    path = f"/api/knowledge/{first['id']}"
    edited = await lead.call("PUT", path, {**DRAFT, "body": "Warm towel.", "version": first["version"]})
    assert (edited.body["edition"], edited.body["published_edition"]) == (2, 1)
    assert (await agent.call("GET", path, latest="true")).body["body"] == DRAFT["body"]
    assert (await lead.call("GET", path)).body["edition"] == 1
    assert (await lead.call("GET", path, latest="true")).body["body"] == "Warm towel."
    assert (await step(lead, edited.body, "publish")).status == 200
    assert (await agent.call("GET", path)).body["body"] == "Warm towel."
    kept = (await lead.call("GET", f"{path}/editions")).body
    assert [(one["edition"], one["body"]) for one in kept] == [(2, "Warm towel."), (1, DRAFT["body"])]


async def test_an_old_page_changes_nothing(desk: Desk) -> None:
    lead = await desk.member("lead", "shift_lead")
    draft = await written(lead)
    now = await lead.call("PUT", f"/api/knowledge/{draft['id']}", {**DRAFT, "version": draft["version"]})
    assert now.status == 200
    late = await lead.call("PUT", f"/api/knowledge/{draft['id']}", {**DRAFT, "version": draft["version"]})
    assert (late.status, late.body["code"]) == (409, "changed_meanwhile")
    assert (await step(lead, draft, "publish")).body["code"] == "changed_meanwhile"
    assert (await step(lead, now.body, "publish")).status == 200


async def test_what_is_withdrawn_is_gone_for_agents_and_can_come_back(desk: Desk) -> None:
    lead, agent = await desk.member("lead", "shift_lead"), await desk.member("ann", "agent")
    shown = await published(lead)
    assert (await step(lead, shown, "withdraw")).status == 422
    gone = await step(lead, shown, "withdraw", reason="The rule changed.")
    assert (gone.body["state"], gone.body["published_edition"]) == ("withdrawn", None)
    assert await titles(agent) == []
    assert (await agent.call("GET", f"/api/knowledge/{shown['id']}")).status == 404
    assert (await agent.call("POST", f"/api/knowledge/{shown['id']}/use")).status == 404
    assert (await step(lead, gone.body, "withdraw", reason="Again.")).body["code"] == "knowledge_is_withdrawn"
    assert await titles(lead, shelf="withdrawn") == ["Frozen meters"]
    back = await step(lead, gone.body, "publish")
    assert (back.body["state"], await titles(agent)) == ("published", ["Frozen meters"])
    assert (await step(lead, back.body, "publish")).body["code"] == "knowledge_is_published"
    (act,) = await desk.house.audited("knowledge.withdraw")
    assert act["detail"]["reason"] == "The rule changed."


async def test_a_clerk_is_kept_to_the_own_unit(desk: Desk) -> None:
    water, gas = await desk.house.unit("U-WS"), await desk.house.unit("U-GS")
    clerk = await desk.member("clerk", "unit_clerk", water.id)
    lead = await desk.member("lead", "shift_lead")
    for unit_id in (gas.id, None):
        refused = await clerk.call("POST", "/api/knowledge", {**DRAFT, "unit_id": unit_id})
        assert (refused.status, refused.body["code"]) == (403, "knowledge_other_unit")
    hidden = await written(lead, unit_id=gas.id, title="Gas draft")
    assert await titles(clerk, shelf="all") == []
    path = f"/api/knowledge/{hidden['id']}"
    assert (await clerk.call("GET", path)).status == 404
    assert (await clerk.call("GET", f"{path}/editions")).status == 404
    assert (await clerk.call("PUT", path, {**DRAFT, "version": 1})).status == 404
    shown = (await step(lead, hidden, "publish")).body
    assert await titles(clerk) == ["Gas draft"]
    refused = await clerk.call("PUT", path, {**DRAFT, "version": shown["version"]})
    assert (refused.status, refused.body["code"]) == (403, "knowledge_other_unit")


async def test_roles_without_the_right_are_refused(desk: Desk) -> None:
    unit = await desk.house.unit()
    lead, agent = await desk.member("lead", "shift_lead"), await desk.member("ann", "agent")
    clerk = await desk.member("clerk", "unit_clerk", unit.id)
    draft = await written(lead, unit_id=unit.id)
    assert (await agent.call("POST", "/api/knowledge", DRAFT)).status == 403
    assert (await agent.call("GET", "/api/knowledge", shelf="drafts")).status == 403
    assert (await agent.call("GET", f"/api/knowledge/{draft['id']}/editions")).status == 403
    assert (await step(clerk, draft, "publish")).status == 403
    assert (await step(clerk, draft, "withdraw", reason="No.")).status == 403


async def test_wrong_content_is_told_field_by_field(desk: Desk) -> None:
    lead = await desk.member("lead", "shift_lead")
    past = (desk.house.clock.now() - timedelta(minutes=1)).isoformat()
    for change, field, code in (
        ({"title": "   "}, "title", "field_missing"),
        ({"body": ""}, "body", "field_too_short"),
        ({"body": "x" * 8001}, "body", "field_too_long"),
        ({"kind": "poem"}, "kind", "field_choice"),
        ({"categories": ["XX-01"]}, "categories", "knowledge_category"),
        ({"categories": ["WS-1"]}, "categories.0", "field_pattern"),
        ({"keywords": ["k" * 21]}, "keywords.0", "field_too_long"),
        ({"valid_until": past}, "valid_until", "knowledge_end_past"),
        ({"unit_id": "0" * 32}, "unit_id", "field_choice"),
        ({"body": "a\0b"}, "", "text_binary"),
        ({"body": "half \ud800"}, "body", "field_invalid"),
    ):
        reply = await lead.call("POST", "/api/knowledge", {**DRAFT, **change})
        problems = [(one["field"], one["code"]) for one in reply.body.get("errors", [])]
        assert (reply.status, problems) == (422, [(field, code)]), change


async def test_odd_questions_have_clear_answers(desk: Desk) -> None:
    lead = await desk.member("lead", "shift_lead")
    await published(lead)
    assert await titles(lead, q="  ") == ["Frozen meters"]
    assert await titles(lead, q="?!😀") == []
    assert await titles(lead, q="%_'\"; zq") == []
    assert (await lead.call("GET", "/api/knowledge", q="x" * 81)).status == 422
    assert (await lead.call("GET", "/api/knowledge", category="WS%")).status == 422
    assert (await lead.call("GET", "/api/knowledge", cursor="!")).status == 422
    assert (await lead.call("GET", "/api/knowledge/nothing")).status == 404
    assert (await lead.call("POST", "/api/knowledge/nothing/publish", {"version": 1})).status == 404


async def test_pages_follow_each_other_and_uses_are_counted(desk: Desk) -> None:
    lead, agent = await desk.member("lead", "shift_lead"), await desk.member("ann", "agent")
    made = [await published(lead, title=f"Meter {n}") for n in range(3)]
    for _ in range(2):
        assert (await agent.call("POST", f"/api/knowledge/{made[1]['id']}/use")).status == 204
    first = (await agent.call("GET", "/api/knowledge", q="meter", limit="2")).body
    assert (first["items"][0]["title"], first["items"][0]["used"]) == ("Meter 1", 2)
    rest = (await agent.call("GET", "/api/knowledge", q="meter", limit="2", cursor=first["next"])).body
    assert (len(rest["items"]), rest["next"]) == (1, None)
    seen = {one["id"] for one in (*first["items"], *rest["items"])}
    assert seen == {one["id"] for one in made}
