"""What Asterisk has, read from Asterisk; strictly in this order.

1. a fresh heartbeat, or callers taken out of the plain queue would bounce back into it;
2. Asterisk's clock, so that events from before the reading are told from those after it;
3. every channel: a row whose ``ACD_ID`` equals its Uniqueid is a caller's and carries its whole state;
4. every phone's state;
5. callers who still wait in the plain queue go back into the line.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hotline.errors import Unavailable
from hotline.ports.pbx import Call, CallState
from telephony import dialplan
from telephony.ami.action import Fields
from telephony.ami.link import AmiLink
from telephony.ami.message import AmiMessage
from telephony.calls import call_of, moment, phone_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """Everything Asterisk has, as of ``as_of`` by its own clock."""

    calls: Sequence[Call]
    phones: Sequence[str]
    as_of: datetime | None


def heartbeat(link: AmiLink, now: float) -> Fields:
    """The fields of a Setvar that says "alive" at ``now``, in seconds of this machine's clock."""
    return {"Variable": dialplan.HEARTBEAT, "Value": int(now + link.clock_ahead)}


async def read_calls(link: AmiLink) -> list[tuple[Call, str]]:
    """Every call with the name of its channel. Raises ``Unavailable`` ("line_down")."""
    rows = await _list(link, "CoreShowChannels")
    return [(call, row.text("Channel")) for row in rows if (call := call_of(row)) is not None]


async def resynchronise(link: AmiLink, now: float) -> Reading:
    """The whole sequence. Raises ``Unavailable`` ("line_down") when any step stays unanswered."""
    pong = await link.call("Ping")
    if pong.response is None:
        raise Unavailable("line_down")
    link.take_clock(pong.response)
    if (await link.call("Setvar", heartbeat(link, now))).is_unknown:
        raise Unavailable("line_down")
    pong = await link.call("Ping")
    calls = await read_calls(link)
    devices = [phone for row in await _list(link, "DeviceStateList") if (phone := phone_of(row)) is not None]
    for call, channel in calls:
        if call.state is CallState.FALLBACK:
            await link.call("QueueWithdrawCaller", {"Queue": dialplan.FALLBACK_QUEUE, "Caller": channel})
    as_of = None if pong.response is None else moment(pong.response.text("Timestamp"))
    return Reading([call for call, _ in calls], [name for name, online in devices if online], as_of)


async def _list(link: AmiLink, action: str) -> Sequence[AmiMessage]:
    reply = await link.call(action)
    if not reply.success:
        log.error("no %s from Asterisk: %s", action, reply.message or "no answer")
        raise Unavailable("line_down")
    return reply.rows
