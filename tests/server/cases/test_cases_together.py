"""Several at once: numbers, keys, stale pages, and whose case it is."""

from __future__ import annotations

import asyncio

import pytest

from hotline.cases.numbering import is_valid_case_no
from hotline.cases.store import CaseQuery
from hotline.errors import Conflict, Forbidden, InvalidInput, NotFound
from tests.support.case_fixtures import DRAINAGE, PHONE, WATER, CaseHouse


async def test_two_hundred_registrations_at_once_get_two_hundred_following_numbers(cases: CaseHouse) -> None:
    made = await asyncio.gather(*(cases.register() for _ in range(200)))
    numbers = sorted(case.row.case_no for case in made)
    assert all(is_valid_case_no(number) for number in numbers)
    assert [int(number[11:16]) for number in numbers] == list(range(1, 201))


async def test_each_day_begins_at_one(cases: CaseHouse) -> None:
    await cases.register()
    # 23 November, 23:59 in the city; a minute later it is the 24th there.
    cases.later(hours=14, minutes=59)
    last = await cases.register()
    cases.later(minutes=1)
    first = await cases.register()
    assert last.row.case_no.startswith("LL20261123-00002-")
    assert first.row.case_no.startswith("LL20261124-00001-")


async def test_a_refused_registration_spends_no_number(cases: CaseHouse) -> None:
    with pytest.raises(InvalidInput) as caught:
        await cases.register(content="short", address=" ", contact_id=None)
    found = {p.field: p.code for p in caught.value.fields}
    assert found == {
        "content": "field_too_short",
        "address": "field_missing",
        "requester_phone": "field_required_unless_anonymous",
    }
    assert (await cases.register()).row.case_no.startswith("LL20261123-00001-")


async def test_the_same_key_is_the_same_case_however_often_it_is_sent(cases: CaseHouse) -> None:
    made = await asyncio.gather(*(cases.register(key="form-1") for _ in range(8)))
    assert len({case.id for case in made}) == 1
    assert (await cases.register()).row.case_no[11:16] == "00002"


async def test_another_persons_key_is_no_way_into_their_case(cases: CaseHouse) -> None:
    await cases.register(key="form-1")
    with pytest.raises(Conflict) as caught:
        await cases.register(cases.person("agent", name="another"), key="form-1")
    assert caught.value.code == "register_key_taken"


async def test_a_stale_page_is_told_what_changed(cases: CaseHouse) -> None:
    seen = await cases.register()
    await cases.act(seen, "accept", cases.agent)
    with pytest.raises(Conflict) as caught:
        await cases.act(seen, "cancel", cases.shift_lead, {"cancel_reason": "test"})
    assert caught.value.code == "changed_meanwhile"
    told = caught.value.params
    assert (told["from"], told["to"], told["version"]) == ("registered", "accepted", 2)
    assert [(c["action"], c["actor_name"]) for c in told["changes"]] == [("accept", cases.agent.name)]


async def test_of_two_who_act_at_once_one_wins_and_the_other_is_told(cases: CaseHouse) -> None:
    case = await cases.accepted()
    outcomes = await asyncio.gather(
        cases.act(case, "dispatch", cases.dispatcher, {"unit_id": cases.units[WATER]}),
        cases.act(
            case, "dispatch", cases.person("dispatcher", name="d2"), {"unit_id": cases.units[DRAINAGE]}
        ),
        return_exceptions=True,
    )
    lost = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert [error.code for error in lost] == ["changed_meanwhile"]
    page = await cases.view(case, cases.dispatcher)
    assert (page.state, page.version, len(page.assignments)) == ("dispatched", 3, 1)


async def test_another_units_case_does_not_exist_and_the_audit_knows_who_asked(cases: CaseHouse) -> None:
    case = await cases.dispatched()
    stranger, number = cases.other_clerk, case.row.case_no
    with pytest.raises(NotFound) as hidden:
        async with cases.cases.refusals_audited(stranger, "case.view", number):
            await cases.view(case, stranger)
    with pytest.raises(NotFound):
        async with cases.cases.refusals_audited(stranger, "case.sign", number):
            await cases.act(case, "sign", stranger)
    with pytest.raises(NotFound) as absent:
        async with cases.database.read() as reader:
            await cases.cases.views.view(reader, "LL20261123-09999-1", stranger, "en")
    assert (hidden.value.code, hidden.value.params) == (absent.value.code, absent.value.params)
    assert await cases.denials() == [
        (stranger.actor, "case.view", f"case:{number}"),
        (stranger.actor, "case.sign", f"case:{number}"),
    ]


