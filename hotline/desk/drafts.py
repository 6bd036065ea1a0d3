"""Drafts: kept on the server with every change, so that no reload, crash or hand-over loses a form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hotline.conversations.service import Conversations
from hotline.desk import store
from hotline.desk.views import DraftView, draft_view
from hotline.errors import Conflict, NotFound
from hotline.kernel.db import Reader, Tx
from hotline.kernel.sealing import Sealer
from hotline.ports.clock import Clock

MOST_LISTED = 50


class Drafts:
    """A conversation's draft belongs to whoever holds the conversation; any other to whoever wrote it."""

    def __init__(self, clock: Clock, sealer: Sealer, conversations: Conversations) -> None:
        self._clock = clock
        self._sealer = sealer
        self._conversations = conversations

    async def read(self, reader: Reader, user_id: str, key: str) -> DraftView:
        """The draft, empty at version 0 when there is none; ``NotFound`` for somebody else's."""
        row = await self._own(reader, user_id, key)
        if row is None:
            return DraftView(key=key, version=0, form={}, updated_at=None)
        return draft_view(row, self._sealer)

    async def mine(self, reader: Reader, user_id: str) -> list[DraftView]:
        """The newest drafts that the person wrote to last."""
        return [draft_view(row, self._sealer) for row in await store.of_user(reader, user_id, MOST_LISTED)]

    async def save(self, tx: Tx, user_id: str, key: str, version: int, form: Mapping[str, Any]) -> DraftView:
        """Replace the draft at ``version`` (0: begin one); ``Conflict`` ("changed_meanwhile") otherwise."""
        row = await self._own(tx, user_id, key)
        values = {
            "user_id": user_id,
            "form_sealed": self._sealer.seal(json.dumps(form, ensure_ascii=True)),
            "updated_at": self._clock.now(),
        }
        if row is None and version == 0:
            try:
                async with tx.savepoint():
                    await store.insert(tx, {"id": key, "version": 1, **values})
            except sa.exc.IntegrityError:
                raise Conflict("changed_meanwhile") from None
        elif not await store.update(tx, key, version, values):
            raise Conflict("changed_meanwhile")
        return await self.read(tx, user_id, key)

    async def _own(self, reader: Reader, user_id: str, key: str) -> sa.Row[Any] | None:
        row = await store.by_id(reader, key)
        holder = await self._conversations.holder(reader, key)
        if holder is None:
            holder = row.user_id if row is not None else user_id
        if holder != user_id:
            raise NotFound()
        return row
