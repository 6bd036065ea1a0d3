"""Checks what an engine still guesses a citizen says: danger need not wait for the end of the sentence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from hotline.calls import store as calls
from hotline.calls.captions import segment_name
from hotline.kernel.db import Database
from hotline.kernel.events import Event
from hotline.ports.audiosink import Leg
from hotline.ports.clock import Clock
from hotline.ports.transcriber import Segment
from hotline.recordings.events import SegmentGuessed
from hotline.suggestions.dangers import Dangers
from hotline.suggestions.model import SourceKind, Utterance
from hotline.suggestions.utterances import segment_id

Words = Callable[[str], Mapping[str, tuple[Segment, int]]]
"""By call: words that may still change, by the name of their segment."""
log = logging.getLogger(__name__)


class Guesses:
    """A guess is checked as it stands when its turn comes; the alarm that it raises is durable."""

    def __init__(self, database: Database, clock: Clock, dangers: Dangers, words: Words) -> None:
        self._database = database
        self._clock = clock
        self._dangers = dangers
        self._words = words
        self._pending: dict[tuple[str, int], None] = {}
        self._wake = asyncio.Event()

    def told(self, event: Event) -> None:
        """Something may have changed; returns at once."""
        if isinstance(event, SegmentGuessed) and event.leg == Leg.CITIZEN:
            self._pending[event.call_id, event.number] = None
            self._wake.set()

    async def run(self) -> None:
        """Check for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                (call_id, number), _ = self._pending.popitem()
                try:
                    await self._check(call_id, number)
                except Exception:
                    # The final words come through the outbox, where nothing is lost.
                    log.exception("a guess could not be checked", extra={"call": call_id})

    async def _check(self, call_id: str, number: int) -> None:
        guess = self._words(call_id).get(segment_name(Leg.CITIZEN, number))
        if guess is None:
            return
        name = segment_id(call_id, number)
        said = [Utterance(SourceKind.SEGMENT, name, guess[0].text, self._clock.now())]
        if not self._dangers.finds(said):
            return
        async with self._database.uow() as tx:
            row = await calls.by_id(tx, call_id)
            if row is not None:
                await self._dangers.heard(tx, row.conversation_id, said)
