"""Work in a thread that cannot be taken back: whoever waits for it learns of its end, cancelled or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


async def ended(running: asyncio.Future[Any]) -> bool:
    """Wait until ``running`` has ended; True when the caller was cancelled meanwhile."""
    cancelled = False
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError:
            cancelled = True
    return cancelled


async def run_to_end(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Run ``work`` in a thread; a cancellation is passed on only when ``work`` is over."""
    running = asyncio.get_running_loop().run_in_executor(threads, work)
    if await ended(running):
        running.exception()
        raise asyncio.CancelledError
    return running.result()
