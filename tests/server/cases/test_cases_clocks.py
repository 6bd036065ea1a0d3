"""The clocks of a case, counted once and stored (DOMAIN §2.5, §3.3, §3.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hotline.cases.service import PreviewOrder
from hotline.cases.store import CaseQuery
from hotline.errors import InvalidInput
from tests.support.case_fixtures import MONDAY_MORNING, REPORT, ROBOT, WATER, CaseHouse


async def test_the_clocks_start_and_are_met_along_the_way(cases: CaseHouse) -> None:
    case = await cases.register()
    assert (await cases.clocks(case))["accept"].due_at == MONDAY_MORNING + timedelta(minutes=30)
    cases.later(minutes=10)
    case = await cases.act(case, "accept", cases.agent)
    clocks = await cases.clocks(case)
    assert (clocks["accept"].state, clocks["dispatch"].state) == ("met", "running")
    # One hour of office time.
    assert clocks["dispatch"].due_at == cases.clock.now() + timedelta(hours=1)

    cases.later(minutes=10)
    accepted_at = case.row.accepted_at
    case = await cases.act(case, "dispatch", cases.dispatcher, {"unit_id": cases.units[WATER]})
    clocks = await cases.clocks(case)
    # HH6: six hours by the wall from acceptance (§3.1).
    assert clocks["finish"].due_at == accepted_at + timedelta(hours=6)
    assert (clocks["finish"].basis, clocks["finish"].limit) == ("wall", 360)
    assert case.row.finish_due_at == clocks["finish"].due_at
    assert {k for k, d in clocks.items() if d.state == "running"} == {"sign", "contact", "finish"}

    case = await cases.act(case, "sign", cases.clerk, {"crew_id": cases.crews[WATER]})
    clocks = await cases.clocks(case)
    assert clocks["sign"].state == "met"
    assert clocks["arrive"].due_at == cases.clock.now() + timedelta(minutes=30)

    case = await cases.act(case, "report", cases.clerk, REPORT)
    clocks = await cases.clocks(case)
    assert {clocks[kind].state for kind in ("finish", "contact", "arrive")} == {"met"}
    assert clocks["review"].state == "running"
    case = await cases.act(case, "pass", cases.dispatcher, {"check_result": "remote"})
    clocks = await cases.clocks(case)
    assert (clocks["review"].state, clocks["callback"].state) == ("met", "running")


async def test_a_report_at_the_due_instant_is_on_time_and_a_moment_later_is_late(cases: CaseHouse) -> None:
    for beyond, judged in ((timedelta(0), "met"), (timedelta(microseconds=1), "late")):
        case = await cases.started()
        cases.clock.turn(case.row.finish_due_at + beyond - cases.clock.now())
        case = await cases.act(case, "report", cases.clerk, REPORT)
        assert (await cases.clocks(case))["finish"].state == judged


async def test_an_overdue_case_is_marked_in_lists_until_it_is_reported(cases: CaseHouse) -> None:
    case = await cases.started()
    assert not (await cases.view(case, cases.clerk)).overdue
    cases.later(hours=6, minutes=1)
    assert (await cases.view(case, cases.clerk)).overdue
    async with cases.database.read() as reader:
        query = CaseQuery(overdue_at=cases.clock.now())
        found, _ = await cases.cases.views.page(reader, query, cases.agent)
    assert [brief.id for brief in found] == [case.id]
    case = await cases.act(case, "report", cases.clerk, REPORT)
    assert not (await cases.view(case, cases.clerk)).overdue


async def test_danger_starts_every_clock_at_acceptance(cases: CaseHouse) -> None:
    case = await cases.accepted(urgency="E0", sla_code="EM+MJ24")
    cases.later(minutes=1)
    case = await cases.act(case, "dispatch", cases.dispatcher, {"unit_id": cases.units[WATER]})
    clocks = await cases.clocks(case)
    since = {kind: clocks[kind].due_at - MONDAY_MORNING for kind in ("sign", "arrive", "control", "finish")}
    assert since == {
        "sign": timedelta(minutes=3),
        "arrive": timedelta(minutes=30),
        "control": timedelta(hours=2),
        "finish": timedelta(hours=24),
    }


async def test_a_confirmed_appointment_moves_the_work_at_home(cases: CaseHouse) -> None:
    case, visit = await cases.accepted(), MONDAY_MORNING + timedelta(hours=5)
    late = {"unit_id": cases.units[WATER], "appointment_start": "2026-11-20T09:00:00+08:00"}
    with pytest.raises(InvalidInput) as caught:
        await cases.act(case, "dispatch", cases.dispatcher, late)
    assert [p.code for p in caught.value.fields] == ["appointment_before_acceptance"]
    payload = {"unit_id": cases.units[WATER], "appointment_start": visit.isoformat()}
    case = await cases.act(case, "dispatch", cases.dispatcher, payload)
    assert case.row.finish_due_at == visit + timedelta(hours=6)


async def test_a_preview_shows_the_limits_and_the_unit_and_writes_nothing(cases: CaseHouse) -> None:
    async with cases.database.read() as reader:
        shown = await cases.cases.preview(reader, PreviewOrder("WS-01-02"))
        assert not await cases.cases.views.of_contact(reader, cases.contact_id)
    assert shown.sla_code == "HH6"
    assert shown.unit is not None
    assert shown.unit.code == WATER
    assert {d.type: d.due_at for d in shown.deadlines}["finish"] == MONDAY_MORNING + timedelta(hours=6)


async def test_a_preview_follows_the_repair_size_and_refuses_unknown_categories(cases: CaseHouse) -> None:
    async with cases.database.read() as reader:
        shown = await cases.cases.preview(reader, PreviewOrder("WS-01-02", repair_class="major"))
        assert shown.sla_code == "MJ24"
        with pytest.raises(InvalidInput):
            await cases.cases.preview(reader, PreviewOrder("XX-01-01"))


async def test_working_days_of_a_complaint_skip_the_weekend(cases: CaseHouse) -> None:
    case = await cases.dispatched(sla_code="CP5")
    # Accepted Monday 23 November; five working days end Monday 30 November at closing time, 17:30 there.
    assert case.row.finish_due_at == datetime(2026, 11, 30, 9, 30, tzinfo=UTC)


async def test_the_requesters_wait_is_never_reset(cases: CaseHouse) -> None:
    case = await cases.reported()
    cases.later(hours=2)
    defect = {"defect_code": "not_done", "evidence": "A photo."}
    case = await cases.act(case, "rework_after_check", cases.dispatcher, defect)
    cases.later(hours=1)
    assert (await cases.view(case, cases.dispatcher)).total_elapsed_s == 3 * 3600


async def test_the_contact_clock_is_met_only_when_the_unit_spoke_with_the_requester(cases: CaseHouse) -> None:
    silent = await cases.act(
        await cases.started(), "report", cases.clerk, {**REPORT, "contacted_user": False}
    )
    assert (await cases.clocks(silent))["contact"].state == "running"
    silent = await cases.act(silent, "pass", cases.dispatcher, {"check_result": "remote"})
    silent = await cases.act(silent, "close", ROBOT, {"exempt_code": "declined"})
    assert (await cases.clocks(silent))["contact"].state == "stopped"
    assert (await cases.clocks(await cases.reported()))["contact"].state == "met"
