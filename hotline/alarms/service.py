"""Use cases of alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hotline.alarms import store
from hotline.alarms.events import AlarmChanged
from hotline.alarms.model import Kind
from hotline.errors import NotFound
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Tx
from hotline.kernel.ids import new_id
from hotline.ports.clock import Clock
from hotline.web.auth import Principal


class Alarms:
    """Raises alarms and ends them; methods join the caller's unit of work.

    There is one open alarm of a kind about one subject: raised again, it counts.
    """

    def __init__(self, clock: Clock, audit: Audit) -> None:
        self._clock = clock
        self._audit = audit

    async def raised(self, tx: Tx, kind: Kind, subject: str = "", **detail: Any) -> None:
        """Raise an alarm, or once more the one that is open."""
        now = self._clock.now()
        row = {"kind": kind, "subject": subject, "raised_at": now, "last_at": now, "times": 1, "version": 1}
        if await self._again(tx, kind, subject, detail):
            return
        alarm_id = new_id()
        try:
            async with tx.savepoint():
                await store.insert(tx, {"id": alarm_id, "detail": detail, **row})
        except sa.exc.IntegrityError:
            # Somebody else raised it at the same moment.
            await self._again(tx, kind, subject, detail)
            return
        self._changed(tx, alarm_id, kind)

    async def _again(self, tx: Tx, kind: Kind, subject: str, detail: Mapping[str, Any]) -> bool:
        row = await store.open_one(tx, kind, subject)
        if row is None:
            return False
        values = {"last_at": self._clock.now(), "times": store.alarm.c.times + 1, "detail": dict(detail)}
        await store.update(tx, row.id, values)
        self._changed(tx, row.id, kind)
        return True

    async def ended(self, tx: Tx, kind: Kind, subject: str = "") -> None:
        """What the alarm was about is over by itself; nothing happens when none is open."""
        row = await store.open_one(tx, kind, subject)
        if row is not None:
            await store.update(tx, row.id, {"over_at": self._clock.now()})
            self._changed(tx, row.id, kind)

    async def seen_to(self, tx: Tx, who: Principal, alarm_id: str) -> None:
        """Somebody in charge has seen to it. ``NotFound`` when it is not open."""
        row = await store.update(tx, alarm_id, {"over_at": self._clock.now(), "over_by": who.id})
        if row is None:
            raise NotFound()
        await self._audit.append(
            tx, Act(who.actor, "alarm.seen_to", f"alarm:{row.id}", detail={"kind": row.kind})
        )
        self._changed(tx, row.id, row.kind)

    @staticmethod
    def _changed(tx: Tx, alarm_id: str, kind: str) -> None:
        tx.emit(AlarmChanged(aggregate=f"alarm:{alarm_id}", alarm_id=alarm_id, kind=kind))
