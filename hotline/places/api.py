"""Routes of places."""

from __future__ import annotations

from pydantic import Field

from hotline.kernel.db import Database
from hotline.places.model import Kind
from hotline.places.service import PLACES, Places
from hotline.places.views import PlaceView
from hotline.staff.import_report import ImportQuery, ImportReport, import_report, template_response
from hotline.staff.sheets import MAX_BYTES, SheetWords
from hotline.web.catalogue import Catalogue
from hotline.web.endpoint import Call, Endpoints, Schema


class PlaceQuery(Schema):
    """``q`` is any part of a name or alias."""

    q: str = Field(min_length=1, max_length=80)
    kind: Kind | None = None


def place_endpoints(database: Database, places: Places, words: SheetWords, catalogue: Catalogue) -> Endpoints:
    """``/api/places`` and its import."""
    api = Endpoints("places")

    @api.get("/api/places")
    async def find(call: Call, query: PlaceQuery) -> list[PlaceView]:
        """Places by a part of their name."""
        async with database.read() as reader:
            return await places.search(reader, query.q, query.kind)

    @api.post("/api/admin/import/places", needs="admin.places", max_bytes=MAX_BYTES)
    async def import_places(call: Call, body: bytes, query: ImportQuery) -> ImportReport:
        """Places from a sheet, all or none; known ones are brought up to date."""
        rows, problems = await places.import_sheet(call.who.actor, body, query.dry_run)
        return import_report(rows, problems, query.dry_run, catalogue, call.language)

    @api.get("/api/admin/import/places/template", needs="admin.places")
    async def places_template(call: Call) -> str:
        """An empty sheet for places (CSV)."""
        return template_response("places", PLACES, words, call.language)  # type: ignore[return-value]

    return api
