"""The audit chain: whatever is changed is named by its number; an erasure breaks nothing."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from hotline.kernel.audit import Act, Audit, BrokenLink, audit_detail, audit_entry, audit_head
from hotline.kernel.db import Database
from tests.support.clock import MovableClock

ENTRIES = 7


@pytest.fixture
def audit(clock: MovableClock) -> Audit:
    return Audit(clock)


@pytest.fixture(autouse=True)
async def _entries(database: Database, audit: Audit, clock: MovableClock) -> None:
    for n in range(1, ENTRIES + 1):
        clock.move(milliseconds=1)
        async with database.uow() as tx:
            detail = {"name": "王小明", "n": n, "rate": 0.1, "none": None, "deep": {"list": [1, "二"]}}
            assert (
                await audit.append(tx, Act("staff:1", "contact.reveal", f"contact:{n}", detail=detail)) == n
            )


async def verified(database: Database, audit: Audit) -> tuple[int, BrokenLink | None]:
    async with database.read() as reader:
        return await audit.verify(reader)


async def run(database: Database, statement: sa.Executable) -> None:
    async with database.uow() as tx:
        await tx.execute(statement)


async def test_what_was_written_verifies(database: Database, audit: Audit) -> None:
    assert await verified(database, audit) == (ENTRIES, None)


async def test_an_empty_chain_verifies(database: Database, audit: Audit) -> None:
    for table in (audit_entry, audit_detail):
        await run(database, table.delete())
    await run(database, audit_head.update().values(seq=0, hash="0" * 64))
    assert await verified(database, audit) == (0, None)


@pytest.mark.parametrize(
    "column", ["actor", "action", "object", "outcome", "at", "detail_digest", "previous", "hash"]
)
@pytest.mark.parametrize("seq", [1, 4, ENTRIES])
async def test_a_changed_entry_is_named(
    database: Database, audit: Audit, clock: MovableClock, column: str, seq: int
) -> None:
    clock.move(hours=1)
    value = clock.now() if column == "at" else "other"
    await run(database, audit_entry.update().where(audit_entry.c.seq == seq).values({column: value}))
    assert await verified(database, audit) == (seq - 1, BrokenLink("audit", seq, "changed_row"))


@pytest.mark.parametrize("values", [{"detail": {"n": 0}}, {"salt": "0" * 32}])
async def test_a_changed_detail_is_named(database: Database, audit: Audit, values: dict[str, object]) -> None:
    await run(database, audit_detail.update().where(audit_detail.c.seq == 4).values(values))
    assert await verified(database, audit) == (3, BrokenLink("audit", 4, "changed_detail"))


@pytest.mark.parametrize("seq", [1, 4])
async def test_a_missing_entry_is_named(database: Database, audit: Audit, seq: int) -> None:
    await run(database, audit_entry.delete().where(audit_entry.c.seq == seq))
    assert await verified(database, audit) == (seq - 1, BrokenLink("audit", seq, "missing_row"))


async def test_entries_missing_at_the_end_are_named(database: Database, audit: Audit) -> None:
    await run(database, audit_entry.delete().where(audit_entry.c.seq >= 6))
    assert await verified(database, audit) == (5, BrokenLink("audit", 6, "missing_at_end"))


async def test_a_missing_head_is_named(database: Database, audit: Audit) -> None:
    await run(database, audit_head.delete())
    assert await verified(database, audit) == (
        ENTRIES,
        BrokenLink("audit", ENTRIES + 1, "missing_at_end"),
    )


async def test_an_erased_detail_breaks_nothing(database: Database, audit: Audit) -> None:
    await run(database, audit_detail.delete().where(audit_detail.c.seq == 4))
    assert await verified(database, audit) == (ENTRIES, None)


async def test_the_open_entry_tells_nothing_of_the_detail(database: Database) -> None:
    async with database.read() as reader:
        digests = (await reader.execute(sa.select(audit_entry.c.detail_digest))).scalars().all()
        row = (await reader.execute(sa.select(audit_entry).where(audit_entry.c.seq == 1))).one()
    assert len(set(digests)) == ENTRIES
    assert "王" not in str(row)


async def test_units_that_append_at_once_make_one_chain(database: Database, audit: Audit) -> None:
    async def append(n: int) -> None:
        async with database.uow() as tx:
            await audit.append(tx, Act(f"staff:{n}", "sign_in", "session"))
            await asyncio.sleep(0)
            await audit.append(tx, Act(f"staff:{n}", "sign_out", "session"))

    await asyncio.gather(*(append(n) for n in range(40)))
    assert await verified(database, audit) == (ENTRIES + 80, None)


async def test_what_a_failed_unit_appended_leaves_no_gap(database: Database, audit: Audit) -> None:
    with pytest.raises(KeyError):
        async with database.uow() as tx:
            await audit.append(tx, Act("staff:1", "sign_in", "session"))
            raise KeyError
    await audit.denied(database, "staff:1", "case.read", "case:1", reason="another unit")
    assert await verified(database, audit) == (ENTRIES + 1, None)


async def test_a_long_chain_is_read_page_by_page(database: Database, audit: Audit) -> None:
    for _ in range(5):
        async with database.uow() as tx:
            for _ in range(450):
                await audit.append(tx, Act("staff:1", "look", "case:1"))
    assert await verified(database, audit) == (ENTRIES + 2250, None)
