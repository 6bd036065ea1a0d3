"""Keeps posts together: those that come while others are being written share the next unit of work.

A platform waits for its answer, and calls come in bursts; one unit for many costs hardly more than for one.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hotline.errors import Forbidden
from hotline.kernel.db import Database, Tx
from hotline.mailroom import store
from hotline.mailroom.events import PostKept

MOST = 64
"""Posts of one unit."""


@dataclass(frozen=True)
class _Waiting:
    row: Mapping[str, Any]
    kept: asyncio.Future[bool]


class Keeping:
    """Writes rows of ``webhook_post``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, row: Mapping[str, Any]) -> bool:
        """True once it is durable; False when what it brings was kept before.

        Raises ``Forbidden`` ("post_replayed"), and ``Unavailable`` with nothing kept.
        """
        one = _Waiting(row, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await one.kept

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._write(batch)
        finally:
            self._writing = None
            for one in self._waiting:
                one.kept.cancel()

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        results: list[bool | Forbidden] = []
        try:
            async with self._database.uow() as tx:
                fresh = await store.insert_posts(tx, [one.row for one in batch])
                for one in batch:
                    results.append(await self._result(tx, one.row, fresh))
        except asyncio.CancelledError:
            for one in batch:
                one.kept.cancel()
            raise
        except Exception as error:
            for one in batch:
                if not one.kept.done():
                    one.kept.set_exception(error)
            return
        for one, result in zip(batch, results, strict=True):
            if one.kept.done():
                continue
            if isinstance(result, bool):
                one.kept.set_result(result)
            else:
                one.kept.set_exception(result)

    async def _result(self, tx: Tx, row: Mapping[str, Any], fresh: frozenset[str]) -> bool | Forbidden:
        if row["id"] in fresh:
            tx.emit(PostKept(aggregate=_lane(row), post_id=row["id"]))
            return True
        known = await store.post_by_once(tx, row["channel"], row["once"])
        if known is None:
            # Another call that brings the same; its proof is used up all the same.
            await store.insert_posts(tx, [{**row, "key": None, "payload": None}])
        elif known.digest != row["digest"]:
            return Forbidden("post_replayed")
        return False


def _lane(row: Mapping[str, Any]) -> str:
    """One lane for each sender; outbox rows are shown to operators, and name no person."""
    digest = hashlib.sha256(f"{row['channel']}\0{row['sender']}".encode()).hexdigest()
    return f"sender:{digest[:32]}"
