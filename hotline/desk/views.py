"""What the desk shows of drafts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hotline.kernel.sealing import Sealer
from hotline.web.endpoint import Schema


class DraftView(Schema):
    """A half-filled form. ``version`` 0: there is none yet."""

    key: str
    version: int
    form: dict[str, Any]
    updated_at: datetime | None


def draft_view(row: sa.Row[Any], sealer: Sealer) -> DraftView:
    """Shape a row."""
    form = json.loads(sealer.open(row.form_sealed))
    return DraftView(key=row.id, version=row.version, form=form, updated_at=row.updated_at)
