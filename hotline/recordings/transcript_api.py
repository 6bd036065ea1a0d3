"""Routes of transcripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import Field

from hotline.kernel.db import Database
from hotline.recordings import transcript_store as store
from hotline.recordings.listening import Listening
from hotline.recordings.transcripts import Source, TranscriptState
from hotline.web.endpoint import Call, Endpoints, Schema


class Why(Schema):
    """Why it is read; may be left out for the own calls."""

    reason: str | None = Field(default=None, max_length=200)


class SegmentView(Schema):
    """What one side (``citizen`` or ``agent``) said. Times are seconds from the beginning: of the talk in a
    live transcript, of the recording in an archived one. ``confidence`` from 0 to 1, if the engine tells."""

    leg: str
    number: int
    start_s: float
    end_s: float
    text: str
    confidence: float | None


class TranscriptView(Schema):
    """One version. ``error`` is a message code: why it failed, or what a planned one waits for."""

    id: str
    version: int
    source: Source
    state: TranscriptState
    engine: str
    model: str
    model_hash: str
    created_at: datetime
    finished_at: datetime | None
    error: str | None
    segments: list[SegmentView]


def transcript_endpoints(database: Database, listening: Listening) -> Endpoints:
    """``/api/recordings/{id}/transcripts``. Who may listen may read."""
    api = Endpoints("recordings")

    @api.get("/api/recordings/{id}/transcripts")
    async def transcripts(call: Call, query: Why) -> list[TranscriptView]:
        """Every version of what was said, the first one first; asking is audited."""
        call_id = await listening.read_along(call.who, call.path["id"], query.reason, call.address)
        async with database.read() as reader:
            rows = await store.of_call(reader, call_id)
            segments = await store.segments_of(reader, [row.id for row in rows])
        return [_view(row, [one for one in segments if one.transcript_id == row.id]) for row in rows]

    return api


def _view(row: sa.Row[Any], segments: Sequence[sa.Row[Any]]) -> TranscriptView:
    return TranscriptView(
        id=row.id,
        version=row.version,
        source=row.source,
        state=row.state,
        engine=row.engine,
        model=row.model,
        model_hash=row.model_hash,
        created_at=row.created_at,
        finished_at=row.finished_at,
        error=row.error,
        segments=[
            SegmentView(
                leg=one.leg,
                number=one.number,
                start_s=one.start_s,
                end_s=one.end_s,
                text=one.text,
                confidence=one.confidence,
            )
            for one in segments
        ],
    )
