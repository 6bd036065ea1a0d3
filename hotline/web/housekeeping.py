"""Housekeeping: sessions and rate limits that have run out are deleted."""

from __future__ import annotations

import asyncio

from hotline.kernel.db import Database
from hotline.web.sessions import Sessions
from hotline.web.throttle import Throttle

EVERY_SECONDS = 3600.0


class Housekeeping:
    """A worker for the supervisor; harmless to run on several nodes."""

    def __init__(self, database: Database, sessions: Sessions, throttle: Throttle) -> None:
        self._database = database
        self._sessions = sessions
        self._throttle = throttle

    async def run(self) -> None:
        """Tidy up now and then every hour."""
        while True:
            await self.tidy()
            await asyncio.sleep(EVERY_SECONDS)

    async def tidy(self) -> None:
        """Delete sessions and rate limits that are over."""
        async with self._database.uow() as tx:
            await self._sessions.purge(tx)
            await self._throttle.purge(tx)
