"""Who may listen to what; every listening leaves its trace (DOMAIN §10)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hotline.errors import Conflict, FieldProblem, InvalidInput, NotFound
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Database, Reader
from hotline.ports.clock import Clock
from hotline.ports.secrets import Secrets
from hotline.recordings import store
from hotline.recordings.mixer import mixed_file
from hotline.recordings.model import LINK_LASTS, State, is_link_good, sign_link
from hotline.web.auth import Principal

LEAST_REASON = 4


class Access(StrEnum):
    """``OWN``: the listener led the call. ``OTHER``: another's, for a stated reason."""

    OWN = "own"
    OTHER = "other"


MayListen = Callable[[Reader, Principal, str], Awaitable[Access | None]]
"""By call; None: none of this one's business. The slice above knows, for it knows calls and cases."""


class Listening:
    """Use cases of listening. A refusal is ``NotFound`` whatever its cause, and audited."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        keys: Secrets,
        folder: Path,
        may_listen: MayListen,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._key = keys.key("recording-links")
        self._folder = folder
        self._may_listen = may_listen

    async def link(self, who: Principal, recording_id: str, reason: str | None, address: str) -> str:
        """The token of a link, audited with its reason.

        ``InvalidInput`` ("reason_missing") when it is another's call and no reason is given; ``Conflict``
        ("recording_expected", "recording_missing") when there is nothing to hear.
        """
        row, access = await self._allowed(who, recording_id, address)
        stated = self._stated(reason, access)
        if row.state != State.READY:
            raise Conflict(f"recording_{row.state}")
        detail = {"reason": stated, "call": row.call_id, "address": address}
        async with self._database.uow() as tx:
            await self._audit.append(
                tx, Act(who.actor, "recording.listen", f"recording:{row.id}", detail=detail)
            )
        return sign_link(self._key, row.id, who.id, self._clock.now() + LINK_LASTS)

    async def read_along(self, who: Principal, recording_id: str, reason: str | None, address: str) -> str:
        """The call whose transcripts may be read, audited with the reason; raises as ``link``, but it does
        not matter whether there is anything to hear."""
        row, access = await self._allowed(who, recording_id, address)
        stated = self._stated(reason, access)
        detail = {"reason": stated, "call": row.call_id, "address": address}
        act = Act(who.actor, "transcript.read", f"recording:{row.id}", detail=detail)
        async with self._database.uow() as tx:
            await self._audit.append(tx, act)
        return str(row.call_id)

    @staticmethod
    def _stated(reason: str | None, access: Access) -> str:
        stated = (reason or "").strip()
        if access is Access.OTHER and len(stated) < LEAST_REASON:
            raise InvalidInput([FieldProblem("reason", "reason_missing")])
        return stated

    async def file(self, who: Principal, recording_id: str, token: str, address: str) -> Path:
        """The mixed file, for a good token of somebody who still may."""
        if not is_link_good(self._key, token, recording_id, who.id, self._clock.now()):
            await self._denied(who, recording_id, address)
            raise NotFound()
        row, _ = await self._allowed(who, recording_id, address)
        path = mixed_file(self._folder, row.id)
        if row.state != State.READY or not path.is_file():
            raise NotFound()
        return path

    async def _allowed(self, who: Principal, recording_id: str, address: str) -> tuple[sa.Row[Any], Access]:
        async with self._database.read() as reader:
            row = await store.by_id(reader, recording_id)
            access = await self._may_listen(reader, who, row.call_id) if row is not None else None
        if row is None or access is None:
            await self._denied(who, recording_id, address)
            raise NotFound()
        return row, access

    async def _denied(self, who: Principal, recording_id: str, address: str) -> None:
        where = f"recording:{recording_id}"[:120]
        await self._audit.denied(self._database, who.actor, "recording.listen", where, address=address)
