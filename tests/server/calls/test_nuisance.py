"""Nuisance callers: one proposes, another decides, and nobody is turned away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hotline.kernel.audit import audit_entry
from hotline.kernel.jobs import job
from hotline.nuisance.store import nuisance_caller
from hotline.ports.pbx import CallState
from tests.support.call_fixtures import CallTown
from tests.support.chat_fixtures import Browser
from tests.support.waiting import until

NUMBER = "13800138000"
REASON = "Insults whoever picks up, every night."


async def answered(town: CallTown, agent: Browser, number: str = NUMBER) -> str:
    """A call that the agent took and that is over."""
    call_id = await town.pbx.dial(number)
    await town.rings_at(call_id, agent)
    await town.pbx.pick_up(call_id)
    await town.settled(call_id, state=CallState.TALKING)
    await town.pbx.caller_hangs_up(call_id)
    await town.settled(call_id, state="ended")
    assert (await agent.call("POST", "/api/agent/wrap-up/end")).status == 200
    return call_id


async def proposed(town: CallTown, agent: Browser) -> str:
    """A proposal; its id."""
    call_id = await answered(town, agent)
    reply = await agent.call("POST", f"/api/calls/{call_id}/nuisance", {"reason": REASON})
    assert reply.status == 200, reply
    return str(reply.body["nuisance_id"])


def until_when(town: CallTown, **later: float) -> str:
    return (town.house.clock.now() + timedelta(**later)).isoformat()


async def decide(lead: Browser, entry: Any, what: str, **more: Any) -> Any:
    body = {"version": entry["version"], "note": "Heard the recordings.", **more}
    return await lead.call("POST", f"/api/nuisance/{entry['id']}/{what}", body)


async def confirmed(town: CallTown, agent: Browser, **later: float) -> Any:
    """An entry on the list; as its reviewer sees it."""
    entry_id = await proposed(town, agent)
    lead = await town.member("lead", "shift_lead")
    (entry,) = (await lead.call("GET", "/api/nuisance")).body
    assert entry["id"] == entry_id
    reply = await decide(lead, entry, "confirm", until=until_when(town, **(later or {"days": 30})))
    assert reply.status == 200, reply
    return reply.body


async def acts(town: CallTown) -> list[str]:
    query = sa.select(audit_entry.c.action).where(audit_entry.c.action.startswith("nuisance."))
    async with town.house.database.read() as reader:
        return list((await reader.execute(query.order_by(audit_entry.c.seq))).scalars())


async def test_an_agent_proposes_a_shift_lead_decides_and_both_are_audited(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    lead = await town.member("lead", "shift_lead")
    shown = await (await lead.open_page()).watch("nuisance")
    entry_id = await proposed(town, ann)
    await until(lambda: entry_id in shown, "the proposal is on the lead's page")
    entry = shown[entry_id].data
    assert (entry["standing"], entry["number"], entry["reason"]) == ("proposed", "138****8000", REASON)
    assert (entry["proposed_by"], entry["is_own"]) == ("Name of ann", False)
    reply = await decide(lead, entry, "confirm", until=until_when(town, days=30))
    assert (reply.body["standing"], reply.body["reviewed_by"]) == ("confirmed", "Name of lead")
    await until(lambda: shown[entry_id].data["standing"] == "confirmed", "the page follows")
    assert await acts(town) == ["nuisance.propose", "nuisance.confirmed"]
    async with town.house.database.read() as reader:
        row = (await reader.execute(sa.select(nuisance_caller))).one()
    assert NUMBER not in repr(row)
    assert town.house.sealer.open(row.number_sealed) == NUMBER


async def test_a_confirmed_caller_waits_behind_those_who_came_later_and_is_answered(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    await confirmed(town, ann)
    assert (await ann.be("busy", reason="lunch")).status == 200
    nuisance = await town.pbx.dial(NUMBER)
    town.pass_time(minutes=2)
    other = await town.pbx.dial("13900139000")
    assert (await ann.be("ready")).status == 200
    await town.rings_at(other, ann)
    await town.pbx.pick_up(other)
    await town.settled(other, state=CallState.TALKING)
    await town.pbx.caller_hangs_up(other)
    assert (await ann.call("POST", "/api/agent/wrap-up/end")).status == 200
    await town.rings_at(nuisance, ann)
    pops = (await ann.call("GET", "/api/calls/mine")).body
    assert [pop["nuisance"] for pop in pops if pop["id"] == nuisance] == ["confirmed"]


async def test_a_confirmed_caller_is_overtaken_by_ten_minutes_and_no_more(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    await confirmed(town, ann)
    assert (await ann.be("busy", reason="lunch")).status == 200
    nuisance = await town.pbx.dial(NUMBER)
    town.pass_time(minutes=11)
    await town.pbx.dial("13900139000")
    assert (await ann.be("ready")).status == 200
    await town.rings_at(nuisance, ann)


async def test_on_its_date_a_number_leaves_the_list(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    entry = await confirmed(town, ann, days=1)
    town.pass_time(days=1, seconds=1)
    call_id = await town.pbx.dial(NUMBER)
    item = await town.item(call_id)
    assert item is not None
    assert item.rank_at == item.waiting_since
    assert await town.calling.jobs.run_one()
    async with town.house.database.read() as reader:
        row = (await reader.execute(sa.select(nuisance_caller))).one()
        planned = (await reader.execute(sa.select(job.c.state))).scalars().all()
    assert (row.id, row.standing, list(planned)) == (entry["id"], "ended", ["done"])


async def test_who_proposes_does_not_decide_and_one_decision_is_enough(town: CallTown) -> None:
    both = await town.member("both", "shift_lead")
    await town.pbx.register(both.id)
    await (await both.open_page()).watch("my.desk")
    await both.be("ready")
    await proposed(town, both)
    (entry,) = (await both.call("GET", "/api/nuisance")).body
    assert entry["is_own"]
    own = await decide(both, entry, "reject")
    assert (own.status, own.body["code"]) == (403, "nuisance_own")
    lead = await town.member("lead", "shift_lead")
    assert (await decide(lead, entry, "reject")).body["standing"] == "rejected"
    late = await decide(lead, entry, "confirm", until=until_when(town, days=1))
    assert (late.status, late.body["code"]) == (409, "changed_meanwhile")
    assert (await lead.call("GET", "/api/nuisance")).body == []
    assert len((await lead.call("GET", "/api/nuisance", past="true")).body) == 1


async def test_an_end_is_needed_in_the_future_and_within_ninety_days(town: CallTown) -> None:
    await proposed(town, await town.agent_with_phone("ann"))
    lead = await town.member("lead", "shift_lead")
    (entry,) = (await lead.call("GET", "/api/nuisance")).body
    for days, code in ((-1, "nuisance_end_past"), (91, "nuisance_end_far")):
        refused = await decide(lead, entry, "confirm", until=until_when(town, days=days))
        assert (refused.status, refused.body["errors"][0]["code"]) == (422, code)


async def test_a_number_is_proposed_once_and_lifted_it_may_be_proposed_again(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    entry = await confirmed(town, ann)
    call_id = await answered(town, ann)
    again = await ann.call("POST", f"/api/calls/{call_id}/nuisance", {"reason": REASON})
    assert (again.status, again.body["code"]) == (409, "nuisance_confirmed")
    lead = await town.member("boss", "shift_lead")
    assert (await decide(lead, entry, "lift")).body["standing"] == "lifted"
    assert (await ann.call("POST", f"/api/calls/{call_id}/nuisance", {"reason": REASON})).status == 200


async def test_only_the_own_caller_is_proposed_and_only_leads_decide(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    call_id = await answered(town, ann)
    bob = await town.member("bob", "agent")
    assert (await bob.call("POST", f"/api/calls/{call_id}/nuisance", {"reason": REASON})).status == 404
    assert (await bob.call("GET", "/api/nuisance")).status == 403
    withheld = await answered(town, ann, "")
    refused = await ann.call("POST", f"/api/calls/{withheld}/nuisance", {"reason": REASON})
    assert (refused.status, refused.body["code"]) == (409, "number_withheld")
