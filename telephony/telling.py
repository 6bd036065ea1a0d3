"""Telling a sink what happened: the facts of one call in their order, those of different calls side by side.

Each fact is durable before the next of its call is told, and a disk takes milliseconds for that: one after
the other, a busy exchange would wait for its own past. What concerns no single call is told alone, after all
that came before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable

from hotline.ports.callsink import CallFact, CallSink

MOST = 64
"""Calls whose facts are being told at the same time; more wait, and with them the reader of the link."""
SINK_SECONDS = 10.0
log = logging.getLogger(__name__)


class Telling:
    """``on_refused`` is called when the sink did not take a fact; those after it are told all the same."""

    def __init__(self, sink: CallSink, on_refused: Callable[[], object]) -> None:
        self._sink = sink
        self._on_refused = on_refused
        self._lanes: dict[str, deque[CallFact]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()

    async def tell(self, facts: Iterable[CallFact]) -> None:
        """Take these on, in this order. A fact of no single call has been told when this returns."""
        for fact in facts:
            call_id: str | None = getattr(fact, "call_id", None)
            if call_id is None:
                with contextlib.suppress(TimeoutError):
                    # A sink that hangs must not keep it from hearing that the link is lost.
                    async with asyncio.timeout(SINK_SECONDS / 2):
                        await self.idle()
                await self._one(fact)
            elif (lane := self._lanes.get(call_id)) is not None:
                lane.append(fact)
            else:
                await self._fewer_than(MOST)
                self._begin(call_id, fact)

    async def idle(self) -> None:
        """Returns once everything taken on was told."""
        await self._fewer_than(1)

    async def close(self) -> None:
        """Tell nothing more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fewer_than(self, many: int) -> None:
        while len(self._tasks) >= many:
            self._ended.clear()
            await self._ended.wait()

    def _begin(self, call_id: str, fact: CallFact) -> None:
        lane = self._lanes[call_id] = deque([fact])
        task = asyncio.create_task(self._follow(call_id, lane), name="call-facts")
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def _follow(self, call_id: str, lane: deque[CallFact]) -> None:
        try:
            while lane:
                await self._one(lane.popleft())
        finally:
            del self._lanes[call_id]

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._ended.set()

    async def _one(self, fact: CallFact) -> None:
        try:
            async with asyncio.timeout(SINK_SECONDS):
                await self._sink.happened(fact)
        except Exception as error:
            log.error("%s was not taken: %s", type(fact).__name__, type(error).__name__, exc_info=True)
            self._on_refused()
