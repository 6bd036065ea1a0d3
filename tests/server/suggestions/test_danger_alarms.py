"""Danger in what a citizen says: an alarm at once, confirmed or cancelled by a person (DOMAIN §4.4, E33)."""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa

from hotline.suggestions.store import danger_alarm
from tests.server.chat.test_desk import form
from tests.support.chat_fixtures import Browser
from tests.support.staff_fixtures import Reply
from tests.support.suggestion_fixtures import GAS, SuggestionTown, alarms, field_of, fields
from tests.support.waiting import until


async def the_alarm(town: SuggestionTown, agent: Browser, conversation_id: str) -> Any:
    """The one alarm of a conversation, once it is shown."""
    shown = await town.suggestions(agent, conversation_id)
    await until(lambda: bool(alarms(shown)), "an alarm is shown")
    (alarm,) = alarms(shown)
    return alarm


async def register(agent: Browser, conversation_id: str, **changes: Any) -> Reply:
    """Make a case of a conversation."""
    gas = {"category_code": "GS-01-01", "title": "Smell of gas", "channel": "web"}
    body = form(conversation_id=conversation_id, **{**gas, **changes})
    return await agent.call("POST", "/api/desk/cases", body)


async def decide(agent: Browser, alarm: Any, how: str, **body: Any) -> Reply:
    """Confirm or cancel."""
    given = {"version": alarm["version"], **body}
    return await agent.call("POST", f"/api/alarms/{alarm['id']}/{how}", given)


async def test_a_message_that_tells_of_gas_raises_the_alarm_with_its_words_and_script(
    town: SuggestionTown,
) -> None:
    agent, citizen, conversation_id = await town.serving("ann")
    shown = await town.suggestions(agent, conversation_id)
    desk = await (await agent.open_page()).watch("my.desk")
    await citizen.say(f"喂,{GAS},俺也不敢动")
    await until(lambda: bool(alarms(shown)), "the alarm is shown")
    (alarm,) = alarms(shown)
    assert (alarm["rule"], alarm["urgency"], alarm["state"]) == ("U1", "E0", "raised")
    evidence = alarm["evidence"]
    assert evidence["kind"] == "message"
    assert "煤气" in evidence["quote"][evidence["start"] : evidence["end"]]
    for language in ("zh-CN", "en"):
        assert alarm["script"][language]["steps"]
        assert alarm["script"][language]["name"]
    assert "gas" in alarm["calls"]
    await until(lambda: desk[conversation_id].data["alarm"] == "U1", "the desk's list shows it")
    urgency = await field_of(shown, "urgency", "E0")
    assert (urgency["confidence"], urgency["reason"]["rule"]) == (1.0, "U1")
    assert await town.acts("alarm.") == [
        ("system:emergency_rules", "alarm.raise", "done", {"rule": "U1", "source": evidence["id"]})
    ]


async def test_the_alarm_waits_for_no_model(town: SuggestionTown) -> None:
    town.classifier.answering.clear()
    agent, _, conversation_id = await town.serving("ann", GAS)
    shown = await town.suggestions(agent, conversation_id)
    await until(lambda: bool(alarms(shown)), "the alarm is shown")
    assert set(fields(shown)) <= {"urgency"}
    town.classifier.answering.set()
    await field_of(shown, "category_code", "GS-01-01")


async def test_the_words_of_a_call_raise_the_same_alarm(town: SuggestionTown) -> None:
    agent, call_id, conversation_id = await town.talking("ann")
    shown = await town.suggestions(agent, conversation_id)
    await town.hears(call_id, GAS, leg="agent")
    await town.hears(call_id, "你好我想问个事")
    await town.hears(call_id, GAS)
    await until(lambda: bool(alarms(shown)), "the alarm is shown")
    (alarm,) = alarms(shown)
    assert alarm["rule"] == "U1"
    assert alarm["evidence"]["kind"] == "segment"
    assert alarm["evidence"]["id"] == f"{call_id}/citizen-2"
    await field_of(shown, "category_code", "GS-01-01")


async def test_a_guess_raises_the_alarm_before_the_sentence_ends_and_its_end_does_not_again(
    town: SuggestionTown,
) -> None:
    agent, call_id, conversation_id = await town.talking("ann")
    shown = await town.suggestions(agent, conversation_id)
    town.guesses(call_id, "屋里老大")
    town.guesses(call_id, GAS)
    await until(lambda: bool(alarms(shown)), "the alarm is shown")
    (alarm,) = alarms(shown)
    assert (await decide(agent, alarm, "cancel", reason="a test of the line")).status == 200
    await town.hears(call_id, GAS)
    await field_of(shown, "category_code", "GS-01-01")
    assert [one["state"] for one in alarms(shown)] == ["cancelled"]


