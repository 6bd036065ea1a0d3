"""Anchoring: the heads of changed case histories go into the audit chain.

Whoever rewrote a whole history, head and all, would still contradict the audit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.cases.events import ActionProposed, CaseMoved, CaseRegistered
from hotline.cases.history import verify_histories
from hotline.cases.tables import case_event, case_file
from hotline.kernel.audit import Act, Audit, BrokenLink, audit_detail, audit_entry
from hotline.kernel.db import Database, Reader
from hotline.kernel.events import Recorded

ANCHOR = "case.anchor"
BATCH = 500
PAUSE_SECONDS = 10.0
"""Heads are collected for so long: a busy hour shall not make a link of the audit for each step."""


class CaseAnchors:
    """The worker. Two at once do no harm: a head is anchored twice at worst."""

    def __init__(self, database: Database, audit: Audit, pause: float = PAUSE_SECONDS) -> None:
        self._database = database
        self._audit = audit
        self._pause = pause
        self._wake = asyncio.Event()

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener: histories have grown."""
        if any(isinstance(r.event, CaseRegistered | CaseMoved | ActionProposed) for r in recorded):
            self._wake.set()

    async def run(self) -> None:
        """Anchor for ever; what an earlier process left behind comes first."""
        while True:
            self._wake.clear()
            while await self.anchor_once():
                pass
            await self._wake.wait()
            await asyncio.sleep(self._pause)

    async def anchor_once(self) -> int:
        """Anchor one batch of changed heads; returns how many there were."""
        async with self._database.uow() as tx:
            changed = sa.select(case_file.c.id, case_file.c.event_seq, case_file.c.event_hash)
            heads = (await tx.execute(changed.where(sa.not_(case_file.c.anchored)).limit(BATCH))).all()
            if not heads:
                return 0
            detail = {head.id: [head.event_seq, head.event_hash] for head in heads}
            await self._audit.append(
                tx, Act("system:anchors", ANCHOR, "cases", detail={"heads": detail, "count": len(heads)})
            )
            for head in heads:
                unmoved = (case_file.c.id == head.id, case_file.c.event_seq == head.event_seq)
                await tx.execute(case_file.update().where(*unmoved).values(anchored=True))
        return len(heads)


async def verify_case_chains(reader: Reader) -> tuple[int, BrokenLink | None]:
    """Check every history and every anchored head: how many steps hold, and the first row that does not.

    ``BrokenLink.chain`` is the case number. Verify the audit chain as well: the anchors stand on it.
    """
    count, broken = await verify_histories(reader)
    if broken is not None:
        return count, broken
    query = (
        sa.select(audit_detail.c.detail)
        .join(audit_entry, audit_entry.c.seq == audit_detail.c.seq)
        .where(audit_entry.c.action == ANCHOR)
        .order_by(audit_entry.c.seq)
    )
    for row in await reader.execute(query):
        broken = await _contradicted(reader, row.detail["heads"])
        if broken is not None:
            return count, broken
    return count, None


async def _contradicted(reader: Reader, heads: Mapping[str, Any]) -> BrokenLink | None:
    """The first anchored head whose step is gone or has another hash now."""
    query = (
        sa.select(case_event.c.case_id, case_event.c.seq, case_event.c.hash, case_file.c.case_no)
        .join(case_file, case_file.c.id == case_event.c.case_id)
        .where(case_event.c.case_id.in_(list(heads)))
    )
    found = {(row.case_id, row.seq): row for row in await reader.execute(query)}
    for case_id, (seq, hashed) in heads.items():
        row = found.get((case_id, seq))
        if row is None:
            return BrokenLink(case_id, seq, "anchored_row_missing")
        if row.hash != hashed:
            return BrokenLink(row.case_no, seq, "contradicts_anchor")
    return None
