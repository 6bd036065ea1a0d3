"""A call from its arrival to the end of its wrap-up, with the real queue and an exchange on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hotline.ports.callsink import CallPassed
from hotline.ports.pbx import CallState, Direction, Outcome
from hotline.recordings.model import CALLER
from tests.server.calls.test_case_calls import FORM
from tests.support.call_fixtures import GRACE, WRAP_UP, CallTown
from tests.support.chat_fixtures import Browser, until_reply
from tests.support.waiting import until


async def activity(agent: Browser, expected: str | None) -> None:
    """Wait until the telephone makes this of the agent."""

    async def ask() -> object:
        return await agent.call("GET", "/api/agent/state")

    await until_reply(
        lambda: agent.call("GET", "/api/agent/state"),
        lambda body: body["activity"] == expected,
        f"the agent's activity is {expected}",
    )


async def test_a_call_waits_rings_is_answered_and_ends_in_a_wrap_up(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    call_id = await town.pbx.dial()
    await town.rings_at(call_id, ann)
    await town.settled(call_id, state=CallState.RINGING, agent_id=ann.id)
    await town.pbx.pick_up(call_id)
    row = await town.settled(call_id, state=CallState.TALKING)
    await activity(ann, "call")
    await town.pbx.caller_hangs_up(call_id)
    await town.settled(call_id, state="ended", result="answered", to_be_filed=False)
    await activity(ann, "wrap_up")
    town.pass_time(seconds=WRAP_UP.total_seconds() + 1)
    await activity(ann, None)
    talk = await until_reply(
        lambda: ann.call("GET", f"/api/conversations/{row.conversation_id}"),
        lambda body: body["state"] == "closed",
        "the conversation ended with the wrap-up",
    )
    assert (talk["channel"], talk["agent"]["id"]) == ("phone", ann.id)


async def test_nobody_is_rung_whose_telephone_is_not_registered(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    await town.pbx.unregister(ann.id)
    call_id = await town.pbx.dial()
    item = await town.item(call_id)
    assert item is not None
    assert (item.state, town.pbx.offers) == ("waiting", [])
    await town.pbx.register(ann.id)
    await town.rings_at(call_id, ann)


async def test_who_does_not_pick_up_is_passed_over_and_the_place_is_kept(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    since = town.house.clock.now() - timedelta(minutes=3)
    call_id = await town.pbx.dial(since=since)
    await town.rings_at(call_id, ann)
    bob = await town.agent_with_phone("bob")
    await town.pbx.let_ring(call_id)
    await town.rings_at(call_id, bob)
    item = await town.item(call_id)
    assert item is not None
    assert item.waiting_since == since
    assert town.pbx.offers == [(call_id, ann.id), (call_id, bob.id)]


async def test_each_ring_is_kept_and_the_first_stays_the_first(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    call_id = await town.pbx.dial()
    await town.rings_at(call_id, ann)
    first = await town.settled(call_id, state=CallState.RINGING)
    bob = await town.agent_with_phone("bob")
    town.pass_time(seconds=20)
    await town.pbx.let_ring(call_id)
    await town.rings_at(call_id, bob)
    town.pass_time(seconds=2)
    await town.pbx.pick_up(call_id)
    await town.settled(call_id, state=CallState.TALKING, ringing_at=first.ringing_at)
    shown = (await bob.call("GET", f"/api/calls/{call_id}")).body
    assert [(ring["agent"]["id"], ring["outcome"]) for ring in shown["offers"]] == [
        (ann.id, "no_answer"),
        (bob.id, "answered"),
    ]
    assert all(ring["rung_at"] <= ring["ended_at"] for ring in shown["offers"])


async def test_an_agent_in_a_call_or_wrapping_up_is_offered_nothing(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    first = await town.pbx.dial()
    await town.rings_at(first, ann)
    await town.pbx.pick_up(first)
    await activity(ann, "call")
    second = await town.pbx.dial("13900139000")
    citizen = await town.citizen()
    await citizen.say("A chat beside it")
    await town.pbx.caller_hangs_up(first)
    await activity(ann, "wrap_up")
    assert [offer[0] for offer in town.pbx.offers] == [first]
    extended = await ann.call("POST", "/api/agent/wrap-up/extend")
    assert extended.status == 200, extended
    town.pass_time(seconds=WRAP_UP.total_seconds() + 1)
    assert extended.body["activity_until"] > (town.house.clock.now()).isoformat().replace("+00:00", "Z")
    assert (await ann.call("POST", "/api/agent/wrap-up/end")).status == 200
    await town.rings_at(second, ann)


async def test_a_caller_who_hangs_up_while_waiting_is_a_missed_call(town: CallTown) -> None:
    call_id = await town.pbx.dial()
    await town.pbx.caller_hangs_up(call_id)
    await town.settled(call_id, state="ended", result="missed", missed="open")
    item = await town.item(call_id)
    assert item is not None
    assert item.state == "done"


async def test_an_offer_to_a_caller_who_is_gone_ends_the_item(town: CallTown) -> None:
    town.pbx.outcome = Outcome.GONE
    await town.agent_with_phone("ann")
    call_id = await town.pbx.dial()
    await until(lambda: town.pbx.offers != [], "the call was offered")

    async def done() -> bool:
        item = await town.item(call_id)
        return item is not None and item.state == "done"

    while not await done():
        await town.settled(call_id, state=CallState.WAITING)


async def test_facts_that_are_told_again_change_nothing(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    call_id = await town.pbx.dial()
    await town.rings_at(call_id, ann)
    await town.pbx.pick_up(call_id)
    before = await town.settled(call_id, state=CallState.TALKING)
    await town.pbx.pick_up(call_id)
    await town.pbx.back()
    assert (await town.call(call_id)).version == before.version


async def test_calls_that_ended_or_were_answered_unseen_are_put_right_after_the_silence(
    town: CallTown,
) -> None:
    ann = await town.agent_with_phone("ann")
    talked = await town.pbx.dial("13800138001")
    await town.rings_at(talked, ann)
    await town.pbx.pick_up(talked)
    await town.settled(talked, state=CallState.TALKING)
    gone, answered = await town.pbx.dial("13800138002"), await town.pbx.dial("13800138003")
    bob = await town.member("bob", "agent")
    await town.pbx.lose_link()
    await town.pbx.caller_hangs_up(talked)
    await town.pbx.caller_hangs_up(gone)
    town.pbx._move(answered, CallState.TALKING, bob.id)
    late = await town.pbx.dial("13800138004")
    await town.pbx.back()
    await town.settled(talked, state="ended", result="interrupted", to_be_filed=True)
    await town.settled(gone, state="ended", result="missed", missed="open")
    await town.settled(answered, state=CallState.TALKING, agent_id=bob.id, to_be_filed=True)
    await activity(bob, "call")
    row = await town.settled(late, state=CallState.WAITING)
    assert row.number_sealed is not None


async def test_a_call_that_came_and_went_unattended_is_on_record_with_its_number(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    now = town.house.clock.now()
    talked = CallPassed("passed-1", "13800138001", "", "12345", Direction.INBOUND, ann.id, now, now)
    gone = replace(talked, call_id="passed-2", number="13800138002", agent=None)
    for fact in (talked, gone, talked, gone):
        await town.calling.calls.happened(fact)
    row = await town.settled("passed-1", state="ended", result="interrupted", to_be_filed=True, missed=None)
    assert town.house.sealer.open(row.number_sealed) == "13800138001"
    await town.settled("passed-2", result="missed", missed="open", missed_why="unattended")
    assert [call["id"] for call in (await ann.call("GET", "/api/calls/to-file")).body] == ["passed-1"]
    assert [call["id"] for call in (await ann.call("GET", "/api/calls/missed")).body] == ["passed-2"]


async def test_a_call_that_was_waiting_when_its_record_is_read_has_ended(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    await town.pbx.unregister(ann.id)
    call_id, now = await town.pbx.dial(), town.house.clock.now()
    fact = CallPassed(call_id, "13800138000", "", "12345", Direction.INBOUND, ann.id, now, now)
    await town.calling.calls.happened(fact)
    await town.settled(call_id, state="ended", result="interrupted", to_be_filed=True, agent_id=ann.id)
    item = await town.item(call_id)
    assert item is not None
    assert item.state == "done"


async def test_callers_wait_for_nobody_only_as_long_as_a_shift_takes_to_change(
    town: CallTown,
) -> None:
    ann = await town.agent_with_phone("ann")
    assert (await ann.be("busy")).status == 200
    waits = await town.pbx.dial("13800138001")
    town.pass_time(seconds=GRACE.total_seconds() + 1)
    await town.looked()
    assert town.pbx.said == []
    await town.pbx.unregister(ann.id)
    await town.looked()
    assert town.pbx.said == []
    town.pass_time(seconds=GRACE.total_seconds() + 1)
    await town.settled(waits, state="ended", result="missed", missed="open", missed_why="nobody_on_duty")
    at_once = await town.pbx.dial("13800138002")
    await town.settled(at_once, state="ended", missed_why="nobody_on_duty")
    assert town.pbx.said == ["hotline/nobody-on-duty"] * 2


async def test_a_caller_who_waits_and_hangs_up_was_not_turned_away(town: CallTown) -> None:
    call_id = await town.pbx.dial()
    await town.pbx.caller_hangs_up(call_id)
    await town.settled(call_id, state="ended", missed="open", missed_why="hung_up")


async def test_who_hangs_up_at_the_telephone_ends_the_call(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    town.calling.phones.replace([])
    await town.pbx.register(ann.id)
    call_id = await town.pbx.dial()
    await town.rings_at(call_id, ann)
    await town.pbx.pick_up(call_id)
    town.calling.phones._online[ann.id] -= 10  # registered long ago: this is no reload
    await town.pbx.agent_leaves(call_id)
    await town.settled(call_id, state="ended", result="answered")


async def test_a_page_that_is_reloaded_is_rung_again_and_keeps_the_call(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    call_id = await town.pbx.dial()
    await town.rings_at(call_id, ann)
    await town.pbx.pick_up(call_id)
    await town.settled(call_id, state=CallState.TALKING)
    town.pass_time(seconds=5)
    await town.pbx.unregister(ann.id)
    await town.pbx.agent_leaves(call_id)
    await town.settled(call_id, state=CallState.AFTER)
    await town.pbx.register(ann.id)
    await town.settled(call_id, state=CallState.RINGING, agent_id=ann.id)
    item = await town.item(call_id)
    assert item is not None
    assert (item.state, item.taken_by) == ("taken", ann.id)
    await town.pbx.pick_up(call_id)
    await town.settled(call_id, state=CallState.TALKING)


async def test_the_ready_agents_are_those_of_the_plain_queue(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    await until(lambda: town.pbx.ready_agents == {ann.id}, "ann is in the plain queue")
    await ann.be("busy", reason="meeting")
    await until(lambda: town.pbx.ready_agents == set(), "ann is not")


async def test_the_router_itself_gives_the_sign_of_life(town: CallTown) -> None:
    before = town.pbx.beats
    await until(lambda: town.pbx.beats > before + 2, "the heart beats")


async def test_a_call_takes_a_whole_agent(town: CallTown) -> None:
    agent, _, chat = await town.serving("ann")
    await town.pbx.register(agent.id)
    call_id = await town.pbx.dial()
    item = await town.item(call_id)
    assert item is not None
    assert (item.state, town.pbx.offers) == ("waiting", [])
    assert (await agent.call("POST", f"/api/conversations/{chat}/finish")).status == 200
    await town.rings_at(call_id, agent)


async def test_the_desk_is_told_when_the_recording_of_its_call_can_be_heard(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    shown = await (await ann.open_page()).watch("my.calls")
    call_id = await town.pbx.dial()
    await town.rings_at(call_id, ann)
    await town.pbx.pick_up(call_id)
    row = await town.settled(call_id, state=CallState.TALKING)
    house, now = town.calling, town.house.clock.now()
    async with house.database.uow() as tx:
        await house.recordings.leg_began(tx, call_id, CALLER, "caller.wav", now)

    def state() -> str | None:
        entity = shown.get(row.conversation_id)
        return entity.data["recording"]["state"] if entity and entity.data["recording"] else None

    await until(lambda: state() == "expected", "the recording has begun")
    async with house.database.uow() as tx:
        recording = await house.recordings.of_call(tx, call_id)
        assert recording is not None
        sound = {"state": "ready", "seconds": 4.0, "bytes": 128_044}
        await house.recordings.found(tx, recording, {"caller.wav": sound}, sound)
    await until(lambda: state() == "ready", "it can be heard")


async def test_the_pop_has_the_callers_cases_also_those_made_without_a_conversation(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    walk_in = {**FORM, "channel": "walk_in", "conversation_id": None}
    made = await ann.call("POST", "/api/desk/cases", walk_in)
    nameless = {**walk_in, "key": "two", "anonymous": True, "requester_name": ""}
    assert (await ann.call("POST", "/api/desk/cases", nameless)).status == 200
    await town.rings_at(await town.pbx.dial(FORM["requester_phone"]), ann)
    (pop,) = (await ann.call("GET", "/api/calls/mine")).body
    assert [case["case_no"] for case in pop["history"]["cases"]] == [made.body["case_no"]]
