"""The form is proposed with evidence; what a person decided stands; open cases nearby are shown."""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa

from hotline.places.model import NewPlace
from hotline.staff.tables import unit
from tests.support.chat_fixtures import Browser
from tests.support.staff_fixtures import Reply
from tests.support.suggestion_fixtures import GAS, SuggestionTown, field_of, fields
from tests.support.waiting import PATIENCE, PAUSE, until

WATER = "建设路128号就俺家没水"


async def decide(agent: Browser, suggestion: Any, how: str, version: int | None = None) -> Reply:
    """Accept or reject."""
    body = {"version": suggestion["version"] if version is None else version}
    return await agent.call("POST", f"/api/suggestions/{suggestion['id']}/{how}", body)


async def all_read(agent: Browser, conversation_id: str) -> Any:
    """What is proposed once the last words were read as well."""
    async with asyncio.timeout(PATIENCE):
        while True:
            view = (await agent.call("GET", f"/api/conversations/{conversation_id}/suggestions")).body
            if not view["is_due"]:
                return view
            await asyncio.sleep(PAUSE)


async def catalogue_unit(town: SuggestionTown, category: str) -> str:
    """The water company is the unit that the catalogue names for the category; its id."""
    leaf = town.house.cases.taxonomy.leaf(category)
    assert leaf is not None
    unit_id = town.house.units["U-WS"]
    async with town.house.database.uow() as tx:
        await tx.execute(unit.update().where(unit.c.id == unit_id).values(code=leaf.unit_code))
    return unit_id


async def test_each_field_carries_the_words_it_came_from(town: SuggestionTown) -> None:
    unit_id = await catalogue_unit(town, "WS-01-02")
    agent, citizen, conversation_id = await town.serving("ann", "你好")
    shown = await town.suggestions(agent, conversation_id)
    await citizen.say(WATER)
    await citizen.say("恁快点")
    messages = (await agent.call("GET", f"/api/conversations/{conversation_id}/messages")).body
    (message,) = (one["id"] for one in messages if one["text"] == WATER)
    suggested = await field_of(shown, "unit_id", unit_id)
    assert suggested["label"] == ["Unit U-WS"]
    assert suggested["reason"]["route"] in ("rule", "default")
    address = await field_of(shown, "address")
    evidence = address["evidence"]
    assert (evidence["kind"], evidence["id"], evidence["quote"]) == ("message", message, WATER)
    assert evidence["quote"][evidence["start"] : evidence["end"]] == address["value"] == "建设路128号"
    assert address["reason"]["parts"]["road"] == "建设路"
    category = await field_of(shown, "category_code", "WS-01-02")
    assert category["evidence"]["id"] == message
    assert category["model"] == "paper-1"
    assert category["label"][-1] == town.house.cases.taxonomy.leaves["WS-01-02"].name
    assert len(category["reason"]["top"]) == 5
    assert not category["needs_human"]
    assert {name: fields(shown)[name]["value"] for name in ("request_type", "urgency", "title")} == {
        "request_type": "help",
        "urgency": "N",
        "title": "建设路 单户停水",
    }
    view = await all_read(agent, conversation_id)
    assert (view["state"], view["model"]) == ("ready", "paper-1")
    assert {one["field"]: one for one in view["suggestions"]} == fields(shown)


async def test_the_words_of_a_call_fill_the_form_as_well(town: SuggestionTown) -> None:
    agent, call_id, conversation_id = await town.talking("ann")
    shown = await town.suggestions(agent, conversation_id)
    await town.hears(call_id, "喂你好")
    await town.hears(call_id, WATER)
    category = await field_of(shown, "category_code", "WS-01-02")
    assert category["evidence"]["kind"] == "segment"
    assert category["evidence"]["id"] == f"{call_id}/citizen-1"


async def test_nothing_follows_from_a_category_that_nobody_should_rely_on(town: SuggestionTown) -> None:
    agent, _, conversation_id = await town.serving("ann", "有个事想问问")
    shown = await town.suggestions(agent, conversation_id)
    category = await field_of(shown, "category_code")
    assert category["needs_human"]
    assert set(fields(shown)) == {"category_code"}


