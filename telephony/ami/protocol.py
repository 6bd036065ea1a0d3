"""panoramisk's protocol: reads whole blocks, settles every action, sends nothing a second time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from panoramisk.ami_protocol import AMIProtocol

from telephony.ami.action import AmiAction, Reply
from telephony.ami.framing import Framer, GarbledStreamError
from telephony.ami.message import AmiMessage, event_name

if TYPE_CHECKING:
    from telephony.ami.link import AmiLink

IGNORED = frozenset({"TestEvent", "VarSet"})
"""More than half of what a call sends, and nothing in it concerns us."""
MAX_UNSENT = 1 << 20
"""Bytes that the other side did not take; beyond it the link counts as dead."""
log = logging.getLogger(__name__)


class AmiProtocol(AMIProtocol):
    """One connection. Answers go to their actions at once, events into the link's one ordered queue."""

    def __init__(self, link: AmiLink) -> None:
        self.link = link
        self.framer = Framer()
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Settled with the reason when the connection is no longer usable."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport = cast(asyncio.Transport, transport)
        self.responses: dict[str, AmiAction] = {}
        self.factory = self.link

    def send(self, data: AmiAction, as_list: bool = False) -> asyncio.Future[Reply]:
        """Write the action. The answer, ``give_up`` or the connection's end settles its future."""
        if self.closed:
            data.end(Reply(None))
            return data.future
        if self.transport.get_write_buffer_size() > MAX_UNSENT:
            self.drop("silent")
            data.end(Reply(None))
            return data.future
        self.responses[data.id] = data
        self.transport.write(data.text.encode())
        return data.future

    def give_up(self, action: AmiAction) -> None:
        """Its time is over: the outcome is unknown, and a late answer is nobody's."""
        self.responses.pop(action.id, None)
        action.end(Reply(None))

    def data_received(self, data: bytes) -> None:
        if self.closed:
            return
        try:
            blocks = self.framer.feed(data)
        except GarbledStreamError:
            self.drop("garbled")
            return
        wanted = self.link.wants
        for block in blocks:
            name = event_name(block)
            if name is not None and "\r\nActionID: " not in block and (name in IGNORED or not wanted(name)):
                continue
            self.handle_message(AmiMessage(block))

    def handle_message(self, message: AmiMessage) -> None:
        """An event of a pending action reaches that action and the handlers too."""
        action = self.responses.get(message.action)
        if action is not None and action.add_message(message):
            self.responses.pop(action.id, None)
        if message.name and self.link.wants(message.name):
            self.link.dispatch(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self.drop("closed")

    def drop(self, reason: str) -> None:
        """End this connection for ``reason`` (a code of ``LinkLost``)."""
        if not self.lost.done():
            self.lost.set_result(reason)
            self.close()
            self.link.connection_dropped(reason)

    def close(self) -> None:
        """Close the socket; what is unanswered ends as unknown. Nothing is kept to be sent again."""
        if self.closed:
            return
        self.closed = True
        if not self.lost.done():
            self.lost.set_result("closed")
        self.transport.abort()
        for action in list(self.responses.values()):
            action.end(Reply(None))
        self.responses.clear()
