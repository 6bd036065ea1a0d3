"""Taps: the live sound of one leg of a running call, without a word in the dialplan.

Asterisk is asked for a channel that listens to the leg (ChanSpy) and brings its sound to us (AudioSocket).
Frames of AudioSocket: u8 kind, u16 length, payload.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
import uuid
from dataclasses import dataclass, field

from hotline.errors import Unavailable
from hotline.ports.audiosink import AudioSink, Leg
from hotline.ports.pbx import Outcome
from telephony import dialplan
from telephony.ami.action import Fields
from telephony.ami.link import AmiLink
from telephony.calls import PHONE
from telephony.numbers import safe_call_id

LOOPBACK = "127.0.0.1"
HEAD = struct.Struct("!BH")
HANG_UP, WHO, SOUND = 0x00, 0x01, 0x12
"""Kinds of frames; ``SOUND`` is 16-bit PCM, 16,000 samples a second."""
WHO_BYTES = 16
COMES_WITHIN_S = 5.0
CODEC = "slin16"
LISTENING = "qoESu"
"""Quietly, this channel's own sound only, ending with the channel and when nothing is left; by exact name."""
log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Tap:
    call_id: str
    leg: Leg
    sink: AudioSink
    came: asyncio.Event = field(default_factory=asyncio.Event)
    writer: asyncio.StreamWriter | None = None


class Taps:
    """The taps of one exchange; sound comes in over a port of this machine that only it can reach."""

    def __init__(self, link: AmiLink) -> None:
        self._link = link
        self._server: asyncio.Server | None = None
        self._taps: dict[uuid.UUID, _Tap] = {}
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen for Asterisk."""
        self._server = await asyncio.start_server(self._connected, LOOPBACK, 0)

    async def close(self) -> None:
        """End every tap. Final."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def port(self) -> int:
        """Where Asterisk brings the sound."""
        assert self._server is not None  # noqa: S101
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def tap(self, call_id: str, leg: Leg, sink: AudioSink) -> Outcome:
        """See ``Pbx.tap``."""
        safe_call_id(call_id)
        channel = await self._channel(call_id, leg)
        if channel is None or self._server is None:
            return Outcome.GONE
        name, tap = uuid.uuid4(), _Tap(call_id, leg, sink)
        self._taps[name] = tap
        reply = await self._link.call("Originate", self._asked(name, channel))
        if not reply.success and not reply.is_unknown:
            log.error("Asterisk refuses a tap: %s", reply.message)
            self._taps.pop(name, None)
            return Outcome.GONE
        try:
            async with asyncio.timeout(COMES_WITHIN_S):
                await tap.came.wait()
        except TimeoutError:
            # A connection that comes later finds its name forgotten, and is closed.
            self._taps.pop(name, None)
            return Outcome.UNKNOWN
        return Outcome.DONE

    def untap(self, call_id: str, leg: Leg) -> None:
        """See ``Pbx.untap``."""
        for name, tap in list(self._taps.items()):
            if (tap.call_id, tap.leg) == (call_id, leg):
                self._taps.pop(name, None)
                if tap.writer is not None:
                    tap.writer.close()

    async def _channel(self, call_id: str, leg: Leg) -> str | None:
        """The name of the leg's channel; None when there is none (any more)."""
        reply = await self._link.call("CoreShowChannels")
        if not reply.success:
            raise Unavailable("line_down")
        for row in reply.rows:
            is_citizen = row.text("Uniqueid") == call_id
            if leg is Leg.CITIZEN and is_citizen:
                return row.text("Channel")
            belongs = row.variables.get(dialplan.CALL) == call_id and row.text("Channel").startswith(PHONE)
            if leg is Leg.AGENT and not is_citizen and belongs and row.text("ChannelStateDesc") == "Up":
                return row.text("Channel")
        return None

    def _asked(self, name: uuid.UUID, channel: str) -> Fields:
        return {
            "Channel": f"AudioSocket/{LOOPBACK}:{self.port}/{name}/c({CODEC})",
            "ChannelId": f"tap-{name}",
            "Application": "ChanSpy",
            "Data": f"{channel},{LISTENING}",
            "Timeout": int(COMES_WITHIN_S * 1000),
            # It is no call: no record of it.
            "Variable": "CDR_PROP(disable)=1",
        }

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        try:
            await self._heard(reader, writer)
        except (asyncio.IncompleteReadError, OSError) as error:
            log.debug("a tap's connection broke: %r", error)
        except asyncio.CancelledError:
            # The task is the server's own: a cancelled one would be reported as a fault.
            log.debug("a tap was ended by us")
        finally:
            writer.close()

    async def _heard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(COMES_WITHIN_S):
            kind, payload = await _frame(reader)
        name = uuid.UUID(bytes=payload) if kind == WHO and len(payload) == WHO_BYTES else None
        tap = self._taps.get(name) if name is not None else None
        if name is None or tap is None or tap.came.is_set():
            log.warning("a connection that was not asked for")
            return
        tap.writer = writer
        tap.came.set()
        try:
            while True:
                kind, payload = await _frame(reader)
                if kind == HANG_UP:
                    return
                if kind == SOUND:
                    tap.sink.frame(payload)
        finally:
            self._taps.pop(name, None)
            with contextlib.suppress(Exception):
                tap.sink.ended()


async def _frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind, length = HEAD.unpack(await reader.readexactly(HEAD.size))
    return kind, await reader.readexactly(length)