async def test_a_returned_case_is_its_former_units_no_more(cases: CaseHouse) -> None:
    case = await cases.act(await cases.dispatched(), "reassign", cases.dispatcher, {"reason": "Wrong pipe."})
    with pytest.raises(NotFound):
        await cases.view(case, cases.clerk)


async def test_a_unit_acts_on_its_own_share_only(cases: CaseHouse) -> None:
    units = {"unit_id": cases.units[WATER], "co_unit_ids": [cases.units[DRAINAGE]]}
    case = await cases.act(await cases.accepted(), "dispatch", cases.dispatcher, units)
    lead = next(a.id for a in case.assignments if a.role == "lead")
    with pytest.raises(InvalidInput) as caught:
        await cases.act(case, "sign", cases.other_clerk, {"assignment_id": lead})
    assert [p.field for p in caught.value.fields] == ["assignment_id"]
    case = await cases.act(case, "sign", cases.other_clerk)
    assert {a.role: a.state for a in case.assignments} == {"lead": "sent", "co": "signed"}


async def test_one_without_any_part_in_cases_sees_none(cases: CaseHouse) -> None:
    case = await cases.register()
    with pytest.raises(Forbidden):
        await cases.view(case, cases.person("admin"))


async def listed(cases: CaseHouse, query: CaseQuery, unit: bool = False) -> list[str]:
    actor = cases.clerk if unit else cases.agent
    async with cases.database.read() as reader:
        found, _ = await cases.cases.views.page(reader, query, actor)
    return [brief.case_no[11:16] for brief in found]


async def test_lists_are_paged_filtered_and_scoped(cases: CaseHouse) -> None:
    await cases.register(title="Lamp dark in 100% of the street")
    await cases.dispatched(address="9 Hope Street", urgency="E1")
    await cases.accepted()
    assert await listed(cases, CaseQuery()) == ["00003", "00002", "00001"]
    assert await listed(cases, CaseQuery(), unit=True) == ["00002"]
    assert await listed(cases, CaseQuery(states=["accepted"])) == ["00003"]
    assert await listed(cases, CaseQuery(urgency="E1")) == ["00002"]
    assert await listed(cases, CaseQuery(text="hope street")) == ["00002"]
    assert await listed(cases, CaseQuery(text="100%")) == ["00001"]
    assert await listed(cases, CaseQuery(text="00001-")) == ["00001"]
    assert await listed(cases, CaseQuery(unit_id=cases.units[WATER])) == ["00002"]
    assert await listed(cases, CaseQuery(registered_by="staff:nobody")) == []
    async with cases.database.read() as reader:
        first, following = await cases.cases.views.page(reader, CaseQuery(limit=2), cases.agent)
        assert len(first) == 2
        assert following is not None
        rest, end = await cases.cases.views.page(reader, CaseQuery(limit=2, before=following), cases.agent)
    assert [brief.case_no[11:16] for brief in rest] == ["00001"]
    assert end is None


async def test_a_requesters_cases_are_found_without_the_number_in_them(cases: CaseHouse) -> None:
    case = await cases.register()
    async with cases.database.read() as reader:
        found = await cases.cases.views.of_contact(reader, cases.contact_id)
    assert [brief.id for brief in found] == [case.id]
    assert PHONE not in found[0].model_dump_json()


async def test_the_units_page_groups_what_is_to_sign_in_hand_and_to_mend(cases: CaseHouse) -> None:
    await cases.dispatched()
    await cases.started()
    mend = {"rework_ground": "result", "rework_request": "Again."}
    await cases.act(await cases.surveying(), "rework_after_survey", cases.shift_lead, mend)
    await cases.reported()
    async with cases.database.read() as reader:
        lines = await cases.cases.views.unit_assignments(reader, cases.units[WATER])
        others = await cases.cases.views.unit_assignments(reader, cases.units[DRAINAGE])
    assert {line.group: line.due_type for line in lines} == {
        "to_sign": "sign",
        "in_hand": "finish",
        "to_mend": "finish",
    }
    crew = next(line.crew for line in lines if line.group == "in_hand")
    assert crew is not None
    assert crew.name == f"Crew of {WATER}"
    assert others == []
