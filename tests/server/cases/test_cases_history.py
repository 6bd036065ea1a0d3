"""The history of a case cannot be rewritten unnoticed, and may be erased of persons (DOMAIN §2.3, §10)."""

from __future__ import annotations

import sqlalchemy as sa

from hotline.cases.anchors import CaseAnchors, verify_case_chains
from hotline.cases.history import Happened, append_event
from hotline.cases.tables import case_event, case_event_detail, case_file
from hotline.cases.transition import Action
from hotline.kernel.audit import BrokenLink
from tests.support.case_fixtures import CaseHouse


async def verified(cases: CaseHouse) -> tuple[int, BrokenLink | None]:
    async with cases.database.read() as reader:
        return await verify_case_chains(reader)


async def tamper(cases: CaseHouse, *statements: sa.Executable) -> None:
    async with cases.database.uow() as tx:
        for statement in statements:
            await tx.execute(statement)


async def test_an_untouched_history_verifies(cases: CaseHouse) -> None:
    await cases.surveying()
    await cases.register()
    assert await verified(cases) == (8, None)


async def test_a_changed_row_is_named(cases: CaseHouse) -> None:
    case = await cases.dispatched()
    row = (case_event.c.case_id == case.id, case_event.c.seq == 2)
    await tamper(cases, case_event.update().where(*row).values(actor="staff:innocent"))
    assert (await verified(cases))[1] == BrokenLink(case.row.case_no, 2, "changed_row")


async def test_a_changed_detail_is_named(cases: CaseHouse) -> None:
    case = await cases.dispatched()
    row = (case_event_detail.c.case_id == case.id, case_event_detail.c.seq == 3)
    await tamper(cases, case_event_detail.update().where(*row).values(detail={"payload": {}}))
    assert (await verified(cases))[1] == BrokenLink(case.row.case_no, 3, "changed_detail")


async def test_a_missing_row_is_named_also_at_the_end(cases: CaseHouse) -> None:
    case = await cases.dispatched()
    await tamper(cases, case_event.delete().where(case_event.c.case_id == case.id, case_event.c.seq == 3))
    assert (await verified(cases))[1] == BrokenLink(case.row.case_no, 3, "missing_at_end")
    await tamper(cases, case_event.delete().where(case_event.c.case_id == case.id, case_event.c.seq == 1))
    assert (await verified(cases))[1] == BrokenLink(case.row.case_no, 2, "missing_row")


async def test_erasing_a_detail_breaks_nothing(cases: CaseHouse) -> None:
    case = await cases.dispatched()
    await tamper(cases, case_event_detail.delete().where(case_event_detail.c.case_id == case.id))
    assert await verified(cases) == (3, None)
    async with cases.database.read() as reader:
        events = await cases.cases.views.events(reader, case.row.case_no, cases.dispatcher)
    assert [(e.actor_name, e.payload) for e in events] == [("", {})] * 3


async def test_a_whole_history_written_anew_contradicts_its_anchor(cases: CaseHouse) -> None:
    case = await cases.register()
    anchors = CaseAnchors(cases.database, cases.audit)
    assert await anchors.anchor_once() == 1
    await tamper(cases, case_file.update().values(event_hash=await rewritten(cases, case.id)))
    assert (await verified(cases))[1] == BrokenLink(case.row.case_no, 1, "contradicts_anchor")
    async with cases.database.read() as reader:
        assert (await cases.audit.verify(reader))[1] is None


async def rewritten(cases: CaseHouse, case_id: str) -> str:
    """Replaces the first step by another that hashes well; returns the new head."""
    forged = Happened(cases.clock.now(), cases.shift_lead, Action.REGISTER, None, "registered", 1)
    async with cases.database.uow() as tx:
        await tx.execute(case_event_detail.delete().where(case_event_detail.c.case_id == case_id))
        await tx.execute(case_event.delete().where(case_event.c.case_id == case_id))
        return await append_event(tx, case_id, 1, "0" * 64, forged)


async def test_only_what_changed_is_anchored_again(cases: CaseHouse) -> None:
    anchors = CaseAnchors(cases.database, cases.audit)
    first, second = await cases.register(), await cases.register()
    assert await anchors.anchor_once() == 2
    assert await anchors.anchor_once() == 0
    await cases.act(first, "accept", cases.agent)
    assert await anchors.anchor_once() == 1
    assert await verified(cases) == (3, None)
    assert second.row.version == 1
