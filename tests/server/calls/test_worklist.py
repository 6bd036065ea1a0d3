"""Missed calls, calling back, telephone accounts and the screen pop."""

from __future__ import annotations

from urllib.parse import quote

from hotline.ports.callsink import CallPassed
from hotline.ports.pbx import CallState, Direction, Outcome
from tests.support.call_fixtures import CallTown
from tests.support.waiting import until

NUMBER = "13800138000"


async def missed(town: CallTown, number: str = NUMBER) -> str:
    """A citizen hangs up while waiting."""
    call_id = await town.pbx.dial(number)
    await town.pbx.caller_hangs_up(call_id)
    await town.settled(call_id, missed="open")
    return call_id


async def test_missed_calls_are_listed_masked_and_cleared_in_bulk(town: CallTown) -> None:
    ann = await town.member("ann", "agent")
    shown = await (await ann.open_page()).watch("calls.missed")
    one, two = await missed(town), await missed(town, "13900139000")
    await until(lambda: set(shown) == {one, two}, "both are on the list")
    listed = (await ann.call("GET", "/api/calls/missed")).body
    assert [(c["id"], c["number"]) for c in listed] == [(two, "139****9000"), (one, "138****8000")]
    assert (await ann.call("POST", "/api/calls/missed/clear", {"ids": [one, two]})).body == {"cleared": 2}
    assert (await ann.call("POST", "/api/calls/missed/clear", {"ids": [one]})).body == {"cleared": 0}
    await until(lambda: shown == {}, "the list is empty")


async def test_the_list_is_not_for_everybody(town: CallTown) -> None:
    stranger = await town.member("dora", "dispatcher")
    assert (await stranger.call("GET", "/api/calls/missed")).status == 403


async def test_a_call_that_nobody_wrote_down_stays_listed_until_a_case_is_made_or_none_is_needed(
    town: CallTown,
) -> None:
    ann = await town.member("ann", "agent")
    shown = await (await ann.open_page()).watch("calls.to_file")
    now = town.house.clock.now()
    for call_id in ("passed-1", "passed-2"):
        fact = CallPassed(call_id, NUMBER, "", "12345", Direction.INBOUND, ann.id, now, now)
        await town.calling.calls.happened(fact)
    await until(lambda: set(shown) == {"passed-1", "passed-2"}, "both are on the list")
    stranger = await town.member("dora", "dispatcher")
    assert (await stranger.call("GET", "/api/calls/to-file")).status == 403
    talk = (await town.call("passed-1")).conversation_id
    case = await town.house.register()
    async with town.house.database.uow() as tx:
        await town.house.conversations.link_case(tx, talk, case.id)
    await until(lambda: set(shown) == {"passed-2"}, "a case was made of one")
    cleared = await ann.call("POST", "/api/calls/to-file/clear", {"ids": ["passed-1", "passed-2"]})
    assert cleared.body == {"cleared": 1}
    await until(lambda: shown == {}, "the list is empty")


