"""What others may see of recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hotline.kernel.db import Reader
from hotline.recordings import store
from hotline.recordings.model import State
from hotline.web.endpoint import Schema


class RecordingRef(Schema):
    """The recording of a call: ``expected`` while the call goes on or its sound is being put together,
    ``missing`` when there is none though there should be. ``seconds`` of the whole."""

    id: str
    version: int
    state: State
    seconds: float | None


def recording_ref(row: sa.Row[Any]) -> RecordingRef:
    """Shape a row."""
    return RecordingRef(id=row.id, version=row.version, state=row.state, seconds=row.seconds)


async def recordings_of_calls(reader: Reader, call_ids: Sequence[str]) -> dict[str, RecordingRef]:
    """The recordings of several calls, by call."""
    return {call: recording_ref(row) for call, row in (await store.of_calls(reader, call_ids)).items()}
