"""The live view of the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.kernel.sealing import Sealer
from hotline.nuisance import store
from hotline.nuisance.events import NuisanceChanged
from hotline.nuisance.views import nuisance_views
from hotline.web.auth import Principal
from hotline.web.live import Entity

REVIEWS = "nuisance.review"


class NuisanceFeed:
    """``nuisance``: what is proposed or in force, as ``NuisanceView``."""

    name = "nuisance"

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """The reviewer's own view of the one list: it tells what is the reviewer's own proposal."""
        return principal.id if principal.may(REVIEWS) else None

    def touched(self, event: Event) -> Iterable[str]:
        """The entry."""
        return [event.nuisance_id] if isinstance(event, NuisanceChanged) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """Open entries."""
        views = await nuisance_views(reader, self._sealer, await store.all_open(reader, ids), scope)
        return [Entity(one.id, one.version, one.model_dump(mode="json")) for one in views]
