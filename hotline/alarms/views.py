"""What others may see of alarms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hotline.alarms import store
from hotline.alarms.model import STAFF, Kind
from hotline.kernel.db import Reader
from hotline.staff.views import user_names
from hotline.web.endpoint import Schema


class AlarmView(Schema):
    """An open alarm. ``staff`` is whom it is about, by name, and None for those about no person.

    ``detail`` depends on the kind: "recording_fails" has ``reason`` ("nothing_written", "disk_full",
    "disk_low", "folder_unwritable").
    """

    id: str
    version: int
    kind: Kind
    staff: str | None
    detail: dict[str, Any]
    raised_at: datetime
    last_at: datetime
    times: int


async def open_alarms(reader: Reader, ids: Sequence[str] | None = None) -> list[AlarmView]:
    """Every open alarm, the newest first; or those of ``ids`` that are open."""
    rows = await store.all_open(reader, ids)
    about = {row.id: row.subject.removeprefix(STAFF) for row in rows if row.subject.startswith(STAFF)}
    names = await user_names(reader, list(about.values()))
    return [
        AlarmView(
            id=row.id,
            version=row.version,
            kind=row.kind,
            staff=names.get(about[row.id]) if row.id in about else None,
            detail=row.detail,
            raised_at=row.raised_at,
            last_at=row.last_at,
            times=row.times,
        )
        for row in rows
    ]
