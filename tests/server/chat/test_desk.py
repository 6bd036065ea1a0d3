"""The desk: drafts that survive, and a case made from a conversation in one step."""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa

from hotline.contacts.store import contact
from hotline.kernel.ids import new_id
from tests.support.case_fixtures import DRAINAGE
from tests.support.chat_fixtures import Browser, Town, both_engines
from tests.support.waiting import until

CATEGORY = "WS-01-02"


def form(**changes: Any) -> dict[str, Any]:
    """A complete form without a conversation."""
    values: dict[str, Any] = {
        "key": new_id(),
        "conversation_id": None,
        "channel": "walk_in",
        "request_type": "help",
        "category_code": CATEGORY,
        "title": "No water at home",
        "content": "There is no water in my kitchen, the neighbours have some.",
        "address": "128 Jianshe East Road",
        "room": "2-1-101",
        "urgency": None,
        "sla_code": None,
        "repair_class": None,
        "requester_name": "Zhang San",
        "requester_phone": "13800002046",
        "anonymous": False,
        "secret": False,
        "unit_id": None,
        "answer_text": None,
    }
    return {**values, **changes}


async def register(agent: Browser, **changes: Any) -> Any:
    """Send the form."""
    return await agent.call("POST", "/api/desk/cases", form(**changes))


async def catalogue_unit(town: Town) -> str:
    """The unit that the catalogue names for the category."""
    leaf = town.house.cases.taxonomy.leaf(CATEGORY)
    assert leaf is not None
    async with town.house.database.uow() as tx:
        table = sa.table("unit", sa.column("id"), sa.column("code"))
        await tx.execute(
            table.update().where(table.c.id == town.house.units["U-WS"]).values(code=leaf.unit_code)
        )
    return town.house.units["U-WS"]


async def notices(citizen: Browser) -> list[str]:
    """What the hotline told the citizen."""
    shown = (await citizen.call("GET", "/api/citizen/conversation")).body["messages"]
    return [m["text"] for m in shown if m["kind"] == "notice"]


async def test_a_draft_is_kept_with_every_change_and_a_stale_form_is_refused(town: Town) -> None:
    ann = await town.member("ann", "agent")
    path = "/api/desk/drafts/walk-in-1"
    assert (await ann.call("GET", path)).body["version"] == 0
    first = await ann.call("PUT", path, {"version": 0, "form": {"title": "No wa"}})
    second = await ann.call("PUT", path, {"version": 1, "form": {"title": "No water"}})
    assert (first.body["version"], second.body["version"]) == (1, 2)
    for stale in (0, 1, 7):
        refused = await ann.call("PUT", path, {"version": stale, "form": {"title": "Old"}})
        assert (refused.status, refused.body["code"]) == (409, "changed_meanwhile")
    assert (await ann.call("GET", path)).body["form"] == {"title": "No water"}
    (mine,) = (await ann.call("GET", "/api/desk/drafts")).body
    assert mine["key"] == "walk-in-1"


@both_engines
async def test_two_tabs_beginning_the_same_draft_do_not_overwrite_each_other(town: Town) -> None:
    ann = await town.member("ann", "agent")
    replies = await asyncio.gather(
        *(ann.call("PUT", "/api/desk/drafts/d", {"version": 0, "form": {"tab": n}}) for n in range(3))
    )
    assert sorted(reply.status for reply in replies) == [200, 409, 409]


async def test_a_draft_is_the_writers_and_of_a_conversation_the_holders(town: Town) -> None:
    ann, _, held = await town.serving("ann")
    bob = await town.member("bob", "agent")
    await ann.call("PUT", "/api/desk/drafts/mine", {"version": 0, "form": {"a": 1}})
    await ann.call("PUT", f"/api/desk/drafts/{held}", {"version": 0, "form": {"b": 2}})
    for key in ("mine", held):
        assert (await bob.call("GET", f"/api/desk/drafts/{key}")).status == 404
        assert (await bob.call("PUT", f"/api/desk/drafts/{key}", {"version": 1, "form": {}})).status == 404
    await ann.be("offline")
    assert (await bob.call("POST", f"/api/conversations/{held}/take")).status == 200
    taken_over = (await bob.call("GET", f"/api/desk/drafts/{held}")).body
    assert (taken_over["version"], taken_over["form"]) == (1, {"b": 2})
    assert (await ann.call("GET", f"/api/desk/drafts/{held}")).status == 404


async def test_a_draft_is_not_readable_in_the_file(town: Town) -> None:
    ann = await town.member("ann", "agent")
    await ann.call("PUT", "/api/desk/drafts/d", {"version": 0, "form": {"phone": "13800002046"}})
    async with town.house.database.read() as reader:
        (row,) = (await reader.execute(sa.text("SELECT * FROM draft"))).all()
    assert "13800002046" not in str(tuple(row))


async def test_a_walk_in_is_registered_without_any_conversation(town: Town) -> None:
    ann = await town.member("ann", "agent")
    case = (await register(ann)).body
    assert (case["state"], case["channel"], case["room"]) == ("registered", "walk_in", "2-1-101")
    assert case["requester"]["name"] == "Zhang San"
    anonymous = (await register(ann, anonymous=True, requester_phone=None, requester_name=None)).body
    assert anonymous["requester"] is None


