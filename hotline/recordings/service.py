"""Use cases of recordings: what was begun, and when its call was over."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx
from hotline.kernel.ids import new_id
from hotline.recordings import store
from hotline.recordings.events import RecordingChanged
from hotline.recordings.model import State


class Recordings:
    """Keeps account of recordings; methods join the caller's unit of work."""

    async def leg_began(self, tx: Tx, call_id: str, leg: str, path: str, started_at: datetime) -> None:
        """One side of a call is being recorded into ``path``, whose name alone counts; told twice, once."""
        file = PurePath(path).name
        if await store.known_files(tx, [file]):
            return
        row = await self._of_call(tx, call_id, started_at)
        told = {"file": file, "recording_id": row.id, "leg": leg[:64], "started_at": started_at}
        try:
            async with tx.savepoint():
                await store.insert_leg(tx, {**told, "state": State.EXPECTED})
        except sa.exc.IntegrityError:
            return
        # A leg that is found after the others were mixed: all of it is mixed again.
        await store.update(tx, row.id, {"state": State.EXPECTED})
        self._changed(tx, row, State.EXPECTED)

    async def call_ended(self, tx: Tx, call_id: str, at: datetime) -> None:
        """The call is over: its files are complete, or about to be."""
        row = await store.of_call(tx, call_id)
        if row is not None and row.ended_at is None:
            await store.update(tx, row.id, {"ended_at": at})
            self._changed(tx, row, row.state)

    async def found(
        self, tx: Tx, row: sa.Row[Any], legs: dict[str, dict[str, Any]], mix: dict[str, Any]
    ) -> None:
        """What there is of a recording: values of its legs by file, and of the mixed file."""
        for file, values in legs.items():
            await store.update_leg(tx, file, values)
        await store.update(tx, row.id, mix)
        self._changed(tx, row, mix["state"])

    async def found_late(self, tx: Tx, leg: sa.Row[Any]) -> None:
        """The sound of a leg that was missing is there after all: all of it is mixed again."""
        await store.update_leg(tx, leg.file, {"state": State.EXPECTED})
        await store.update(tx, leg.recording_id, {"state": State.EXPECTED})
        row = await store.by_id(tx, leg.recording_id)
        if row is not None:
            self._changed(tx, row, State.EXPECTED)

    async def of_call(self, reader: Reader, call_id: str) -> sa.Row[Any] | None:
        """The recording of a call; None when nothing of it was recorded."""
        return await store.of_call(reader, call_id)

    async def _of_call(self, tx: Tx, call_id: str, started_at: datetime) -> sa.Row[Any]:
        row = await store.of_call(tx, call_id)
        if row is None:
            fresh = {"id": new_id(), "call_id": call_id, "state": State.EXPECTED, "started_at": started_at}
            try:
                async with tx.savepoint():
                    await store.insert(tx, {**fresh, "version": 1})
            except sa.exc.IntegrityError:
                # The other leg of the same call was as quick.
                pass
            row = await store.of_call(tx, call_id)
        assert row is not None  # noqa: S101
        return row

    @staticmethod
    def _changed(tx: Tx, row: sa.Row[Any], state: str) -> None:
        tx.emit(
            RecordingChanged(
                aggregate=f"recording:{row.id}", recording_id=row.id, call_id=row.call_id, state=state
            )
        )
