"""A case's way from the citizen to the unit and back, and the turns it may take (DOMAIN §2.3, §2.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hotline.cases.model import IllegalTransition
from hotline.errors import Forbidden, InvalidInput
from tests.support.case_fixtures import DRAINAGE, NOTIFIED, PHONE, REPORT, ROBOT, WATER, CaseHouse


def wrong(caught: pytest.ExceptionInfo[InvalidInput]) -> dict[str, str]:
    return {problem.field: problem.code for problem in caught.value.fields}


async def test_from_registration_to_the_closed_case(cases: CaseHouse) -> None:
    case = await cases.register()
    assert case.row.state == "registered"
    assert case.row.case_no.startswith("LL20261123-00001-")

    case = await cases.act(case, "accept", cases.agent)
    assert case.row.state == "accepted"
    case = await cases.act(case, "dispatch", cases.dispatcher, {"unit_id": cases.units[WATER]})
    assert (case.row.state, case.assignments[0].state) == ("dispatched", "sent")
    case = await cases.act(case, "sign", cases.clerk)
    assert (case.row.state, case.assignments[0].state) == ("dispatched", "signed")
    case = await cases.act(case, "start_work", cases.clerk, {"crew_id": cases.crews[WATER]})
    assert (case.row.state, case.assignments[0].state, case.tasks[0].state) == (
        "handling",
        "in_progress",
        "offered",
    )
    case = await cases.act(case, "report", cases.clerk, REPORT)
    assert (case.row.state, case.assignments[0].state, case.tasks[0].state) == (
        "reported",
        "reported",
        "done",
    )
    case = await cases.act(case, "pass", cases.dispatcher, {"check_result": "remote"})
    assert (case.row.state, case.assignments[0].state) == ("surveying", "passed")
    closing = {"survey": {"satisfied": True}, "notified": NOTIFIED}
    case = await cases.act(case, "close", ROBOT, closing)
    assert (case.row.state, case.row.close_type) == ("closed", "surveyed")
    assert case.row.notified["channel"] == "web"

    async with cases.database.read() as reader:
        events = await cases.cases.views.events(reader, case.row.case_no, cases.dispatcher)
    assert [(e.action, e.from_state, e.to_state) for e in events] == [
        ("register", None, "registered"),
        ("accept", "registered", "accepted"),
        ("dispatch", "accepted", "dispatched"),
        ("sign", "dispatched", "dispatched"),
        ("start_work", "dispatched", "handling"),
        ("report", "handling", "reported"),
        ("pass", "reported", "surveying"),
        ("close", "surveying", "closed"),
    ]
    assert [e.role for e in events][:3] == ["agent", "agent", "dispatcher"]
    assert events[-1].role == "robot"


async def test_signing_with_a_crew_also_starts_the_work(cases: CaseHouse) -> None:
    case = await cases.started()
    assert case.row.state == "handling"
    assert [task.crew_id for task in case.tasks] == [cases.crews[WATER]]
    assert case.row.version == 5


async def test_a_crew_of_another_unit_cannot_be_sent_and_nothing_is_signed(cases: CaseHouse) -> None:
    case = await cases.dispatched()
    with pytest.raises(InvalidInput) as caught:
        await cases.act(case, "sign", cases.clerk, {"crew_id": cases.crews[DRAINAGE]})
    assert wrong(caught) == {"crew_id": "field_choice"}
    assert (await cases.view(case, cases.clerk)).assignments[0].state == "sent"


async def test_without_a_crew_whoever_starts_handles_it(cases: CaseHouse) -> None:
    case = await cases.act(await cases.dispatched(), "sign", cases.clerk)
    case = await cases.act(case, "start_work", cases.clerk)
    assert case.assignments[0].handler == cases.clerk.actor


async def test_a_direct_answer_closes_at_once_and_counts_as_the_notice(cases: CaseHouse) -> None:
    case = await cases.register(request_type="consult", category_code="WS-01-01")
    answer = {"answer_text": "Water is back at six.", "user_confirmed": True}
    case = await cases.act(case, "direct_answer", cases.agent, answer)
    assert (case.row.state, case.row.close_type) == ("closed", "direct")
    assert case.row.notified["channel"] == "in_call"
    assert all(d.state == "stopped" for d in (await cases.view(case, cases.agent)).deadlines)


async def test_a_direct_answer_must_be_confirmed_and_name_its_source(cases: CaseHouse) -> None:
    case = await cases.register()
    answer = {"answer_text": "So it is.", "user_confirmed": False, "cites_knowledge": True}
    with pytest.raises(InvalidInput) as caught:
        await cases.act(case, "direct_answer", cases.agent, answer)
    assert wrong(caught) == {"user_confirmed": "field_must_be_confirmed", "kb_ref": "field_missing"}


async def test_the_agent_proposes_a_rejection_and_the_shift_lead_confirms_it(cases: CaseHouse) -> None:
    case = await cases.register()
    grounds = {"reject_code": "R6", "guidance": "Call 12345."}
    case = await cases.act(case, "reject_acceptance", cases.agent, grounds)
    assert case.row.state == "registered"
    page = await cases.view(case, cases.shift_lead)
    assert page.proposal is not None
    assert page.proposal.payload == grounds
    assert page.proposal.by_name == cases.agent.name

    case = await cases.act(case, "reject_acceptance", cases.shift_lead)
    assert (case.row.state, case.row.reject_code, case.row.proposal) == ("rejected", "R6", None)


async def test_a_proposal_that_is_overtaken_is_given_up(cases: CaseHouse) -> None:
    case = await cases.register()
    grounds = {"reject_code": "R6", "guidance": "Call 12345."}
    case = await cases.act(case, "reject_acceptance", cases.agent, grounds)
    case = await cases.act(case, "accept", cases.agent)
    assert case.row.proposal is None


async def test_a_proposal_needs_its_fields_too(cases: CaseHouse) -> None:
    with pytest.raises(InvalidInput) as caught:
        await cases.act(await cases.register(), "reject_acceptance", cases.agent, {"reject_code": "R9"})
    assert wrong(caught) == {"reject_code": "field_choice"}


async def test_cancelling_withdraws_nothing_later_than_acceptance(cases: CaseHouse) -> None:
    case = await cases.act(await cases.accepted(), "cancel", cases.shift_lead, {"cancel_reason": "duplicate"})
    assert (case.row.state, case.row.cancel_reason) == ("cancelled", "duplicate")
    case, reason = await cases.dispatched(), {"cancel_reason": "duplicate"}
    with pytest.raises(IllegalTransition) as caught:
        await cases.act(case, "cancel", cases.shift_lead, reason)
    assert caught.value.code == "step_wrong_state"


WRONG_UNIT = {"reason_code": "not_our_property", "legal_basis": "The cover says HS-0412."}


async def test_a_return_is_proposed_confirmed_and_the_case_dispatched_anew(cases: CaseHouse) -> None:
    case = await cases.dispatched()
    wish = {**WRONG_UNIT, "suggested_unit": cases.units[DRAINAGE]}
    case = await cases.act(case, "request_return", cases.clerk, wish)
    assert (case.row.state, case.assignments[0].state) == ("dispatched", "return_requested")
    case = await cases.act(case, "approve_return", cases.dispatcher, {"reason": "They are right."})
    assert case.assignments[0].state == "return_requested"
    case = await cases.act(case, "approve_return", cases.shift_lead)
    assert (case.row.state, case.assignments[0].state) == ("accepted", "returned")
    assert case.row.finish_due_at is None

    cases.later(minutes=20)
    case = await cases.act(case, "dispatch", cases.dispatcher, {"unit_id": cases.units[DRAINAGE]})
    assert case.row.state == "dispatched"
    assert case.lead is not None
    assert case.lead.unit_id == cases.units[DRAINAGE]
    # §2.4 A3: the new dispatch has clocks of its own, from the moment the return was approved.
    assert case.row.finish_due_at == cases.clock.now() - timedelta(minutes=20) + timedelta(hours=6)


async def test_a_refused_return_leaves_the_case_signed_and_cannot_be_asked_again(cases: CaseHouse) -> None:
    wish = {**WRONG_UNIT, "suggested_unit": cases.units[DRAINAGE]}
    case = await cases.act(await cases.dispatched(), "request_return", cases.clerk, wish)
    case = await cases.act(case, "refuse_return", cases.shift_lead, {"reason": "The cover is yours."})
    assert case.assignments[0].state == "signed"
    with pytest.raises(IllegalTransition) as caught:
        await cases.act(case, "request_return", cases.clerk, wish)
    assert caught.value.code == "step_return_used"


async def test_while_the_centre_is_late_with_a_return_the_units_clock_stands_still(cases: CaseHouse) -> None:
    wish = {**WRONG_UNIT, "suggested_unit": cases.units[DRAINAGE]}
    # WH5: five working hours from dispatch; a return is to be decided in four.
    case = await cases.dispatched(category_code="SN-01-01", sla_code="WH5")
    case = await cases.act(case, "request_return", cases.clerk, wish)
    before = await cases.clocks(case)
    cases.clock.turn(before["return_decision"].due_at + timedelta(minutes=30) - cases.clock.now())
    case = await cases.act(case, "refuse_return", cases.shift_lead, {"reason": "It is yours."})
    after = await cases.clocks(case)
    assert after["return_decision"].state == "late"
    assert after["finish"].due_at == before["finish"].due_at + timedelta(minutes=30)


async def test_a_failed_check_orders_rework_with_a_clock_of_half_the_limit(cases: CaseHouse) -> None:
    case = await cases.reported()
    case = await cases.act(case, "send_check", cases.dispatcher)
    assert case.row.state == "checking"
    cases.later(minutes=30)
    defect = {"defect_code": "came_back", "evidence": "The neighbour's photo."}
    case = await cases.act(case, "rework_after_check", cases.dispatcher, defect)
    assert (case.row.state, case.row.rework_round, case.assignments[0].state) == ("handling", 1, "rework")
    assert case.row.finish_due_at == cases.clock.now() + timedelta(hours=3)

    case = await cases.act(case, "start_work", cases.clerk, {"crew_id": cases.crews[WATER]})
    case = await cases.act(case, "report", cases.clerk, REPORT)
    assert (case.row.state, len(case.tasks)) == ("reported", 2)
    finishes = [d for d in (await cases.view(case, cases.dispatcher)).deadlines if d.type == "finish"]
    assert [(d.round, d.state) for d in finishes] == [(0, "met"), (1, "met")]


async def test_a_justified_complaint_in_the_survey_orders_rework(cases: CaseHouse) -> None:
    ground = {"rework_ground": "result", "rework_request": "Repair it for good."}
    case = await cases.act(await cases.surveying(), "rework_after_survey", cases.shift_lead, ground)
    assert (case.row.state, case.row.rework_round, case.assignments[0].state) == ("handling", 1, "rework")


async def test_a_reassigned_case_leaves_its_unit(cases: CaseHouse) -> None:
    case = await cases.act(await cases.started(), "reassign", cases.dispatcher, {"reason": "Wrong pipe."})
    assert (case.row.state, case.assignments[0].state, case.tasks[0].state) == (
        "accepted",
        "withdrawn",
        "cancelled",
    )
    case = await cases.act(case, "dispatch", cases.dispatcher, {"unit_id": cases.units[DRAINAGE]})
    assert case.row.state == "dispatched"


async def test_lead_and_co_unit_report_before_the_case_is_reported(cases: CaseHouse) -> None:
    units = {"unit_id": cases.units[WATER], "co_unit_ids": [cases.units[DRAINAGE]]}
    case = await cases.act(await cases.accepted(), "dispatch", cases.dispatcher, units)
    for clerk in (cases.clerk, cases.other_clerk):
        case = await cases.act(case, "sign", clerk)
        case = await cases.act(case, "start_work", clerk)
    case = await cases.act(case, "report", cases.other_clerk, REPORT)
    assert case.row.state == "handling"
    case = await cases.act(case, "report", cases.clerk, REPORT)
    assert case.row.state == "reported"


async def test_closing_needs_the_notice_or_an_exemption(cases: CaseHouse) -> None:
    case = await cases.surveying()
    with pytest.raises(InvalidInput) as caught:
        await cases.act(case, "close", ROBOT, {"survey": {"satisfied": True}})
    assert wrong(caught) == {"notified": "field_missing"}
    with pytest.raises(InvalidInput) as caught:
        await cases.act(case, "close", ROBOT, {"notified": NOTIFIED})
    assert wrong(caught) == {"survey": "field_survey_or_exemption"}
    case = await cases.act(case, "close", ROBOT, {"exempt_code": "exempt_no_answer"})
    assert (case.row.state, case.row.close_type) == ("closed", "exempt")


async def test_nobody_closes_a_case_they_registered(cases: CaseHouse) -> None:
    both = cases.person("agent", "survey_agent", name="both")
    case = await cases.register(both)
    for action, actor, payload in (
        ("accept", cases.agent, {}),
        ("dispatch", cases.dispatcher, {"unit_id": cases.units[WATER]}),
        ("sign", cases.clerk, {"crew_id": cases.crews[WATER]}),
        ("report", cases.clerk, REPORT),
        ("pass", cases.dispatcher, {"check_result": "on_site"}),
    ):
        case = await cases.act(case, action, actor, payload)
    with pytest.raises(Forbidden) as caught:
        await cases.act(case, "close", both, {"survey": {"satisfied": True}, "notified": NOTIFIED})
    assert caught.value.code == "step_own_case"


async def test_each_role_does_only_its_own_steps(cases: CaseHouse) -> None:
    case = await cases.accepted()
    with pytest.raises(Forbidden) as caught:
        await cases.act(case, "dispatch", cases.agent, {"unit_id": cases.units[WATER]})
    assert caught.value.code == "step_not_permitted"


async def test_an_urgent_case_is_signed_by_the_captain_too(cases: CaseHouse) -> None:
    captain = cases.person("crew_captain", unit=WATER)
    with pytest.raises(Forbidden):
        await cases.act(await cases.dispatched(), "sign", captain)
    case = await cases.act(await cases.dispatched(urgency="E0"), "sign", captain)
    assert case.assignments[0].state == "signed"


async def test_a_report_charges_no_labour_and_says_what_was_done(cases: CaseHouse) -> None:
    case = await cases.started()
    with pytest.raises(InvalidInput) as caught:
        await cases.act(
            case, "report", cases.clerk, {"result_code": "fixed", "narrative": "done", "labor_fee": 50}
        )
    assert wrong(caught) == {
        "narrative": "field_too_short",
        "contacted_user": "field_missing",
        "labor_fee": "field_must_be_zero",
    }


async def test_a_payload_with_what_the_form_does_not_have_is_refused(cases: CaseHouse) -> None:
    case = await cases.started()
    with pytest.raises(InvalidInput) as caught:
        await cases.act(case, "report", cases.clerk, {**REPORT, "state": "closed", "contacted_user": "yes"})
    assert wrong(caught) == {"state": "field_unknown", "contacted_user": "field_invalid"}
    with pytest.raises(InvalidInput) as caught:
        await cases.act(case, "close_it", cases.clerk)
    assert wrong(caught) == {"action": "field_choice"}


async def test_an_unknown_or_busy_unit_gets_no_case(cases: CaseHouse) -> None:
    case = await cases.accepted()
    with pytest.raises(InvalidInput) as caught:
        await cases.act(case, "dispatch", cases.dispatcher, {"unit_id": "0" * 32})
    assert wrong(caught) == {"unit_id": "field_choice"}
    twice = {"unit_id": cases.units[WATER], "co_unit_ids": [cases.units[WATER]]}
    with pytest.raises(InvalidInput) as caught:
        await cases.act(case, "dispatch", cases.dispatcher, twice)
    assert wrong(caught) == {"co_unit_ids": "unit_has_case_already"}


async def test_a_case_is_accepted_only_with_category_and_limit(cases: CaseHouse) -> None:
    case = await cases.register(category_code=None)
    with pytest.raises(InvalidInput) as caught:
        await cases.act(case, "accept", cases.agent)
    assert wrong(caught) == {"category_code": "field_missing", "sla_code": "field_missing"}
    case = await cases.act(case, "accept", cases.agent, {"category_code": "WS-01-02"})
    assert (case.row.sla_code, case.row.repair_class) == ("HH6", "household")


async def test_the_number_is_plain_for_who_holds_the_case_and_masked_for_the_rest(cases: CaseHouse) -> None:
    case = await cases.register()
    held = (await cases.view(case, cases.agent)).requester
    assert held is not None
    assert held.phone == PHONE
    seen = (await cases.view(case, cases.person("agent", name="another"))).requester
    assert seen is not None
    assert seen.phone == "138****2046"
    case = await cases.dispatched()
    unit = (await cases.view(case, cases.clerk)).requester
    assert unit is not None
    assert unit.masked


async def test_a_confidential_requester_is_hidden_from_the_unit(cases: CaseHouse) -> None:
    case = await cases.dispatched(secret=True)
    assert (await cases.view(case, cases.clerk)).requester is None
    assert (await cases.view(case, cases.dispatcher)).requester is not None


async def test_the_room_is_masked_a_week_after_the_end(cases: CaseHouse) -> None:
    case = await cases.surveying()
    assert (await cases.view(case, cases.clerk)).room == "2-1-101"
    case = await cases.act(case, "close", ROBOT, {"exempt_code": "declined"})
    cases.later(days=8)
    assert (await cases.view(case, cases.clerk)).room == "***"


async def test_the_page_offers_what_can_be_done_and_says_why_the_rest_cannot(cases: CaseHouse) -> None:
    case = await cases.dispatched()
    offered = {a.action: a for a in (await cases.view(case, cases.clerk)).actions}
    assert offered["sign"].allowed
    assert [f.name for f in offered["sign"].fields] == ["crew_id"]
    assert (offered["report"].allowed, offered["report"].reason) == (False, "wrong_state")
    assert offered["report"].message == cases.catalogue.text("en", "step_wrong_state")
    assert "dispatch" not in offered
    zh = {a.action: a for a in (await cases.view(case, cases.clerk, "zh-CN")).actions}
    assert zh["report"].message == cases.catalogue.text("zh-CN", "step_wrong_state")


async def test_every_offered_action_that_is_allowed_can_be_done(cases: CaseHouse) -> None:
    everyone = cases.person(
        *("agent", "shift_lead", "dispatcher", "unit_clerk", "survey_agent"), unit=WATER, name="everyone"
    )
    case = await cases.register(cases.agent)
    way: tuple[tuple[str, dict[str, Any]], ...] = (
        ("accept", {}),
        ("dispatch", {"unit_id": cases.units[WATER]}),
        ("sign", {}),
        ("start_work", {"crew_id": cases.crews[WATER]}),
        ("report", REPORT),
        ("pass", {"check_result": "remote"}),
        ("close", {"exempt_code": "declined"}),
    )
    for action, payload in way:
        allowed = {a.action for a in (await cases.view(case, everyone)).actions if a.allowed}
        assert action in allowed
        case = await cases.act(case, action, everyone, payload)
    assert [a for a in (await cases.view(case, everyone)).actions if a.allowed] == []