@both_engines
async def test_sent_twice_it_is_one_case_one_citizen_and_one_notice(town: Town) -> None:
    ann, citizen, held = await town.serving("ann")
    same = form(conversation_id=held, channel="web")
    replies = await asyncio.gather(*(ann.call("POST", "/api/desk/cases", same) for _ in range(3)))
    assert {reply.status for reply in replies} == {200}
    (number,) = {reply.body["case_no"] for reply in replies}
    told = town.house.texts.text("en", "chat_case_registered", {"case_no": number})
    assert (await notices(citizen)).count(told) == 1
    walk_in = form()
    for _ in range(2):
        await ann.call("POST", "/api/desk/cases", walk_in)
    async with town.house.database.read() as reader:
        citizens = len((await reader.execute(sa.select(contact.c.id))).all())
    assert citizens == 3, "the house's own, the one who chats and the walk-in"


async def test_a_case_from_a_chat_is_linked_sent_to_the_catalogues_unit_and_told(town: Town) -> None:
    unit_id = await catalogue_unit(town)
    ann, citizen, held = await town.serving("ann")
    mine = await (await citizen.open_page()).watch("citizen.cases")
    await ann.call("PUT", f"/api/desk/drafts/{held}", {"version": 0, "form": {"title": "No water"}})
    case = (await register(ann, conversation_id=held, channel="web", unit_id=unit_id)).body
    assert (case["state"], case["lead_unit"]["id"]) == ("dispatched", unit_id)
    assert case["finish_due_at"] is not None
    view = (await ann.call("GET", f"/api/conversations/{held}")).body
    assert [one["case_no"] for one in view["cases"]] == [case["case_no"]]
    assert view["contact"]["phone"] == "13800002046"
    told = town.house.texts.text("en", "chat_case_registered", {"case_no": case["case_no"]})
    assert told in await notices(citizen)
    assert (await ann.call("GET", f"/api/desk/drafts/{held}")).body["version"] == 0
    await until(lambda: case["id"] in mine, "the citizen's page lists the case")
    shown = mine[case["id"]].data
    assert (shown["plain_state"], shown["unit_name"]) == ("with_unit", case["lead_unit"]["name"])
    assert [step["code"] for step in shown["steps"]] == ["registered", "accepted", "dispatched"]


async def test_another_unit_than_the_catalogues_is_a_dispatchers_to_choose(town: Town) -> None:
    await catalogue_unit(town)
    ann = await town.member("ann", "agent")
    refused = await register(ann, unit_id=town.house.units[DRAINAGE])
    assert refused.status == 422
    assert [(e["field"], e["code"]) for e in refused.body["errors"]] == [("unit_id", "unit_not_in_catalogue")]
    assert (await ann.call("GET", "/api/cases")).body["items"] == [], "nothing was registered"
    both = await town.member("both", "agent", "dispatcher")
    assert (await register(both, unit_id=town.house.units[DRAINAGE])).body["state"] == "dispatched"


async def test_an_answer_given_at_once_closes_the_case(town: Town) -> None:
    ann, citizen, held = await town.serving("ann")
    case = (await register(ann, conversation_id=held, channel="web", answer_text="Open the valve.")).body
    assert (case["state"], case["close_type"]) == ("closed", "direct")
    told = town.house.texts.text("en", "chat_case_answered", {"case_no": case["case_no"]})
    assert told in await notices(citizen)
    torn = await register(ann, answer_text="Open the valve.", unit_id=town.house.units[DRAINAGE])
    assert torn.body["errors"][0]["code"] == "answered_or_sent"


async def test_wrong_fields_are_named_and_nothing_is_written(town: Town) -> None:
    ann, citizen, held = await town.serving("ann")
    before = await notices(citizen)
    refused = await register(ann, conversation_id=held, content="short", address=" ", category_code="NO")
    assert refused.status == 422
    wrong_phone = await register(ann, conversation_id=held, requester_phone="12345")
    assert wrong_phone.body["errors"][0]["field"] == "phone"
    assert await notices(citizen) == before
    assert (await ann.call("GET", f"/api/conversations/{held}")).body["cases"] == []


async def test_who_does_not_hold_the_conversation_registers_nothing_from_it(town: Town) -> None:
    _, _, held = await town.serving("ann")
    bob = await town.member("bob", "agent")
    refused = await register(bob, conversation_id=held, channel="web")
    assert (refused.status, refused.body["code"]) == (409, "conversation_not_held")
    dispatcher = await town.member("dispatcher", "dispatcher")
    assert (await register(dispatcher)).status == 403


async def test_a_case_is_tracked_by_number_and_phone_and_nothing_else(town: Town) -> None:
    ann = await town.member("ann", "agent")
    number = (await register(ann)).body["case_no"]
    citizen = await town.citizen()

    async def track(case_no: str, phone: str) -> Any:
        return await citizen.call("POST", "/api/citizen/track", {"case_no": case_no, "phone": phone})

    found = await track(number.lower(), "+86 138-0000-2046")
    assert (found.status, found.body["plain_state"]) == (200, "received")
    wrong = [await track(number, "13800002047"), await track("LL20261122-00099-9", "13800002046")]
    assert [reply.status for reply in wrong] == [404, 404]
    assert wrong[0].body == wrong[1].body, "the answer does not tell which of the two was wrong"
    for _ in range(7):
        await track(number, "13800002047")
    assert (await track(number, "13800002046")).status == 429
