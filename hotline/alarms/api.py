"""Routes of alarms."""

from __future__ import annotations

from hotline.alarms.feeds import SEES
from hotline.alarms.service import Alarms
from hotline.alarms.views import AlarmView, open_alarms
from hotline.kernel.db import Database
from hotline.web.endpoint import Call, Endpoints


def alarm_endpoints(database: Database, alarms: Alarms) -> Endpoints:
    """``/api/alarms``."""
    api = Endpoints("alarms")

    @api.get("/api/alarms", needs=SEES)
    async def listed(call: Call) -> list[AlarmView]:
        """Every open alarm, the newest first; as in the live view ``alarms``."""
        async with database.read() as reader:
            return await open_alarms(reader)

    @api.post("/api/alarms/{id}/seen-to", needs=SEES)
    async def seen_to(call: Call) -> None:
        """Somebody has seen to it."""
        async with database.uow() as tx:
            await alarms.seen_to(tx, call.who, call.path["id"])

    return api
