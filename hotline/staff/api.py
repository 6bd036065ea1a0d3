"""Routes of staff for everybody who works with it; the administrator's are in ``admin_api``."""

from __future__ import annotations

from pydantic import Field

from hotline.errors import NotFound
from hotline.kernel.db import Database
from hotline.staff import views
from hotline.staff.service import Staff
from hotline.staff.views import CrewView, UnitView
from hotline.web.endpoint import Call, Endpoints, Schema


class ChangePassword(Schema):
    """The present password, and the one that replaces it."""

    old: str = Field(min_length=1, max_length=256)
    new: str = Field(min_length=1, max_length=256)


def staff_endpoints(database: Database, staff: Staff) -> Endpoints:
    """``/api/units`` and ``/api/session/password``."""
    api = Endpoints("staff")

    @api.get("/api/units")
    async def units(call: Call) -> list[UnitView]:
        """The units that a case may be sent to."""
        async with database.read() as reader:
            return await views.active_units(reader)

    @api.get("/api/units/{unit_id}/crews")
    async def crews(call: Call) -> list[CrewView]:
        """The crews of a unit: for its own people and for the centre."""
        unit_id = call.path["unit_id"]
        if call.who.unit_id != unit_id and not call.who.may("case.view_all"):
            raise NotFound()
        async with database.read() as reader:
            return await views.crews_of_unit(reader, unit_id)

    @api.put("/api/session/password", max_bytes=4096)
    async def change_password(call: Call, body: ChangePassword) -> None:
        """Replace one's own password; other sessions end."""
        await staff.change_own_password(call.who, body.old, body.new)

    return api
