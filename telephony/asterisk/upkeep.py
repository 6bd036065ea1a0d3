"""Keeps one exchange running: started or adopted, and started again whenever it dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hotline.errors import ConfigurationError

WATCH_SECONDS = 0.5
SETTLE_SECONDS = 0.3
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
ABSENT_PAUSE = 60.0
"""Between two tries where there is no Asterisk: a network or a person has to come first."""
STEADY_SECONDS = 60.0
"""An exchange that lived so long counts as well: its next death is the first again."""
ABSENT = frozenset({"asterisk_other_system", "asterisk_no_packages", "asterisk_program"})
log = logging.getLogger(__name__)


class Exchange(Protocol):
    """What is kept running; ``start`` blocks."""

    @property
    def pid(self) -> int | None: ...

    @property
    def has_crashed(self) -> bool: ...

    def start(self, say: Callable[[str], None]) -> object: ...


class Running(StrEnum):
    """``ABSENT``: there is none for this machine. ``STOPPED``: by a person, who starts it again."""

    STARTING = "starting"
    UP = "up"
    STOPPED = "stopped"
    DOWN = "down"
    ABSENT = "absent"


@dataclass(frozen=True)
class Condition:
    """How it is; ``trouble`` is why there is none, ``deaths`` how often it died in a row."""

    running: Running = Running.STARTING
    trouble: Exception | None = None
    deaths: int = 0


class Upkeep:
    """Does nothing until somebody wants the exchange.

    ``died`` is called as soon as a death is seen, before the next start: every call ended with it.
    """

    def __init__(
        self,
        exchange: Exchange,
        died: Callable[[], None],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._exchange = exchange
        self._died = died
        self._pause = pause
        self._wanted = asyncio.Event()
        self._up = asyncio.Event()
        self._since = 0.0
        self.condition = Condition()

    async def wanted(self) -> None:
        """From now on it is kept; returns once it runs."""
        self._wanted.set()
        await self._up.wait()

    def dismiss(self) -> None:
        """Nobody needs it here any more; it runs on, unwatched."""
        self._wanted.clear()
        self._up.clear()
        self.condition = Condition()

    async def run(self) -> None:
        """A supervised worker."""
        while True:
            await self._wanted.wait()
            await self._pause(await self.look())

    async def look(self) -> float:
        """Do what there is to do now; seconds until the next look."""
        was = self.condition
        if not self._up.is_set():
            return WATCH_SECONDS if await self._started(was.deaths) else self._patience
        if self._exchange.pid is not None:
            if was.running is not Running.UP:
                self._is_up(was.deaths)
            return WATCH_SECONDS
        if was.running is Running.UP and not await self._noticed_death():
            return WATCH_SECONDS
        if self.condition.running is Running.STOPPED and not self._exchange.has_crashed:
            return WATCH_SECONDS
        if not await self._started(self.condition.deaths):
            return self._patience
        return WATCH_SECONDS

    async def _noticed_death(self) -> bool:
        """Whether it died; who stops it means it, and its file tells of that a moment later."""
        await self._pause(SETTLE_SECONDS)
        if not self._exchange.has_crashed:
            if self._exchange.pid is None:
                self.condition = Condition(Running.STOPPED)
                self._died()
            return False
        lived = asyncio.get_running_loop().time() - self._since
        deaths = 1 if lived > STEADY_SECONDS else self.condition.deaths + 1
        log.error("the exchange died", extra={"deaths": deaths})
        self.condition = Condition(Running.DOWN, deaths=deaths)
        self._died()
        if deaths > 1:
            await self._pause(self._patience)
        return True

    @property
    def _patience(self) -> float:
        """Longer after each death or failed start in a row."""
        if self.condition.running is Running.ABSENT:
            return ABSENT_PAUSE
        deaths = max(1, self.condition.deaths)
        return min(FIRST_PAUSE * (1 << min(deaths - 1, 10)), LONGEST_PAUSE)

    async def _started(self, deaths: int) -> bool:
        """Whether it runs now; a failed start counts as one more death."""
        try:
            await _in_a_thread(self._exchange)
        except Exception as error:
            absent = isinstance(error, ConfigurationError) and error.code in ABSENT
            self.condition = Condition(Running.ABSENT if absent else Running.DOWN, error, deaths + 1)
            log.log(logging.WARNING if absent else logging.ERROR, "no exchange: %s", error)
            return False
        self._is_up(deaths)
        return True

    def _is_up(self, deaths: int) -> None:
        self._since = asyncio.get_running_loop().time()
        self.condition = Condition(Running.UP, deaths=deaths)
        self._up.set()


async def _in_a_thread(exchange: Exchange) -> None:
    """Start it in a thread of its own: fetching takes minutes, and nobody who ends waits for it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if not done.done():
            done.set_result(None) if error is None else done.set_exception(error)

    def work() -> None:
        found: Exception | None = None
        try:
            exchange.start(lambda line: log.info("exchange: %s", line))
        except Exception as error:
            found = error
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=work, name="asterisk-start", daemon=True).start()
    await done