async def test_danger_that_is_told_in_several_messages_is_found(town: SuggestionTown) -> None:
    agent, citizen, conversation_id = await town.serving("ann")
    shown = await town.suggestions(agent, conversation_id)
    await citizen.say("俺妈洗澡洗着洗着头晕恶心")
    await citizen.say("热水器还开着呢")
    await until(lambda: [a["rule"] for a in alarms(shown)] == ["U2"], "the alarm is shown")


async def test_the_case_is_an_emergency_until_the_alarm_is_cancelled_with_a_reason(
    town: SuggestionTown,
) -> None:
    agent, _, conversation_id = await town.serving("ann", GAS)
    alarm = await the_alarm(town, agent, conversation_id)
    refused = await register(agent, conversation_id, urgency="N")
    assert (refused.status, refused.body["code"]) == (422, "invalid_input")
    assert [(one["field"], one["code"]) for one in refused.body["errors"]] == [("urgency", "alarm_open")]
    for reason in ("", " x "):
        nothing = await decide(agent, alarm, "cancel", reason=reason)
        assert [one["code"] for one in nothing.body["errors"]] == ["alarm_reason_missing"]
    cancelled = await decide(agent, alarm, "cancel", reason=" The neighbour cooks. ")
    assert (cancelled.body["state"], cancelled.body["reason"]) == ("cancelled", "The neighbour cooks.")
    assert cancelled.body["decided_by"] == "Name of ann"
    assert (await register(agent, conversation_id, urgency="N")).body["urgency"] == "N"
    *_, (actor, action, outcome, detail) = await town.acts("alarm.")
    assert (actor, action, outcome) == (f"staff:{agent.id}", "alarm.cancel", "done")
    assert detail == {"rule": "U1", "reason": "The neighbour cooks."}


async def test_a_case_of_no_urgency_becomes_an_emergency_and_the_next_one_is_free(
    town: SuggestionTown,
) -> None:
    agent, _, conversation_id = await town.serving("ann", GAS)
    alarm = await the_alarm(town, agent, conversation_id)
    assert (await decide(agent, alarm, "confirm")).body["state"] == "confirmed"
    assert (await register(agent, conversation_id, urgency="E1")).status == 422
    assert (await register(agent, conversation_id, urgency=None)).body["urgency"] == "E0"
    other = await register(agent, conversation_id, urgency="N", category_code="WS-01-02")
    assert other.body["urgency"] == "N"


async def test_a_decision_about_an_alarm_that_was_decided_is_refused(town: SuggestionTown) -> None:
    agent, _, conversation_id = await town.serving("ann", GAS)
    alarm = await the_alarm(town, agent, conversation_id)
    assert (await decide(agent, alarm, "confirm")).status == 200
    for how, body in (("confirm", {}), ("cancel", {"reason": "too late"})):
        late = await decide(agent, alarm, how, **body)
        assert (late.status, late.body["code"]) == (409, "changed_meanwhile")
    newer = {**alarm, "version": alarm["version"] + 1}
    assert (await decide(agent, newer, "cancel", reason="It was the drain.")).body["state"] == "cancelled"


async def test_cancelling_takes_the_preselected_urgency_back_and_reads_again(town: SuggestionTown) -> None:
    agent, _, conversation_id = await town.serving("ann", GAS)
    town.classifier.answers = {"煤气": ("GS-05-01", "help", "N", 0.9)}
    shown = await town.suggestions(agent, conversation_id)
    await field_of(shown, "urgency", "E0")
    await decide(agent, alarms(shown)[0], "cancel", reason="Asks for a check.")
    await field_of(shown, "urgency", "N")
    desk = await (await agent.open_page()).watch("my.desk")
    assert desk[conversation_id].data["alarm"] is None


async def test_what_was_cancelled_comes_back_when_it_is_said_again_and_not_before(
    town: SuggestionTown,
) -> None:
    agent, citizen, conversation_id = await town.serving("ann", GAS)
    alarm = await the_alarm(town, agent, conversation_id)
    shown = await town.suggestions(agent, conversation_id)
    await decide(agent, alarm, "cancel", reason="misheard")
    await citizen.say("整栋楼都没水")
    await field_of(shown, "category_code", "GS-01-01")
    await citizen.say("真的,屋里一股煤气味")
    await until(lambda: sorted(a["state"] for a in alarms(shown)) == ["cancelled", "raised"], "it is back")


async def test_messages_at_the_same_moment_raise_one_alarm(town: SuggestionTown) -> None:
    agent, citizen, conversation_id = await town.serving("ann")
    shown = await town.suggestions(agent, conversation_id)
    await asyncio.gather(*(citizen.say(f"{GAS}{n}") for n in range(6)))
    async with town.house.database.read() as reader:
        found = await reader.execute(sa.select(sa.func.count()).select_from(danger_alarm))
        assert found.scalar_one() <= 1
    await until(lambda: len(alarms(shown)) == 1, "the alarm is shown")
    await until(lambda: "category_code" in fields(shown), "all of it was read")
    assert len(alarms(shown)) == 1
    assert await town.troubles() == []


