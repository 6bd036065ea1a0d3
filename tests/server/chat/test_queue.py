"""The queue: offers, answers, absence and takeover, as agents and citizens see them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hotline.errors import Conflict
from hotline.kernel.leases import DatabaseLeases
from hotline.queue.model import GONE_AFTER, PAGE_CLOSED, RETURNED
from hotline.queue.router import Router
from hotline.queue.routing import REFUSAL_HOLDS
from tests.support.chat_fixtures import CAPACITY, OFFER_SECONDS, Browser, Town, both_engines, until_reply
from tests.support.waiting import until


async def queue(browser: Browser) -> list[dict[str, Any]]:
    """All items, in order."""
    return list((await browser.call("GET", "/api/queue")).body)


async def answer(agent: Browser, conversation_id: str, how: str) -> Any:
    """Accept or decline."""
    return await agent.call("POST", f"/api/queue/items/{conversation_id}/{how}")


async def wait_in_line(town: Town, *texts: str) -> list[tuple[Browser, str]]:
    """Citizens who write one after the other, and their conversations."""
    waiting = []
    for text in texts:
        citizen = await town.citizen()
        waiting.append((citizen, (await citizen.say(text)).body["conversation_id"]))
        town.pass_time(seconds=1)
    return waiting


async def test_the_oldest_is_offered_to_the_ready_agent_who_accepts_and_holds_it(town: Town) -> None:
    (first, oldest), (_, _younger) = await wait_in_line(town, "I was first", "I was second")
    agent, desk = await town.ready_agent("ann")
    await until(lambda: oldest in desk, "the oldest was offered")
    assert desk[oldest].data["kind"] == "offer"
    assert desk[oldest].data["preview"] == "I was first"
    assert (await answer(agent, oldest, "accept")).status == 200
    await until(lambda: desk[oldest].data["kind"] == "conversation", "it is the agent's")
    shown = (await first.call("GET", "/api/citizen/conversation")).body
    assert (shown["state"], shown["agent_name"]) == ("serving", "Name of ann")
    joined = town.house.texts.text("en", "chat_joined", {"agent": "Name of ann"})
    assert shown["messages"][-1]["text"] == joined
    assert (await agent.call("GET", "/api/agent/state")).body["serving"] == 1


async def test_nobody_is_offered_anything_without_an_open_page_or_when_busy(town: Town) -> None:
    ((_, waiting),) = await wait_in_line(town, "Anybody there?")
    pageless = await town.member("pageless", "agent")
    await pageless.be("ready")
    busy = await town.member("busy", "agent")
    await busy.open_page()
    await busy.be("busy", reason="lunch")
    _, desk = await town.ready_agent("ann")
    await until(lambda: waiting in desk, "the only one who can was asked")


@both_engines
async def test_a_declined_offer_keeps_its_place_and_goes_to_another(town: Town) -> None:
    ((_, refused), (_, younger)) = await wait_in_line(town, "One", "Two")
    ann, anns = await town.ready_agent("ann")
    await until(lambda: refused in anns, "ann was asked")
    before = (await queue(ann))[0]["waiting_since"]
    assert (await answer(ann, refused, "decline")).status == 204
    await until(lambda: younger in anns, "ann was asked for the next one instead")
    items = await queue(ann)
    assert [item["id"] for item in items] == [refused, younger]
    assert (items[0]["state"], items[0]["waiting_since"]) == ("waiting", before)
    _, bobs = await town.ready_agent("bob")
    await until(lambda: refused in bobs, "bob was asked for the older one")


async def test_whoever_is_alone_and_declined_is_asked_again_after_a_while(town: Town) -> None:
    ((_, only),) = await wait_in_line(town, "Please")
    ann, desk = await town.ready_agent("ann")
    await until(lambda: only in desk, "ann was asked")
    await answer(ann, only, "decline")
    await until(lambda: only not in desk, "the offer is gone")
    town.pass_time(seconds=REFUSAL_HOLDS.total_seconds() + 1)
    await until(lambda: only in desk, "ann was asked again")


async def test_an_offer_that_runs_out_goes_to_another_and_can_no_longer_be_accepted(town: Town) -> None:
    ((_, waiting),) = await wait_in_line(town, "Hello")
    ann, anns = await town.ready_agent("ann")
    await until(lambda: waiting in anns, "ann was asked")
    _, bobs = await town.ready_agent("bob")
    town.pass_time(seconds=OFFER_SECONDS + 1)
    await until(lambda: waiting in bobs, "bob was asked")
    late = await answer(ann, waiting, "accept")
    assert (late.status, late.body["code"]) == (409, "offer_gone")
    assert waiting not in anns


async def test_an_agent_gets_no_more_than_the_measure(town: Town) -> None:
    talks = await wait_in_line(town, *(f"Citizen {n}" for n in range(CAPACITY + 1)))
    ann, desk = await town.ready_agent("ann")
    for _, talk in talks[:CAPACITY]:
        await until(lambda talk=talk: talk in desk, "the next was offered")  # type: ignore[misc]
        await answer(ann, talk, "accept")
    last = talks[-1][1]
    await ann.be("ready")
    assert (await queue(ann))[0]["state"] == "waiting"
    await ann.call("POST", f"/api/conversations/{talks[0][1]}/finish")
    await until(lambda: last in desk, "there was room for the last one")


@both_engines
async def test_only_the_one_who_was_asked_can_answer_and_two_clicks_are_one(town: Town) -> None:
    ((_, waiting),) = await wait_in_line(town, "Hello")
    ann, desk = await town.ready_agent("ann")
    await until(lambda: waiting in desk, "ann was asked")
    bob = await town.member("bob", "agent")
    assert (await answer(bob, waiting, "accept")).body["code"] == "offer_gone"
    twice = await asyncio.gather(*(answer(ann, waiting, "accept") for _ in range(2)))
    assert sorted(reply.status for reply in twice) == [200, 409]


async def test_what_is_on_offer_goes_back_when_the_agent_becomes_busy(town: Town) -> None:
    ((_, waiting),) = await wait_in_line(town, "Hello")
    ann, desk = await town.ready_agent("ann")
    await until(lambda: waiting in desk, "ann was asked")
    await ann.be("busy")
    await until(lambda: waiting not in desk, "the offer went back")
    assert (await queue(ann))[0]["state"] == "waiting"
    await ann.be("ready")
    await until(lambda: waiting in desk, "it was no refusal")


async def test_a_stale_state_is_refused(town: Town) -> None:
    ann = await town.member("ann", "agent")
    assert (await ann.call("GET", "/api/agent/state")).body["version"] == 0
    first = await ann.be("ready", version=0)
    assert first.body["state"] == "ready"
    stale = await ann.be("busy", version=0)
    assert (stale.status, stale.body["code"]) == (409, "changed_meanwhile")
    assert (await ann.be("busy", version=first.body["version"])).status == 200


@both_engines
async def test_an_agent_whose_page_is_gone_loses_offers_keeps_conversations_and_can_be_relieved(
    town: Town,
) -> None:
    ann, _, held = await town.serving("ann")
    ((_, offered),) = await wait_in_line(town, "The next one")
    await until_reply(
        lambda: ann.call("GET", "/api/queue"), lambda q: q[0]["offered_to"] == ann.id, "ann was asked"
    )
    lead = await town.member("lead", "shift_lead")
    line = await (await lead.open_page()).watch("queue")
    assert held not in line
    early = await lead.call("POST", f"/api/conversations/{held}/take")
    assert (early.status, early.body["code"]) == (409, "conversation_attended")

    await ann.pages[0].close()
    await until(lambda: not town.house.hub.present(ann.id), "the page was closed")
    town.pass_time(seconds=1)
    await until(lambda: ann.id in town.house.router.absent, "the absence was noticed")
    town.pass_time(seconds=GONE_AFTER.total_seconds() + 1)
    await until(lambda: held in line and line[held].data["unattended"], "it is shown as unattended")
    await until(lambda: line[offered].data["state"] == "waiting", "the offer went back")
    state = (await ann.call("GET", "/api/agent/state")).body
    assert (state["state"], state["reason"]) == ("offline", PAGE_CLOSED)
    assert (await lead.call("GET", f"/api/conversations/{held}")).body["agent"]["id"] == ann.id

    assert (await lead.call("POST", f"/api/conversations/{held}/take")).status == 200
    await until(lambda: held not in line, "it is attended again")
    assert (await lead.call("GET", f"/api/conversations/{held}")).body["agent"]["id"] == lead.id
    assert (await ann.reply(held, "Still there?")).body["code"] == "conversation_not_held"


async def test_an_agent_who_reloads_the_page_loses_nothing(town: Town) -> None:
    ann, _, held = await town.serving("ann")
    await ann.pages[0].close()
    await until(lambda: not town.house.hub.present(ann.id), "the page was closed")
    town.pass_time(seconds=GONE_AFTER.total_seconds() / 2)
    desk = await (await ann.open_page()).watch("my.desk")
    town.pass_time(seconds=GONE_AFTER.total_seconds() * 2)
    assert desk[held].data["kind"] == "conversation"
    ((_, another),) = await wait_in_line(town, "Hello")
    await until(lambda: another in desk, "ann is still ready")


async def test_whoever_comes_back_attends_again_but_is_not_ready_before_saying_so(town: Town) -> None:
    ann, _, held = await town.serving("ann")
    await ann.pages[0].close()
    await until(lambda: not town.house.hub.present(ann.id), "the page was closed")
    town.house.router.wake()
    await until(lambda: ann.id in town.house.router.absent, "the absence was noticed")
    town.pass_time(seconds=GONE_AFTER.total_seconds() + 1)
    supervisor = await town.member("supervisor", "queue_supervisor")
    line = await (await supervisor.open_page()).watch("queue")
    await until(lambda: held in line, "it is unattended")
    mine = await (await ann.open_page()).watch("my.agent")
    await until(lambda: mine[ann.id].data["reason"] == RETURNED, "ann is back")
    assert mine[ann.id].data["state"] == "busy"
    await until(lambda: held not in line, "it is attended")


async def test_a_waiting_conversation_cannot_be_taken_past_the_queue(town: Town) -> None:
    ((_, waiting),) = await wait_in_line(town, "Hello")
    ann = await town.member("ann", "agent")
    refused = await ann.call("POST", f"/api/conversations/{waiting}/take")
    assert (refused.status, refused.body["code"]) == (409, "conversation_waiting")


async def test_finishing_ends_the_item_and_the_next_message_waits_anew(town: Town) -> None:
    ann, citizen, held = await town.serving("ann")
    finished = await ann.call("POST", f"/api/conversations/{held}/finish")
    assert finished.body["state"] == "closed"
    assert (await ann.call("POST", f"/api/conversations/{held}/finish")).status == 200
    assert (await citizen.call("GET", "/api/citizen/conversation")).body["state"] == "closed"
    await ann.be("busy")
    again = (await citizen.say("One more thing")).body["conversation_id"]
    assert again != held
    await citizen.say("And another")
    assert [item["id"] for item in await queue(ann)] == [again]
    shown = (await citizen.call("GET", "/api/citizen/conversation")).body
    seqs = [m["seq"] for m in shown["messages"]]
    assert seqs == sorted(set(seqs)), "both conversations are one thread"


async def test_a_message_into_a_held_conversation_goes_to_the_holder_not_to_the_queue(town: Town) -> None:
    ann, citizen, held = await town.serving("ann")
    page = ann.pages[0]
    talk = await page.watch("messages", held)
    said = (await citizen.say("Are you there?")).body["message_id"]
    await until(lambda: said in talk, "ann sees it")
    assert await queue(ann) == []


async def test_the_place_in_the_queue_is_told_as_it_moves(town: Town) -> None:
    (_, first), (second, _) = await wait_in_line(town, "One", "Two")
    place = await (await second.open_page()).watch("citizen.state")
    assert place["state"].data["position"] == 2
    ann, desk = await town.ready_agent("ann")
    await until(lambda: first in desk, "the first was offered")
    assert place["state"].data["position"] == 2, "an offer is not yet an answer"
    await answer(ann, first, "accept")
    await until(lambda: place["state"].data["position"] == 1, "the second moved up")


async def test_the_queue_is_masked_and_only_for_those_who_work_with_it(town: Town) -> None:
    citizen = await town.citizen()
    await citizen.call("PUT", "/api/citizen/contact", {"name": "Zhang San", "phone": "13800002046"})
    await citizen.say("Hello")
    supervisor = await town.member("supervisor", "queue_supervisor")
    (item,) = await queue(supervisor)
    assert item["contact"] == {"name": "Z********", "phone": "138****2046"}
    dispatcher = await town.member("dispatcher", "dispatcher")
    assert (await dispatcher.call("GET", "/api/queue")).status == 403
    page = await dispatcher.open_page()
    await page.socket.send_json({"type": "watch", "watch": "q", "feed": "queue"})
    await until(lambda: page.refused != [], "the view was refused")


async def test_a_router_that_lost_its_lease_writes_nothing(town: Town) -> None:
    """A frozen router that wakes up after another took over finds its unit of work refused."""
    house, leases = town.house, DatabaseLeases(town.house.database, ttl=0.0)
    frozen = await leases.try_take("router.test", "frozen")
    assert frozen is not None
    assert await leases.try_take("router.test", "successor") is not None
    alone = Router(
        house.database, house.clock, leases, lambda _: True, offer_seconds=OFFER_SECONDS, capacity=1
    )
    ((_, waiting),) = await wait_in_line(town, "Hello")
    ann = await town.member("ann", "agent")
    await ann.be("ready")
    with pytest.raises(Conflict) as refused:
        await alone.step(frozen)
    assert refused.value.code == "stale_lease"
    assert [(item["id"], item["state"]) for item in await queue(ann)] == [(waiting, "waiting")]
