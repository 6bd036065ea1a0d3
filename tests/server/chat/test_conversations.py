"""Conversations: what agents and citizens write, who may, and what each of them sees of it."""

from __future__ import annotations

import asyncio

from hotline.conversations.model import Author, Kind, NewMessage
from hotline.kernel.ids import new_id
from tests.support.chat_fixtures import Town, both_engines, until_reply
from tests.support.waiting import until


async def test_what_the_holder_writes_appears_on_the_citizens_page(town: Town) -> None:
    ann, citizen, held = await town.serving("ann")
    thread = await (await citizen.open_page()).watch("citizen.messages")
    written = await ann.reply(held, "  Where do you live? ")
    assert (written.body["author"], written.body["author_name"]) == ("agent", "Name of ann")
    await until(lambda: written.body["id"] in thread, "the citizen sees it")
    assert thread[written.body["id"]].data["text"] == "Where do you live?"


@both_engines
async def test_a_reply_sent_twice_is_one_message(town: Town) -> None:
    ann, _, held = await town.serving("ann")
    same = new_id()
    replies = await asyncio.gather(*(ann.reply(held, "On our way", same) for _ in range(4)))
    assert len({reply.body["id"] for reply in replies}) == 1
    listed = (await ann.call("GET", f"/api/conversations/{held}/messages")).body
    assert [m["text"] for m in listed].count("On our way") == 1


async def test_only_the_holder_writes_and_only_while_it_is_open(town: Town) -> None:
    ann, _, held = await town.serving("ann")
    bob = await town.member("bob", "agent")
    refused = await bob.reply(held, "Let me help")
    assert (refused.status, refused.body["code"]) == (409, "conversation_not_held")
    await ann.call("POST", f"/api/conversations/{held}/finish")
    late = await ann.reply(held, "One more thing")
    assert (late.status, late.body["code"]) == (409, "conversation_closed")


async def test_an_agents_message_has_the_same_measure_as_a_citizens(town: Town) -> None:
    ann, _, held = await town.serving("ann")
    assert (await ann.reply(held, "x" * 4001)).status == 413
    assert (await ann.reply(held, " ")).status == 422


async def test_name_and_number_are_plain_for_the_holder_and_masked_for_others(town: Town) -> None:
    ann, citizen, held = await town.serving("ann")
    desk = await ann.pages[0].watch("my.desk")
    await citizen.call("PUT", "/api/citizen/contact", {"name": "Zhang San", "phone": "13800002046"})
    mine = (await ann.call("GET", f"/api/conversations/{held}")).body["contact"]
    assert (mine["name"], mine["phone"], mine["masked"]) == ("Zhang San", "13800002046", False)
    await until(lambda: desk[held].data["contact"]["name"] == "Zhang San", "the desk shows the new name")
    bob = await town.member("bob", "agent")
    others = (await bob.call("GET", f"/api/conversations/{held}")).body["contact"]
    assert (others["phone"], others["masked"]) == ("138****2046", True)
    await ann.call("POST", f"/api/conversations/{held}/finish")
    after = (await ann.call("GET", f"/api/conversations/{held}")).body["contact"]
    assert after["masked"] is True


async def test_who_does_not_work_at_a_desk_sees_no_conversation(town: Town) -> None:
    _, _, held = await town.serving("ann")
    dispatcher = await town.member("dispatcher", "dispatcher")
    assert (await dispatcher.call("GET", f"/api/conversations/{held}/messages")).status == 403
    assert (await dispatcher.reply(held, "Hello")).status == 403
    page = await dispatcher.open_page()
    await page.socket.send_json({"type": "watch", "watch": "m", "feed": "messages", "key": held})
    await until(lambda: [r["code"] for r in page.refused] == ["not_found"], "the view was refused")


async def test_a_citizen_sees_the_own_thread_only(town: Town) -> None:
    _, citizen, _ = await town.serving("ann")
    other = await town.citizen()
    thread = await (await other.open_page()).watch("citizen.messages")
    said = (await citizen.say("Not for others")).body["message_id"]
    mine = (await other.say("My own")).body["message_id"]
    await until(lambda: mine in thread, "the own message arrived")
    assert said not in thread
    assert (await other.call("GET", "/api/citizen/conversation")).body["messages"][0]["id"] == mine


async def test_an_unknown_conversation_is_not_there(town: Town) -> None:
    ann = await town.member("ann", "agent")
    for path in ("", "/messages", "/history"):
        assert (await ann.call("GET", f"/api/conversations/{new_id()}{path}")).status == 404
    for path in ("take", "finish"):
        assert (await ann.call("POST", f"/api/conversations/{new_id()}/{path}")).status == 404


async def test_history_shows_earlier_conversations_of_the_same_citizen(town: Town) -> None:
    ann, citizen, first = await town.serving("ann", "No water again")
    await ann.call("POST", f"/api/conversations/{first}/finish")
    second = (await citizen.say("Still no water")).body["conversation_id"]
    history = (await ann.call("GET", f"/api/conversations/{second}/history")).body
    (earlier,) = history["conversations"]
    assert (earlier["id"], earlier["preview"], earlier["state"]) == (first, "No water again", "closed")
    assert earlier["agent"]["id"] == ann.id


async def test_what_the_hotline_says_later_reaches_the_citizens_newest_conversation(town: Town) -> None:
    ann, citizen, first = await town.serving("ann")
    await ann.call("POST", f"/api/conversations/{first}/finish")
    second = (await citizen.say("Hello again")).body["conversation_id"]
    survey = NewMessage(
        Author.SYSTEM, "How was it?", kind=Kind.SURVEY, payload={"survey_id": "s", "state": "asked"}
    )
    conversations = town.house.conversations
    async with town.house.database.uow() as tx:
        posted = await conversations.append(tx, first, survey)
    assert posted.conversation_id == second
    thread = await (await citizen.open_page()).watch("citizen.messages")
    assert thread[posted.id].data["payload"]["state"] == "asked"
    async with town.house.database.uow() as tx:
        await conversations.revise(tx, posted.id, {"survey_id": "s", "state": "answered"})
    await until(lambda: thread[posted.id].data["payload"]["state"] == "answered", "the page shows it")


@both_engines
async def test_a_message_at_the_moment_of_finishing_begins_the_next_conversation(town: Town) -> None:
    ann, citizen, held = await town.serving("ann")
    said, finished = await asyncio.gather(
        citizen.say("Wait!"), ann.call("POST", f"/api/conversations/{held}/finish")
    )
    assert (said.status, finished.status) == (200, 200)
    body = await until_reply(
        lambda: citizen.call("GET", "/api/citizen/conversation"),
        lambda b: any(m["text"] == "Wait!" for m in b["messages"]),
        "the message is in the thread",
    )
    expected = "closed" if said.body["conversation_id"] == held else "waiting"
    assert body["state"] == expected
