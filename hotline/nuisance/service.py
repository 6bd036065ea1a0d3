"""Use cases of the list: one person proposes, another decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.errors import Conflict, FieldProblem, Forbidden, InvalidInput, NotFound
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Reader, Tx
from hotline.kernel.ids import new_id
from hotline.kernel.jobs import Job, JobQueue
from hotline.kernel.sealing import Sealer
from hotline.nuisance import store
from hotline.nuisance.events import NuisanceChanged
from hotline.nuisance.model import Standing, end_problem
from hotline.nuisance.views import standings
from hotline.ports.clock import Clock
from hotline.web.auth import Principal

END = "nuisance.end"
"""Kind of the job that takes a number off the list on its date."""


class Nuisances:
    """Methods join the caller's unit of work; every decision is audited."""

    def __init__(self, clock: Clock, sealer: Sealer, audit: Audit, jobs: JobQueue) -> None:
        self._clock = clock
        self._sealer = sealer
        self._audit = audit
        self._jobs = jobs

    async def propose(self, tx: Tx, who: Principal, number: str, call_id: str, reason: str) -> str:
        """Put a number up for review; the entry's id.

        ``Conflict``: "nuisance_proposed" or "nuisance_confirmed" when it is on the list.
        """
        blind = self._sealer.blind(number)
        if (known := (await standings(tx, [blind])).get(blind)) is not None:
            raise Conflict(f"nuisance_{known}")
        entry_id = new_id()
        row = {
            "id": entry_id,
            "number_sealed": self._sealer.seal(number),
            "number_blind": blind,
            "call_id": call_id,
            "standing": Standing.PROPOSED,
            "reason": reason,
            "proposed_by": who.id,
            "proposed_at": self._clock.now(),
            "version": 1,
        }
        try:
            async with tx.savepoint():
                await store.insert(tx, row)
        except sa.exc.IntegrityError:
            # A colleague proposed the number at the same moment.
            raise Conflict("nuisance_proposed") from None
        await self._note(tx, who, "propose", entry_id, call=call_id)
        self._changed(tx, entry_id, Standing.PROPOSED)
        return entry_id

    async def confirm(
        self, tx: Tx, who: Principal, entry_id: str, version: int, until: datetime, note: str
    ) -> None:
        """Onto the list until then.

        ``InvalidInput`` ("nuisance_end_past", "nuisance_end_far"), ``Forbidden`` ("nuisance_own": who
        proposes does not decide), ``Conflict`` ("changed_meanwhile").
        """
        if (problem := end_problem(until, self._clock.now())) is not None:
            raise InvalidInput([FieldProblem("until", problem)])
        await self._decide(tx, who, entry_id, version, Standing.PROPOSED, Standing.CONFIRMED, note, until)
        await self._jobs.enqueue(tx, END, entry_id, {"id": entry_id}, until)

    async def reject(self, tx: Tx, who: Principal, entry_id: str, version: int, note: str) -> None:
        """Not onto the list; refused as ``confirm`` is."""
        await self._decide(tx, who, entry_id, version, Standing.PROPOSED, Standing.REJECTED, note)

    async def lift(self, tx: Tx, who: Principal, entry_id: str, version: int, note: str) -> None:
        """Off the list before its date. ``Conflict`` ("changed_meanwhile")."""
        await self._decide(tx, who, entry_id, version, Standing.CONFIRMED, Standing.LIFTED, note)
        await self._jobs.cancel(tx, END, entry_id)

    async def end(self, tx: Tx, job: Job) -> None:
        """The date has come; a ``JobHandler``."""
        row = await store.by_id(tx, job.payload["id"], lock=True)
        if row is not None and row.standing == Standing.CONFIRMED:
            await store.update(tx, row.id, {"standing": Standing.ENDED})
            self._changed(tx, row.id, Standing.ENDED)

    async def is_confirmed(self, reader: Reader, blind: str | None) -> bool:
        """Whether a number is on the list now."""
        if blind is None:
            return False
        now = self._clock.now()
        rows = await store.open_of(reader, [blind])
        return any(row.standing == Standing.CONFIRMED and row.until > now for row in rows)

    async def _decide(
        self,
        tx: Tx,
        who: Principal,
        entry_id: str,
        version: int,
        before: Standing,
        after: Standing,
        note: str,
        until: datetime | None = None,
    ) -> None:
        row = await store.by_id(tx, entry_id, lock=True)
        if row is None:
            raise NotFound()
        if row.version != version or row.standing != before:
            raise Conflict("changed_meanwhile")
        if before is Standing.PROPOSED and row.proposed_by == who.id:
            raise Forbidden("nuisance_own")
        values: dict[str, Any] = {"standing": after, "reviewed_by": who.id, "note": note}
        values["reviewed_at"] = self._clock.now()
        if until is not None:
            values["until"] = until
        await store.update(tx, entry_id, values)
        await self._note(tx, who, str(after), entry_id, until=until.isoformat() if until else None)
        self._changed(tx, entry_id, after)

    async def _note(self, tx: Tx, who: Principal, what: str, entry_id: str, **detail: Any) -> None:
        await self._audit.append(
            tx, Act(who.actor, f"nuisance.{what}", f"nuisance:{entry_id}", detail=detail)
        )

    @staticmethod
    def _changed(tx: Tx, entry_id: str, standing: Standing) -> None:
        tx.emit(NuisanceChanged(aggregate=f"nuisance:{entry_id}", nuisance_id=entry_id, standing=standing))
