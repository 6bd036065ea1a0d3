"""The calls of a case and their recordings: who may see and hear what (QUALITY, abuses 19 and 20)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from hotline.kernel.audit import audit_detail, audit_entry
from hotline.kernel.leases import DatabaseLeases
from hotline.ports.pbx import CallState
from hotline.recordings.mixer import Mixer
from hotline.staff.roles import Roles
from tests.support.asterisk import tone
from tests.support.call_fixtures import CallTown
from tests.support.case_fixtures import DRAINAGE
from tests.support.chat_fixtures import Browser

FORM = {
    "key": "one",
    "channel": "phone",
    "request_type": "help",
    "category_code": "WS-01-02",
    "title": "No water at home",
    "content": "There is no water in my kitchen, the neighbours have some.",
    "address": "128 Jianshe East Road",
    "room": "2-1-101",
    "requester_name": "Li Na",
    "requester_phone": "13800138000",
}
WHY = {"reason": "A complaint about this call"}


async def filed(town: CallTown, agent: Browser, sound: bool = True) -> tuple[Any, str, str]:
    """A case made during a recorded call that is over: the case, the call, the recording."""
    house, now = town.calling, town.house.clock.now
    call_id = await town.pbx.dial()
    await town.rings_at(call_id, agent)
    await town.pbx.pick_up(call_id)
    row = await town.settled(call_id, state=CallState.TALKING)
    reply = await agent.call("POST", "/api/desk/cases", {**FORM, "conversation_id": row.conversation_id})
    assert reply.status == 200, reply
    house.recordings_folder.mkdir(exist_ok=True)
    for leg in ("caller", agent.id):
        name = f"{call_id}~{leg}~1.wav"
        if sound:
            tone(house.recordings_folder / name, 440, 0.5)
        async with house.database.uow() as tx:
            await house.recordings.leg_began(tx, call_id, leg, f"/anywhere/{name}", now())
    await town.pbx.caller_hangs_up(call_id)
    await town.settled(call_id, state="ended")
    town.pass_time(minutes=1)
    await mixer(town).step()
    (call,) = (await agent.call("GET", f"/api/cases/{reply.body['case_no']}/calls")).body
    return reply.body, call_id, call["recording"]["id"]


def mixer(town: CallTown, is_line_up: Callable[[], bool] = lambda: True) -> Mixer:
    house = town.calling
    leases = DatabaseLeases(house.database)
    folder, owner = house.recordings_folder, house.calls.of_recording
    return Mixer(house.database, house.clock, leases, house.recordings, folder, owner, is_line_up)


async def listened(town: CallTown) -> list[tuple[str, str, Any]]:
    """Actor, outcome and detail of every listening and every try."""
    query = (
        sa.select(audit_entry, audit_detail.c.detail)
        .join(audit_detail, audit_detail.c.seq == audit_entry.c.seq)
        .where(audit_entry.c.action == "recording.listen")
        .order_by(audit_entry.c.seq)
    )
    async with town.house.database.read() as reader:
        return [(row.actor, row.outcome, row.detail) for row in await reader.execute(query)]


async def heard(browser: Browser, url: str) -> int:
    """The status of playing it."""
    async with browser.http.get(url) as answer:
        await answer.read()
        return answer.status


async def change_role(town: CallTown, code: str, change: Callable[[frozenset[str]], frozenset[str]]) -> None:
    """An administrator gives or takes rights."""
    roles = Roles(town.house.database, town.house.audit)
    async with town.house.database.read() as reader:
        (role,) = [one for one in await roles.all(reader) if one.code == code]
    capabilities = sorted(change(frozenset(role.capabilities)))
    await roles.change("system:test", code, role.version, role.name, capabilities)


async def clerk(town: CallTown, account: str, unit: str) -> Browser:
    user_id = await town.house.user(account, "unit_clerk", unit_id=town.house.units[unit])
    browser = town.browser("staff")
    assert (await browser.sign_in(account)).status == 200
    browser.id = user_id
    return browser


async def test_a_case_shows_its_calls_and_what_the_viewer_may_hear(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    case, call_id, _ = await filed(town, ann)
    path = f"/api/cases/{case['case_no']}/calls"
    (mine,) = (await ann.call("GET", path)).body
    assert (mine["id"], mine["number"], mine["may_listen"]) == (call_id, "138****8000", "own")
    assert (mine["recording"]["state"], mine["area"]["kind"]) == ("ready", "mobile")
    reviewer = await town.member("quinn", "qa_reviewer")
    assert (await reviewer.call("GET", path)).body[0]["may_listen"] == "other"
    other = await town.member("bob", "agent")
    assert (await other.call("GET", path)).body[0]["may_listen"] is None


async def test_listening_to_anothers_call_takes_a_reason_and_leaves_a_trace(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    *_, recording_id = await filed(town, ann)
    reviewer = await town.member("quinn", "qa_reviewer")
    link = f"/api/recordings/{recording_id}/link"
    assert (await reviewer.call("POST", link)).status == 422
    given = (await reviewer.call("POST", link, **WHY)).body
    assert await heard(reviewer, given["url"]) == 200
    ((actor, outcome, detail),) = await listened(town)
    assert (actor, outcome, detail["reason"]) == (f"staff:{reviewer.id}", "done", WHY["reason"])


async def test_another_units_case_and_its_recording_are_not_found_and_audited(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    case, _, recording_id = await filed(town, ann)
    # With the right to listen, but to the unit's own.
    await change_role(town, "unit_clerk", lambda them: them | {"recording.listen"})
    stranger = await clerk(town, "strange", DRAINAGE)
    assert (await stranger.call("GET", f"/api/cases/{case['case_no']}/calls")).status == 404
    for path in (f"/api/recordings/{recording_id}/link", "/api/recordings/unknown/link"):
        assert (await stranger.call("POST", path, **WHY)).status == 404
    assert (f"staff:{stranger.id}", "case.view", f"case:{case['case_no']}") in await town.house.denials()
    assert [(who, outcome) for who, outcome, _ in await listened(town)] == [
        (f"staff:{stranger.id}", "denied")
    ] * 2


async def test_a_link_is_its_owners_and_ends_after_ten_minutes(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    *_, recording_id = await filed(town, ann)
    reviewer = await town.member("quinn", "qa_reviewer")
    link = (await reviewer.call("POST", f"/api/recordings/{recording_id}/link", **WHY)).body
    assert await heard(ann, link["url"]) == 404
    town.pass_time(minutes=9, seconds=59)
    assert await heard(reviewer, link["url"]) == 200
    town.pass_time(seconds=2)
    for path in (link["url"], link["peaks_url"]):
        assert await heard(reviewer, path) == 404
    assert (await listened(town))[-1][:2] == (f"staff:{reviewer.id}", "denied")


async def test_whose_role_is_taken_away_hears_no_more_at_once(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    *_, recording_id = await filed(town, ann)
    reviewer = await town.member("quinn", "qa_reviewer")
    link = (await reviewer.call("POST", f"/api/recordings/{recording_id}/link", **WHY)).body
    assert await heard(reviewer, link["url"]) == 200
    await change_role(town, "qa_reviewer", lambda them: them - {"recording.listen"})
    assert await heard(reviewer, link["url"]) == 404
    assert (await reviewer.call("POST", f"/api/recordings/{recording_id}/link", **WHY)).status == 404


async def test_a_recording_without_sound_is_missing_and_never_an_empty_success(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    case, _, recording_id = await filed(town, ann, sound=False)
    (call,) = (await ann.call("GET", f"/api/cases/{case['case_no']}/calls")).body
    assert (call["recording"]["state"], call["recording"]["seconds"]) == ("missing", None)
    refused = await ann.call("POST", f"/api/recordings/{recording_id}/link")
    assert (refused.status, refused.body["code"]) == (409, "recording_missing")
    assert not (town.calling.recordings_folder / "mixed" / f"{recording_id}.wav").exists()


async def test_one_side_that_is_found_later_is_mixed_in(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    case, call_id, _ = await filed(town, ann, sound=False)
    tone(town.calling.recordings_folder / f"{call_id}~late~2.wav", 440, 0.5)
    assert await mixer(town).reconcile() == 1
    await mixer(town).step()
    (call,) = (await ann.call("GET", f"/api/cases/{case['case_no']}/calls")).body
    assert call["recording"]["state"] == "ready"


async def test_a_recording_that_nobody_told_of_is_taken_in_at_the_start(town: CallTown) -> None:
    town.calling.recordings_folder.mkdir(exist_ok=True)
    tone(town.calling.recordings_folder / "1795368985.7~caller~1795368985.7.wav", 440, 0.5)
    (town.calling.recordings_folder / "not ours.wav").write_bytes(b"x")
    assert await mixer(town).reconcile() == 1
    assert await mixer(town).reconcile() == 0
    await mixer(town).step()
    await town.settled("1795368985.7", state="ended", result="interrupted", to_be_filed=True)


async def test_sound_that_was_missing_and_is_found_at_the_start_is_taken_in(town: CallTown) -> None:
    ann = await town.agent_with_phone("ann")
    case, call_id, _ = await filed(town, ann, sound=False)
    tone(town.calling.recordings_folder / f"{call_id}~caller~1.wav", 440, 0.5)
    assert await mixer(town).reconcile() == 1
    assert await mixer(town).reconcile() == 0
    await mixer(town).step()
    (call,) = (await ann.call("GET", f"/api/cases/{case['case_no']}/calls")).body
    assert call["recording"]["state"] == "ready"
