"""The link: panoramisk's Manager, kept alive, watched, and heard in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from panoramisk.manager import Manager

from hotline.errors import Unavailable
from telephony.ami.action import AmiAction, Fields, Reply
from telephony.ami.message import AmiMessage
from telephony.ami.ordered import OrderedQueue
from telephony.ami.protocol import AmiProtocol

log = logging.getLogger(__name__)
Handler = Callable[["AmiLink", AmiMessage], Awaitable[None] | None]
MAX_PENDING = 5_000
"""Actions without an answer; more means that nobody waits for answers."""
KNOWN_NAMES = 1_024


@dataclass(frozen=True)
class LinkSettings:
    """Where Asterisk is, and how patient we are; all times in seconds.

    A dead link is noticed after at most ``ping_every + pong_within``.
    """

    host: str
    port: int
    username: str
    secret: str
    ping_every: float = 3.0
    pong_within: float = 4.0
    answer_within: float = 5.0
    retry_first: float = 0.1
    retry_most: float = 2.0
    retry_refused: float = 30.0
    """Between two tries when the name or password is wrong: a person has to change something first."""


class AmiLink(Manager):
    """One connection at a time to one Asterisk, made again whenever it breaks.

    ``register_event`` is panoramisk's. Handlers, ``on_login`` and ``on_lost`` run one after the other in the
    order of the stream, each awaited; ``on_login`` runs before any event of its connection.
    """

    def __init__(
        self,
        settings: LinkSettings,
        on_login: Callable[[], Awaitable[None]],
        on_lost: Callable[[str], Awaitable[None]],
    ) -> None:
        self._by_name: dict[str, tuple[Handler, ...]] = {}
        super().__init__(host=settings.host, port=settings.port, log=log)
        # panoramisk sends unanswered actions again once the other side is up: not here.
        self.patterns.clear()
        self.callbacks.clear()
        self.settings = settings
        self.on_up = on_login
        self.on_lost = on_lost
        self.protocol: AmiProtocol | None = None
        self.trouble: str | None = "connecting"
        """Why there is no link ("connecting" or a code of ``LinkLost``); None while there is one."""
        self.clock_ahead = 0.0
        """Seconds from this machine's clock to Asterisk's."""
        self._was_up = False
        self.queue = OrderedQueue(self._pause, self._resume)
        self._tasks: list[asyncio.Task[None]] = []
        self._expected: dict[tuple[str, str], list[asyncio.Future[AmiMessage]]] = {}

    # -- life

    def connect(self, run_forever: bool = False, on_startup: Any = None, on_shutdown: Any = None) -> None:
        """Start connecting, and go on until ``close``. Returns at once; needs a running loop."""
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._keep_connected(), name="ami-link"),
                asyncio.create_task(self.queue.run(), name="ami-events"),
            ]

    async def close(self) -> None:
        """End the connection, any pending reconnection and the handling of events. Final; idempotent."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if self.protocol is not None:
            self.protocol.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.authenticated = False
        self.trouble = self.trouble or "closed"

    async def _keep_connected(self) -> None:
        delay = self.settings.retry_first
        while True:
            self._was_up = False
            try:
                reason = await self._one_connection()
            except Exception:
                log.exception("the link to Asterisk failed")
                reason = "closed"
            if self._was_up:
                delay = self.settings.retry_first
            self._tell_lost(reason)
            wait = self.settings.retry_refused if reason == "bad_password" else delay
            delay = min(delay * 2, self.settings.retry_most)
            await asyncio.sleep(wait)

    def _tell_lost(self, reason: str) -> None:
        """Once for every reason in a row: in the log and, after the events before it, to ``on_lost``."""
        self.authenticated = False
        if reason == self.trouble:
            return
        self.trouble = reason
        where = f"{self.settings.host}:{self.settings.port}"
        if reason == "bad_password":
            log.error("Asterisk at %s refuses the password of %r", where, self.settings.username)
        else:
            log.warning("no link to Asterisk at %s: %s", where, reason)
        self.queue.put("loss", partial(self.on_lost, reason))

    async def _one_connection(self) -> str:
        """Connect, log in, watch; returns why it ended."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.settings.answer_within):
                _, protocol = await loop.create_connection(
                    lambda: AmiProtocol(self), self.settings.host, self.settings.port
                )
        except OSError:  # TimeoutError is one
            return "refused"
        self.protocol = protocol
        try:
            reply = await self._log_in(protocol)
            if reply.is_unknown:
                protocol.drop("silent")
            elif not reply.success:
                protocol.drop("bad_password")
            else:
                await self._watch(protocol)
            return protocol.lost.result()
        finally:
            protocol.close()

    async def _log_in(self, protocol: AmiProtocol) -> Reply:
        """The answer to the login; on success ``on_login`` is queued before all that follows it."""
        fields = {"Username": self.settings.username, "Secret": self.settings.secret, "Events": "on"}
        action = AmiAction("Login", fields)
        action.on_answer = self._logged_in
        return await self._answer(protocol, action, self.settings.answer_within)

    def _logged_in(self, reply: Reply) -> None:
        if reply.success:
            self.authenticated, self.trouble, self._was_up = True, None, True
            self.queue.put("login", self.on_up)

    def connection_dropped(self, reason: str) -> None:
        """The protocol tells that its connection ended."""
        if self.authenticated:
            self._tell_lost(reason)

    async def _watch(self, protocol: AmiProtocol) -> None:
        """Ping until the connection is lost; one missing pong is a loss."""
        while not protocol.lost.done():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.settings.ping_every):
                    await asyncio.shield(protocol.lost)
                return
            reply = await self._answer(protocol, AmiAction("Ping", {}), self.settings.pong_within)
            if reply.response is None:
                protocol.drop("overrun" if self.queue.is_full else "silent")
            else:
                self.take_clock(reply.response)

    def take_clock(self, pong: AmiMessage) -> None:
        """Learn from a pong how far Asterisk's clock is ahead of ours."""
        with contextlib.suppress(ValueError):
            self.clock_ahead = float(pong.text("Timestamp")) - time.time()

    def _pause(self) -> None:
        if self.protocol is not None and not self.protocol.closed:
            self.protocol.transport.pause_reading()

    def _resume(self) -> None:
        if self.protocol is not None and not self.protocol.closed:
            self.protocol.transport.resume_reading()

    # -- actions

    async def call(self, name: str, fields: Fields | None = None, within: float | None = None) -> Reply:
        """Send one action and await its ``Reply``, at most ``within`` seconds; it is sent once.

        Raises ``InvalidInput`` ("line_value_unsafe") or ``Unavailable`` ("line_down"), with nothing sent.
        """
        return await self.perform(AmiAction(name, fields or {}), within)

    async def perform(self, action: AmiAction, within: float | None = None) -> Reply:
        """``call`` for an action that was made before, whose id is known while it is under way."""
        return await self._answer(self._usable(), action, within or self.settings.answer_within)

    def send_action(
        self, action: Fields, as_list: bool | None = None, **kwargs: Any
    ) -> asyncio.Future[Reply]:
        """panoramisk's way to send: the future gets a ``Reply`` in any case. Raises as ``call``."""
        fields = {**action, **kwargs}
        made = AmiAction(str(fields.pop("Action")), fields)
        protocol = self._usable()
        timer = asyncio.get_running_loop().call_later(self.settings.answer_within, protocol.give_up, made)
        made.future.add_done_callback(lambda _: timer.cancel())
        return protocol.send(made)

    def _usable(self) -> AmiProtocol:
        protocol = self.protocol
        if not self.authenticated or protocol is None or protocol.closed:
            raise Unavailable("line_down")
        if len(protocol.responses) >= MAX_PENDING:
            raise Unavailable("line_down")
        return protocol

    async def _answer(self, protocol: AmiProtocol, action: AmiAction, within: float) -> Reply:
        protocol.send(action)
        try:
            async with asyncio.timeout(within):
                return await action.future
        except TimeoutError:
            return Reply(None)
        finally:
            protocol.give_up(action)

    # -- events

    def register_event(self, pattern: str, callback: Handler | None = None) -> Any:
        """panoramisk's, by a shell pattern on the event's name; with or without decorator."""
        self._by_name.clear()
        return super().register_event(pattern, callback)

    def _handlers(self, name: str) -> tuple[Handler, ...]:
        found = self._by_name.get(name)
        if found is None:
            if len(self._by_name) >= KNOWN_NAMES:
                self._by_name.clear()
            matching = (pattern for pattern, regexp in self.patterns if regexp.match(name))
            found = tuple(handler for pattern in matching for handler in self.callbacks[pattern])
            self._by_name[name] = found
        return found

    def wants(self, name: str) -> bool:
        """Whether anybody handles or expects events of this name."""
        return bool(self._handlers(name)) or (name == "UserEvent" and bool(self._expected))

    def dispatch(self, event: AmiMessage) -> None:
        """Settle what expects the event, and queue it once for each handler."""
        if self._expected and event.name == "UserEvent":
            for future in self._expected.pop((event.text("UserEvent"), event.text("Uniqueid")), ()):
                if not future.done():
                    future.set_result(event)
        for handler in self._handlers(event.name):
            self.queue.put(event.name, partial(handler, self, event))

    @contextlib.contextmanager
    def expecting(self, user_event: str, channel: str) -> Any:
        """A future of the next ``UserEvent`` of this name from the channel with this Uniqueid.

        Settled by the reader, not in the ordered queue: a handler may await it. Enter before the action
        that causes the event is sent.
        """
        key = (user_event, channel)
        future: asyncio.Future[AmiMessage] = asyncio.get_running_loop().create_future()
        self._expected.setdefault(key, []).append(future)
        try:
            yield future
        finally:
            future.cancel()
            waiting = self._expected.get(key, [])
            if future in waiting:
                waiting.remove(future)
            if not waiting:
                self._expected.pop(key, None)
