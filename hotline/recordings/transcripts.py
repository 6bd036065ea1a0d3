"""Use cases of transcripts: versions of what was said in a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx
from hotline.kernel.ids import new_id
from hotline.ports.clock import Clock
from hotline.ports.transcriber import EngineStatus, Segment
from hotline.recordings import transcript_store as store
from hotline.recordings.events import SegmentHeard, TranscriptChanged

DETAIL = 500


class Source(StrEnum):
    """Where a transcript comes from."""

    LIVE = "live"
    ARCHIVE = "archive"


class TranscriptState(StrEnum):
    """``PLANNED`` waits for an engine; ``RUNNING`` is live; ``FAILED`` says why in ``error``."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Transcripts:
    """Keeps versions; methods join the caller's unit of work."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def live(self, tx: Tx, call_id: str, by: EngineStatus) -> str:
        """The live transcript of a call by this engine and model, begun when there is none."""
        rows = await store.of_call(tx, call_id)
        for row in rows:
            same = (row.engine, row.model, row.model_hash) == (by.engine, by.model, by.model_hash)
            if same and row.source == Source.LIVE:
                if row.state != TranscriptState.RUNNING:
                    await store.update(tx, row.id, {"state": TranscriptState.RUNNING, "finished_at": None})
                return str(row.id)
        return await self._begin(tx, call_id, rows, Source.LIVE, TranscriptState.RUNNING, _by(by))

    async def heard(self, tx: Tx, transcript_id: str, call_id: str, segment: Segment, at: datetime) -> bool:
        """A final segment was heard; False when it was told before, or holds no words."""
        if not segment.text:
            return False
        try:
            async with tx.savepoint():
                await store.insert_segments(tx, [_row(transcript_id, segment) | {"at": at}])
        except sa.exc.IntegrityError:
            return False
        tx.emit(
            SegmentHeard(
                aggregate=f"transcript:{transcript_id}",
                transcript_id=transcript_id,
                call_id=call_id,
                leg=segment.leg,
                number=segment.number,
            )
        )
        return True

    async def live_ended(self, tx: Tx, call_id: str) -> None:
        """The call is over, and so are its live transcripts."""
        for row in await store.of_call(tx, call_id):
            if row.source == Source.LIVE and row.state == TranscriptState.RUNNING:
                await self._settle(tx, row, TranscriptState.DONE)

    async def plan(self, tx: Tx, call_id: str) -> str:
        """The recording is there: it is to be read. One plan at a time for a call."""
        rows = await store.of_call(tx, call_id)
        for row in rows:
            if row.state == TranscriptState.PLANNED:
                return str(row.id)
        unknown = {"engine": "", "model": "", "model_hash": ""}
        return await self._begin(tx, call_id, rows, Source.ARCHIVE, TranscriptState.PLANNED, unknown)

    async def read(self, tx: Tx, row: sa.Row[Any], by: EngineStatus, segments: Sequence[Segment]) -> None:
        """An engine has read the whole recording."""
        await store.insert_segments(tx, [_row(row.id, segment) for segment in segments if segment.text])
        await self._settle(tx, row, TranscriptState.DONE, _by(by))

    async def failed(self, tx: Tx, row: sa.Row[Any], error: str, detail: str) -> None:
        """It cannot be read, now or ever."""
        await self._settle(tx, row, TranscriptState.FAILED, {"error": error, "detail": detail[:DETAIL]})

    async def later(self, tx: Tx, row: sa.Row[Any], error: str, detail: str, pause: timedelta) -> None:
        """It could not be read; it will be tried again."""
        values = {"attempts": row.attempts + 1, "run_at": self._clock.now() + pause}
        await store.update(tx, row.id, {**values, "error": error, "detail": detail[:DETAIL]})

    async def due(self, reader: Reader) -> sa.Row[Any] | None:
        """What is to be read next."""
        return await store.due(reader, self._clock.now())

    async def _begin(
        self,
        tx: Tx,
        call_id: str,
        rows: Sequence[sa.Row[Any]],
        source: Source,
        state: TranscriptState,
        by: dict[str, str],
    ) -> str:
        now, transcript_id = self._clock.now(), new_id()
        values = {"id": transcript_id, "call_id": call_id, "version": len(rows) + 1, "source": source}
        values |= {"state": state, "created_at": now, "run_at": now, "attempts": 0}
        await store.insert(tx, values | by)
        self._changed(tx, transcript_id, call_id, state)
        return transcript_id

    async def _settle(
        self, tx: Tx, row: sa.Row[Any], state: TranscriptState, values: dict[str, Any] | None = None
    ) -> None:
        settled = {"state": state, "finished_at": self._clock.now(), "error": None, "detail": None}
        await store.update(tx, row.id, settled | (values or {}))
        self._changed(tx, row.id, row.call_id, state)

    @staticmethod
    def _changed(tx: Tx, transcript_id: str, call_id: str, state: str) -> None:
        tx.emit(
            TranscriptChanged(
                aggregate=f"transcript:{transcript_id}",
                transcript_id=transcript_id,
                call_id=call_id,
                state=state,
            )
        )


def _by(by: EngineStatus) -> dict[str, str]:
    return {"engine": by.engine[:80], "model": by.model[:120], "model_hash": by.model_hash}


def _row(transcript_id: str, segment: Segment) -> dict[str, Any]:
    return {
        "transcript_id": transcript_id,
        "leg": segment.leg,
        "number": segment.number,
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "text": segment.text,
        "confidence": segment.confidence,
    }