async def test_a_citizen_who_is_called_back_leaves_the_list_when_reached(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    call_id = await missed(town)
    begun = await ann.call("POST", f"/api/calls/missed/{call_id}/call-back")
    assert begun.status == 200, begun
    fresh = begun.body["call_id"]
    assert (await town.call(call_id)).missed == "open"
    await town.pbx.citizen_answers(fresh, ann.id)
    await town.pbx.pick_up(fresh)
    await town.settled(fresh, state=CallState.TALKING, direction="outbound", callback_of=call_id)
    await town.settled(call_id, missed="called_back", missed_by=ann.id)


async def test_who_calls_back_without_having_gone_ready_is_not_away(town: CallTown) -> None:
    call_id = await missed(town)
    ann = await town.member("ann", "agent")
    await ann.open_page()
    await town.pbx.register(ann.id)
    lead = await town.member("lead", "shift_lead")
    line = await (await lead.open_page()).watch("queue")
    fresh = (await ann.call("POST", f"/api/calls/missed/{call_id}/call-back")).body["call_id"]
    await town.pbx.citizen_answers(fresh, ann.id)
    await town.pbx.pick_up(fresh)
    talk = (await town.settled(fresh, state=CallState.TALKING)).conversation_id
    await town.pbx.caller_hangs_up(fresh)
    await town.settled(fresh, state="ended")
    assert (await ann.call("GET", "/api/agent/state")).body["activity"] == "wrap_up"
    assert talk not in line
    refused = await lead.call("POST", f"/api/conversations/{talk}/take")
    assert (refused.status, refused.body["code"]) == (409, "conversation_attended")
    await ann.call("POST", "/api/agent/wrap-up/end")
    await town.looked()
    assert talk not in line


async def test_a_call_back_that_is_refused_leaves_agent_and_list_as_they_were(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    call_id = await missed(town)
    town.pbx.outcome = Outcome.GONE
    fresh = (await ann.call("POST", f"/api/calls/missed/{call_id}/call-back")).body["call_id"]
    await town.settled(fresh, state="ended", result="unreached")
    assert (await town.call(call_id)).missed == "open"
    assert (await ann.call("GET", "/api/agent/state")).body["activity"] is None


async def test_only_who_has_a_telephone_and_no_call_can_call_back(town: CallTown) -> None:
    call_id = await missed(town)
    bob = await town.member("bob", "agent")
    refused = await bob.call("POST", f"/api/calls/missed/{call_id}/call-back")
    assert (refused.status, refused.body["code"]) == (409, "phone_missing")
    withheld = await missed(town, "")
    await town.pbx.register(bob.id)
    refused = await bob.call("POST", f"/api/calls/missed/{withheld}/call-back")
    assert (refused.status, refused.body["code"]) == (409, "number_withheld")


async def test_the_pop_knows_the_citizen_and_the_number_is_plain_once_taken(town: CallTown) -> None:
    async with town.house.database.uow() as tx:
        contact_id = await town.house.contacts.add(tx, "Li Na", NUMBER)
    earlier = await missed(town)
    ann = await town.agent_with_phone("ann")
    shown = await ann.pages[0].watch("my.calls")
    call_id = await town.pbx.dial()
    await until(lambda: any(e.data["state"] == "ring" for e in shown.values()), "the pop is there")
    (entity,) = shown.values()
    assert (entity.data["number"], entity.data["contact"]["id"]) == ("138****8000", contact_id)
    assert [one["id"] for one in entity.data["earlier"]] == [earlier]
    await town.pbx.pick_up(call_id)
    await until(lambda: all(e.data["number"] == NUMBER for e in shown.values()), "the number is plain")
    assert next(iter(shown.values())).data["contact"]["name"] == "Li Na"
    assert (await ann.call("GET", "/api/calls/mine")).body[0]["id"] == call_id


async def test_a_number_that_several_share_is_only_possibly_somebodys(town: CallTown) -> None:
    async with town.house.database.uow() as tx:
        both = {await town.house.contacts.add(tx, name, NUMBER) for name in ("Li Na", "Li Ming")}
    await town.agent_with_phone("ann")
    ann = town.browsers[-1]
    await town.pbx.dial()
    shown = await ann.pages[0].watch("my.calls")
    await until(lambda: len(shown) == 1, "the pop is there")
    (entity,) = shown.values()
    assert {one["id"] for one in entity.data["possible"]} == both
    assert entity.data["contact"]["id"] not in both


async def test_a_call_is_neither_accepted_nor_declined_by_a_page(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    call_id = await town.pbx.dial()
    await town.rings_at(call_id, ann)
    row = await town.settled(call_id, state=CallState.RINGING)
    for answer in ("accept", "decline"):
        refused = await ann.call("POST", f"/api/queue/items/{row.conversation_id}/{answer}")
        assert (refused.status, refused.body["code"]) == (409, "answered_by_phone")
    await town.pbx.pick_up(call_id)
    await town.settled(call_id, state=CallState.TALKING)
    refused = await ann.call("POST", f"/api/conversations/{row.conversation_id}/finish")
    assert (refused.status, refused.body["code"]) == (409, "call_going_on")
    assert (await ann.call("POST", f"/api/calls/{call_id}/hang-up")).status == 204
    await town.settled(call_id, state="ended", result="answered")


async def test_nobody_hangs_up_anothers_call(town: CallTown) -> None:
    ann, call_id = await town.agent_with_phone("ann"), await town.pbx.dial()
    await town.rings_at(call_id, ann)
    await town.pbx.pick_up(call_id)
    bob = await town.member("bob", "agent")
    assert (await bob.call("POST", f"/api/calls/{call_id}/hang-up")).status == 404


async def test_accounts_last_an_hour_at_most_and_are_put_away(town: CallTown) -> None:
    ann = await town.member("ann", "agent")
    account = (await ann.call("POST", "/api/phone/account")).body
    assert (account["user"], account["call"]) == (ann.id, "")
    assert account["wss_url"].startswith("wss://127.0.0.1:")
    made = town.pbx.accounts[ann.id]
    assert (made.expires_at - town.house.clock.now()).total_seconds() <= 3600
    assert (await ann.call("DELETE", "/api/phone/account")).status == 204
    assert town.pbx.accounts == {}


async def test_a_visitors_account_is_the_visitors_own_and_throttled(town: CallTown) -> None:
    citizen = await town.citizen()
    account = (await citizen.call("POST", "/api/citizen/phone/account")).body
    assert (account["user"], account["call"]) == (f"web-{citizen.id}", "hotline")
    replies = [await citizen.call("POST", "/api/citizen/phone/account") for _ in range(10)]
    assert [reply.status for reply in replies] == [200] * 9 + [429]
    assert replies[-1].body["title"].startswith("Too many tries.")
    citizen.language = "zh-CN"
    said = (await citizen.call("POST", "/api/citizen/phone/account")).body["title"]
    assert said.startswith("尝试次数太多")
    town.pass_time(minutes=15)
    assert (await citizen.call("POST", "/api/citizen/phone/account")).status == 200
    assert (await town.browser("citizen").call("POST", "/api/citizen/phone/account")).status == 401


async def test_a_missed_call_says_whose_it_was_or_possibly_was_and_from_where(town: CallTown) -> None:
    async with town.house.database.uow() as tx:
        await town.house.contacts.add(tx, "Li Na", NUMBER)
        for name in ("Wang Wei", "Wang Fang"):
            await town.house.contacts.add(tx, name, "03938812345")
    known, shared, unknown = await missed(town), await missed(town, "03938812345"), await missed(town, "")
    ann = await town.member("ann", "agent")
    listed = {one["id"]: one for one in (await ann.call("GET", "/api/calls/missed")).body}
    assert (listed[known]["contact"]["name"], listed[known]["possible"]) == ("L****", [])
    assert (listed[known]["area"]) == {"kind": "mobile", "name": None}
    assert listed[shared]["contact"] is None
    assert sorted(one["name"] for one in listed[shared]["possible"]) == ["W*******", "W********"]
    assert listed[shared]["area"]["name"]["en"] == "Puyang, Henan"
    assert (listed[unknown]["contact"], listed[unknown]["area"]) == (None, None)


async def test_what_is_no_call_is_refused_and_audited_before_anything_is_asked(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    offers = list(town.pbx.offers)
    forged = quote("1\r\nAction: Originate", safe="")
    for path in (f"/api/calls/{forged}/hang-up", f"/api/calls/missed/{forged}/call-back"):
        refused = await ann.call("POST", path)
        assert (refused.status, refused.body["code"]) == (422, "call_id_unsafe")
    assert (await ann.call("POST", "/api/calls/unknown/hang-up")).status == 404
    told = [(action, what) for who, action, what in await town.house.denials() if who == f"staff:{ann.id}"]
    written = "call:1\\r\\nAction: Originate"
    assert told == [("call.hang_up", written), ("call.back", written), ("call.hang_up", "call:unknown")]
    assert town.pbx.offers == offers


async def test_a_cap_that_is_reached_alarms_who_looks_after_the_floor(town: CallTown) -> None:
    ann, lead = await town.agent_with_phone("ann"), await town.member("lead", "shift_lead")
    shown = await (await lead.open_page()).watch("alarms")
    town.pbx.allowance = 1
    for expected in (200, 429, 429):
        call_id = await missed(town)
        assert (await ann.call("POST", f"/api/calls/missed/{call_id}/call-back")).status == expected
        if expected == 200:
            (fresh,) = [one for one in town.pbx.calls if one.startswith("hotline-")]
            await town.pbx.caller_hangs_up(fresh)
            await town.settled(fresh, state="ended")
    await until(lambda: any(one.data["times"] == 2 for one in shown.values()), "the alarm is shown")
    (alarm,) = shown.values()
    assert (alarm.data["kind"], alarm.data["staff"]) == ("calls_capped", "Name of ann")
    assert (await ann.call("GET", "/api/alarms")).status == 403
    assert [one["id"] for one in (await lead.call("GET", "/api/alarms")).body] == [alarm.id]
    assert (await lead.call("POST", f"/api/alarms/{alarm.id}/seen-to")).status == 204
    await until(lambda: shown == {}, "it is seen to")
    assert (await lead.call("POST", f"/api/alarms/{alarm.id}/seen-to")).status == 404


async def test_a_citizens_account_ends_with_the_call(town: CallTown) -> None:
    citizen = await town.citizen()
    user = (await citizen.call("POST", "/api/citizen/phone/account")).body["user"]
    call_id = await town.pbx.dial_from_page(user)
    assert user in town.pbx.accounts
    await town.pbx.caller_hangs_up(call_id)
    await town.settled(call_id, state="ended")
    await town.calling.phone_accounts.call_ended(call_id)
    assert town.pbx.accounts == {}


async def test_an_address_has_a_measure_of_its_own_whoever_calls_from_there(town: CallTown) -> None:
    statuses = []
    for _ in range(7):
        citizen = await town.citizen()
        for _ in range(9):
            statuses.append((await citizen.call("POST", "/api/citizen/phone/account")).status)
    assert statuses == [200] * 60 + [429] * 3


async def test_without_the_exchange_the_page_is_told_so_in_its_language(town: CallTown) -> None:
    citizen = await town.citizen("zh-CN")
    town.calling.line.attach(None)
    refused = await citizen.call("POST", "/api/citizen/phone/account")
    assert (refused.status, refused.body["code"]) == (503, "page_call_down")
    assert "网页电话暂时不可用" in refused.body["title"]