async def test_an_accepted_value_stays_and_a_rejected_one_does_not_come_back(town: SuggestionTown) -> None:
    agent, citizen, conversation_id = await town.serving("ann", WATER)
    shown = await town.suggestions(agent, conversation_id)
    category = await field_of(shown, "category_code", "WS-01-02")
    assert (await decide(agent, category, "accept")).body["state"] == "accepted"
    rejected = await decide(agent, await field_of(shown, "urgency", "N"), "reject")
    assert rejected.body["state"] == "rejected"
    town.classifier.answers = {"没水": ("WS-01-03", "help", "E1", 0.9)}
    await citizen.say("整栋楼都没水")
    await field_of(shown, "urgency", "E1")
    assert fields(shown)["category_code"]["value"] == "WS-01-02"
    town.classifier.answers = {"没水": ("WS-01-02", "consult", "N", 0.9)}
    await citizen.say("又好像只有俺家没水")
    await field_of(shown, "request_type", "consult")
    assert fields(shown)["urgency"]["value"] == "E1"
    acts = [(actor, action, detail["value"]) for actor, action, _, detail in await town.acts("suggestion.")]
    assert acts == [
        (f"staff:{agent.id}", "suggestion.accept", "WS-01-02"),
        (f"staff:{agent.id}", "suggestion.reject", "N"),
    ]


async def test_a_person_may_think_again(town: SuggestionTown) -> None:
    agent, _, conversation_id = await town.serving("ann", WATER)
    shown = await town.suggestions(agent, conversation_id)
    category = await field_of(shown, "category_code", "WS-01-02")
    rejected = (await decide(agent, category, "reject")).body
    accepted = (await decide(agent, rejected, "accept")).body
    assert accepted["state"] == "accepted"
    again = await decide(agent, accepted, "accept")
    assert (again.status, again.body["code"]) == (409, "changed_meanwhile")


async def test_a_decision_about_a_value_that_was_replaced_is_refused(town: SuggestionTown) -> None:
    agent, citizen, conversation_id = await town.serving("ann", WATER)
    shown = await town.suggestions(agent, conversation_id)
    old = await field_of(shown, "category_code", "WS-01-02")
    town.classifier.answers = {"没水": ("WS-01-03", "help", "E1", 0.9)}
    await citizen.say("整栋楼都没水")
    await field_of(shown, "category_code", "WS-01-03")
    stale = await decide(agent, old, "accept")
    assert (stale.status, stale.body["code"]) == (409, "changed_meanwhile")
    stranger = await town.member("bob", "agent")
    assert (await decide(stranger, old, "accept")).status == 404


async def test_two_who_decide_at_once_are_one_who_does(town: SuggestionTown) -> None:
    agent, _, conversation_id = await town.serving("ann", WATER)
    lead = await town.member("lead", "shift_lead")
    shown = await town.suggestions(agent, conversation_id)
    category = await field_of(shown, "category_code", "WS-01-02")
    answers = await asyncio.gather(decide(agent, category, "accept"), decide(lead, category, "reject"))
    assert sorted(one.status for one in answers) == [200, 409]


async def test_open_cases_of_the_same_kind_nearby_may_be_the_same_matter(town: SuggestionTown) -> None:
    words: dict[str, Any] = {"title": "没水", "content": "俺家没水,邻居都有", "category_code": "WS-01-02"}
    same = await town.house.register(**words, address="阳光小区3号楼")
    near = await town.house.register(**words, address="月光小区1号楼")
    await town.house.register(**words, address="龙城大道9号")
    await town.house.register(**{**words, "category_code": "GS-02-01"}, address="阳光小区3号楼")
    closed = await town.house.register(**words, address="阳光小区")
    await town.house.act(
        closed, "direct_answer", town.house.agent, {"answer_text": "Comes back at noon.", **ANSWERED}
    )
    agent, citizen, conversation_id = await town.serving("ann", "你好")
    shown = await town.suggestions(agent, conversation_id)
    await citizen.say("阳光小区3号楼俺家没水")
    key = f"{conversation_id}/duplicates"
    await until(lambda: key in shown and bool(shown[key].data["duplicates"]), "cases are found")
    found = shown[key].data["duplicates"]
    assert [(one["case"]["id"], one["reason"]) for one in found][:2] == [
        (same.id, "same_place"),
        (near.id, "near"),
    ]
    assert (found[0]["distance_m"], 0 < found[1]["distance_m"] < 300) == (0, True)
    assert 0 < found[0]["similarity"] <= 1
    assert closed.id not in {one["case"]["id"] for one in found}
    body = {"category_code": "WS-01-03", "address": "阳光小区3号楼", "title": "停水", "content": ""}
    nearby = (await agent.call("POST", "/api/nearby", body)).body
    assert nearby[0]["case"]["id"] == same.id
    assert (await agent.call("POST", "/api/nearby", {"address": "阳光小区"})).body == []


