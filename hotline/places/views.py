"""What others may see of places."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hotline.web.endpoint import Schema


class PlaceView(Schema):
    """A place; ``lng`` and ``lat`` are degrees in ``crs``, or absent together."""

    id: str
    kind: str
    name: str
    aliases: list[str]
    district: str
    lng: float | None
    lat: float | None
    crs: str | None


def place_view(row: sa.Row[Any]) -> PlaceView:
    """Shape a row."""
    return PlaceView.model_validate({name: getattr(row, name) for name in PlaceView.model_fields})
