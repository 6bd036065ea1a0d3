"""Routes of the list; a number is proposed at its call (``/api/calls/{call_id}/nuisance``)."""

from __future__ import annotations

from pydantic import Field

from hotline.errors import NotFound
from hotline.kernel.db import Database, Reader
from hotline.kernel.sealing import Sealer
from hotline.nuisance import store
from hotline.nuisance.feeds import REVIEWS
from hotline.nuisance.service import Nuisances
from hotline.nuisance.views import NuisanceView, nuisance_views
from hotline.web.endpoint import Call, Endpoints, Instant, Schema

MOST = 500


class NuisanceQuery(Schema):
    """``past``: with what was rejected, lifted or is over."""

    past: bool = False


class DecisionBody(Schema):
    """``version`` is the one the page showed; ``note`` says why."""

    version: int
    note: str = Field(default="", max_length=500)


class ConfirmBody(DecisionBody):
    """``until``: when the number leaves the list, 90 days from now at the latest."""

    until: Instant


def nuisance_endpoints(database: Database, sealer: Sealer, nuisances: Nuisances) -> Endpoints:
    """``/api/nuisance``."""
    api = Endpoints("nuisance")

    async def shown(reader: Reader, entry_id: str, viewer_id: str) -> NuisanceView:
        row = await store.by_id(reader, entry_id)
        if row is None:
            raise NotFound()
        return (await nuisance_views(reader, sealer, [row], viewer_id))[0]

    @api.get("/api/nuisance", needs=REVIEWS)
    async def listed(call: Call, query: NuisanceQuery) -> list[NuisanceView]:
        """What is proposed or in force, the newest first; as in the live view ``nuisance``."""
        async with database.read() as reader:
            rows = await (store.page(reader, MOST) if query.past else store.all_open(reader))
            return await nuisance_views(reader, sealer, rows, call.who.id)

    @api.post("/api/nuisance/{id}/confirm", needs=REVIEWS)
    async def confirm(call: Call, body: ConfirmBody) -> NuisanceView:
        """Onto the list, for a time."""
        entry_id = call.path["id"]
        async with database.uow() as tx:
            await nuisances.confirm(tx, call.who, entry_id, body.version, body.until, body.note.strip())
            return await shown(tx, entry_id, call.who.id)

    @api.post("/api/nuisance/{id}/reject", needs=REVIEWS)
    async def reject(call: Call, body: DecisionBody) -> NuisanceView:
        """Not onto the list."""
        entry_id = call.path["id"]
        async with database.uow() as tx:
            await nuisances.reject(tx, call.who, entry_id, body.version, body.note.strip())
            return await shown(tx, entry_id, call.who.id)

    @api.post("/api/nuisance/{id}/lift", needs=REVIEWS)
    async def lift(call: Call, body: DecisionBody) -> NuisanceView:
        """Off the list before its date."""
        entry_id = call.path["id"]
        async with database.uow() as tx:
            await nuisances.lift(tx, call.who, entry_id, body.version, body.note.strip())
            return await shown(tx, entry_id, call.who.id)

    return api