ANSWERED = {"cites_knowledge": False, "user_confirmed": True}


async def test_a_text_at_the_counter_is_read_without_being_kept(town: SuggestionTown) -> None:
    agent = await town.member("ann", "agent")
    view = (await agent.call("POST", "/api/classify", {"text": WATER, "title": "停水"})).body
    assert view["state"] == "ready"
    values = {one["field"]: one["value"] for one in view["values"]}
    assert (values["category_code"], values["address"]) == ("WS-01-02", "建设路128号")
    assert town.classifier.asked[0].title == "停水"
    danger = (await agent.call("POST", "/api/classify", {"text": GAS})).body
    (alarm,) = danger["alarms"]
    assert (alarm["rule"], alarm["field"]) == ("U1", "text")
    assert "煤气" in GAS[alarm["start"] : alarm["end"]]
    among = town.classifier.asked[-1].among
    assert among is not None
    assert "GS-01-01" in among


async def test_bad_texts_at_the_counter_have_a_clear_outcome(town: SuggestionTown) -> None:
    agent = await town.member("ann", "agent")
    for text in ("", "   ", "😀", "English only", "水" * 8000):
        assert (await agent.call("POST", "/api/classify", {"text": text})).status == 200
    assert (await agent.call("POST", "/api/classify", {"text": "水" * 100_000})).status in (413, 422)
    assert (await agent.call("POST", "/api/nearby", {"address": "x" * 301})).status == 422
    clerk = await town.member("clerk", "dispatcher")
    assert (await clerk.call("POST", "/api/classify", {"text": "水"})).status == 403
    town.classifier.turn("off", "switched off")
    view = (await agent.call("POST", "/api/classify", {"text": f"建设路,{GAS}"})).body
    assert (view["state"], view["absent_reason"]) == ("absent", "off")
    assert [one["rule"] for one in view["alarms"]] == ["U1"]
    assert [one["field"] for one in view["values"]] == ["address"]


async def test_a_place_that_is_new_to_the_gazetteer_is_known_at_once(town: SuggestionTown) -> None:
    agent, citizen, conversation_id = await town.serving("ann", "星光小区就俺家没水")
    shown = await town.suggestions(agent, conversation_id)
    await field_of(shown, "category_code", "WS-01-02")
    places = town.understanding.places
    async with town.house.database.uow() as tx:
        await places.keep(tx, "system:test", [NewPlace("community", "星光小区", "华龙区")])
    known = town.understanding.suggesting.places

    def is_known() -> bool:
        found = known.find("星光小区")
        return found is not None and found.known

    await until(is_known, "the gazetteer was read")
    await citizen.say("恁快点来")
    await until(
        lambda: fields(shown)["address"]["reason"]["parts"].get("district") == "华龙区", "it is known"
    )


async def test_rejected_values_are_on_record(town: SuggestionTown) -> None:
    agent, _, conversation_id = await town.serving("ann", WATER)
    shown = await town.suggestions(agent, conversation_id)
    for _ in range(2):
        category = await field_of(shown, "category_code")
        await decide(agent, category, "reject")
    table = sa.table("suggestion", sa.column("field"), sa.column("rejected", sa.JSON))
    async with town.house.database.read() as reader:
        query = sa.select(table.c.rejected).where(table.c.field == "category_code")
        assert (await reader.execute(query)).scalar_one() == ["WS-01-02"]