async def test_danger_goes_to_the_front_of_the_queue(town: SuggestionTown) -> None:
    first, second = await town.citizen(), await town.citizen()
    calm = (await first.say("请问几点上班")).body["conversation_id"]
    danger = (await second.say(GAS)).body["conversation_id"]
    lead = await town.member("lead", "shift_lead")
    queue = await (await lead.open_page()).watch("queue")
    await until(lambda: danger in queue and queue[danger].data["priority"] == 0, "it is urgent")
    assert queue[danger].data["alarm"] == "U1"
    assert queue[calm].data["alarm"] is None
    _, desk = await town.ready_agent("ann")
    await until(lambda: danger in desk, "the danger is offered first")
    assert calm not in desk


async def test_only_who_holds_the_conversation_and_shift_leads_decide(town: SuggestionTown) -> None:
    agent, _, conversation_id = await town.serving("ann", GAS)
    alarm = await the_alarm(town, agent, conversation_id)
    stranger = await town.member("bob", "agent")
    page = await stranger.open_page()
    path = f"/api/conversations/{conversation_id}/suggestions"
    assert (await stranger.call("GET", path)).status == 404
    assert (await decide(stranger, alarm, "confirm")).status == 404
    assert (await decide(stranger, {**alarm, "id": "none"}, "confirm")).status == 404
    await page.socket.send_json(
        {"type": "watch", "watch": "w", "feed": "suggestions", "key": conversation_id}
    )
    await until(lambda: bool(page.refused), "the view is refused")
    denied = [(actor, action) for actor, action, outcome, _ in await town.acts("") if outcome == "denied"]
    assert denied[:2] == [
        (f"staff:{stranger.id}", "suggestions.view"),
        (f"staff:{stranger.id}", "alarm.confirm"),
    ]
    lead = await town.member("lead", "shift_lead")
    assert [one["rule"] for one in (await lead.call("GET", path)).body["alarms"]] == ["U1"]
    assert (await decide(lead, alarm, "confirm")).status == 200


async def test_one_to_whom_it_is_offered_sees_the_alarm(town: SuggestionTown) -> None:
    citizen = await town.citizen()
    conversation_id = (await citizen.say(GAS)).body["conversation_id"]
    agent, desk = await town.ready_agent("ann")
    await until(lambda: conversation_id in desk, "the conversation was offered")
    alarm = await the_alarm(town, agent, conversation_id)
    assert (await decide(agent, alarm, "confirm")).status == 404


async def test_without_a_model_alarms_and_cases_go_on_and_the_form_says_why_it_is_empty(
    town: SuggestionTown,
) -> None:
    town.classifier.turn("restarting", "it died")
    agent, _, conversation_id = await town.serving("ann", f"建设路128号,{GAS}")
    alarm = await the_alarm(town, agent, conversation_id)
    shown = await town.suggestions(agent, conversation_id)
    assert (await field_of(shown, "address"))["value"] == "建设路128号"
    view = (await agent.call("GET", f"/api/conversations/{conversation_id}/suggestions")).body
    assert (view["state"], view["absent_reason"], view["detail"]) == ("absent", "restarting", "it died")
    assert "category_code" not in fields(shown)
    assert (await decide(agent, alarm, "confirm")).status == 200
    assert (await register(agent, conversation_id, urgency="E0")).status == 200
    assert await town.troubles() == []
    town.classifier.turn("ready")
    await field_of(shown, "category_code", "GS-01-01")
    await until(lambda: shown["classifier"].data["state"] == "ready", "the page is told")


async def test_a_model_that_fails_stops_nothing(town: SuggestionTown) -> None:
    town.classifier.breaks_with = RuntimeError("bad model")
    agent, citizen, conversation_id = await town.serving("ann", GAS)
    await the_alarm(town, agent, conversation_id)
    town.classifier.breaks_with = None
    shown = await town.suggestions(agent, conversation_id)
    await citizen.say("快点来人")
    await field_of(shown, "category_code", "GS-01-01")
    assert await town.troubles() == []


async def test_bad_words_raise_nothing_and_harm_nothing(town: SuggestionTown) -> None:
    agent, citizen, conversation_id = await town.serving("ann")
    shown = await town.suggestions(agent, conversation_id)
    for text in ("😀" * 50, "hello there", "不是燃气味", "气" * 4000, "?"):
        assert (await citizen.say(text)).status == 200
    await citizen.say("就俺家没水")
    await field_of(shown, "category_code", "WS-01-02")
    assert alarms(shown) == []
    assert await town.troubles() == []
