"""The live view of what is being said in a call."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hotline.calls import store
from hotline.calls.captions import Captions, segment_name
from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.ports.transcriber import EngineState, Segment
from hotline.recordings import transcript_store
from hotline.recordings.events import SegmentGuessed, SegmentHeard, SpeechTurned
from hotline.recordings.listening import Access
from hotline.web.auth import Principal
from hotline.web.endpoint import Schema
from hotline.web.live import Entity

ENGINE = "engine"
FINAL_VERSION = 1_000_000
"""Above every guess: what was written down is not taken back by a guess that comes late."""
MayHear = Callable[[Reader, Principal, str], Awaitable[Access | None]]


class CaptionView(Schema):
    """Words of one leg (``citizen`` or ``agent``); a later guess under the same id replaces an earlier one.

    Times are seconds since they began to talk; ``at`` is when it was said. ``confidence`` is from 0 to 1,
    null when the engine tells none.
    """

    id: str
    leg: str
    number: int
    start_s: float
    end_s: float
    text: str
    confidence: float | None
    final: bool
    at: datetime


class EngineView(Schema):
    """How the engine that writes along is doing; ``code``: what is wrong, "" for nothing."""

    state: EngineState
    code: str
    engine: str
    model: str


class CaptionsFeed:
    """``call.segments``: what is said in the call of the conversation named by the key.

    Entities: ``<call>/<leg>-<number>`` (``CaptionView``) and ``engine`` (``EngineView``).
    """

    name = "call.segments"

    def __init__(self, captions: Captions, may_hear: MayHear) -> None:
        self._captions = captions
        self._may_hear = may_hear

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """Who may listen to the call may read along."""
        row = (await store.by_conversations(reader, [key])).get(key) if key is not None else None
        if row is None or await self._may_hear(reader, principal, row.id) is None:
            return None
        return key

    def touched(self, event: Event) -> Iterable[str]:
        """The segment, or the engine."""
        if isinstance(event, SegmentHeard | SegmentGuessed):
            return [f"{event.call_id}/{segment_name(event.leg, event.number)}"]
        return [ENGINE] if isinstance(event, SpeechTurned) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """See the class."""
        found = [self._engine()] if ids is None or ENGINE in ids else []
        if ids is None or set(ids) - {ENGINE}:
            found += await self._said(reader, scope, ids)
        return found

    def _engine(self) -> Entity:
        now = self._captions.status
        view = EngineView(state=now.state, code=now.code, engine=now.engine, model=now.model)
        # What happens to a process is in no table: the time of looking orders its versions.
        return Entity(ENGINE, time.time_ns() // 1_000_000, view.model_dump(mode="json"))

    async def _said(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> list[Entity]:
        row = (await store.by_conversations(reader, [scope])).get(scope)
        if row is None or (ids is not None and not any(one.startswith(f"{row.id}/") for one in ids)):
            return []
        found = {}
        for name, (segment, version) in self._captions.partial(row.id).items():
            found[f"{row.id}/{name}"] = _guess(row, name, segment, version)
        for part in await transcript_store.live_segments(reader, row.id):
            name = segment_name(part.leg, part.number)
            found[f"{row.id}/{name}"] = _written(row.id, name, part)
        return [entity for name, entity in found.items() if ids is None or name in ids]


def _guess(row: sa.Row[Any], name: str, segment: Segment, version: int) -> Entity:
    began = row.answered_at or row.arrived_at
    view = CaptionView(
        id=f"{row.id}/{name}",
        leg=segment.leg,
        number=segment.number,
        start_s=segment.start_s,
        end_s=segment.end_s,
        text=segment.text,
        confidence=segment.confidence,
        final=False,
        at=began + timedelta(seconds=segment.end_s),
    )
    return Entity(view.id, version, view.model_dump(mode="json"))


def _written(call_id: str, name: str, part: sa.Row[Any]) -> Entity:
    view = CaptionView(
        id=f"{call_id}/{name}",
        leg=part.leg,
        number=part.number,
        start_s=part.start_s,
        end_s=part.end_s,
        text=part.text,
        confidence=part.confidence,
        final=True,
        at=part.at,
    )
    return Entity(view.id, FINAL_VERSION, view.model_dump(mode="json"))
