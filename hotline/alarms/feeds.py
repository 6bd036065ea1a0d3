"""The live view of alarms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hotline.alarms.events import AlarmChanged
from hotline.alarms.views import open_alarms
from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.web.auth import Principal
from hotline.web.live import Entity

SEES = "queue.view"
"""Who keeps an eye on the floor sees its alarms."""


class AlarmsFeed:
    """``alarms``: every open alarm, as ``AlarmView``."""

    name = "alarms"

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """One list for all who look after the floor."""
        return "all" if principal.may(SEES) else None

    def touched(self, event: Event) -> Iterable[str]:
        """The alarm."""
        return [event.alarm_id] if isinstance(event, AlarmChanged) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """Open alarms."""
        return [
            Entity(one.id, one.version, one.model_dump(mode="json")) for one in await open_alarms(reader, ids)
        ]
