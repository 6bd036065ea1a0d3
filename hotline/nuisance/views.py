"""What others may see of the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.contacts.model import mask_phone
from hotline.kernel.db import Reader
from hotline.kernel.sealing import Sealer
from hotline.nuisance import store
from hotline.nuisance.model import Standing
from hotline.staff.views import user_names
from hotline.web.endpoint import Schema


class NuisanceView(Schema):
    """An entry of the list; the number is masked. ``until`` is set once it was confirmed."""

    id: str
    version: int
    standing: Standing
    number: str
    call_id: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    is_own: bool
    reviewed_by: str | None
    reviewed_at: datetime | None
    note: str | None
    until: datetime | None


async def nuisance_views(
    reader: Reader, sealer: Sealer, rows: Sequence[sa.Row[Any]], viewer_id: str = ""
) -> list[NuisanceView]:
    """Shape rows; ``is_own``: the viewer proposed it, and so does not review it."""
    people = [row.proposed_by for row in rows] + [row.reviewed_by for row in rows if row.reviewed_by]
    names = await user_names(reader, people)
    same = ("id", "version", "standing", "call_id", "reason", "proposed_at", "reviewed_at", "note", "until")
    return [
        NuisanceView(
            number=mask_phone(sealer.open(row.number_sealed)),
            proposed_by=names.get(row.proposed_by, ""),
            is_own=row.proposed_by == viewer_id,
            reviewed_by=names.get(row.reviewed_by) if row.reviewed_by else None,
            **{name: getattr(row, name) for name in same},
        )
        for row in rows
    ]


async def standings(reader: Reader, blinds: Sequence[str]) -> dict[str, Standing]:
    """How numbers stand that are proposed or in force, by blind index."""
    return {row.number_blind: Standing(row.standing) for row in await store.open_of(reader, blinds)}
