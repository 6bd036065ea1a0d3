"""CallSink port: what happened to calls, told in the order in which it happened.

``call_id`` and ``agent`` are as in ``hotline.ports.pbx``; ``at`` is aware, UTC, by the exchange's clock.
A fact may be told again after a reconnection; the sink tells by ``call_id`` and state whether it is news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hotline.ports.pbx import Call, CallState, Direction


@dataclass(frozen=True)
class CallArrived:
    """A call exists. ``number`` is "" when withheld; ``name`` is the caller's own text, never trusted."""

    call_id: str
    number: str
    name: str
    called: str
    at: datetime
    direction: Direction = Direction.INBOUND


@dataclass(frozen=True)
class CallWaiting:
    """The caller is in the line, with the place of ``since``.

    ``why`` is "" on the first entry, else the status that brought the caller back (NOANSWER, BUSY,
    CHANUNAVAIL, CONGESTION, CANCEL…).
    """

    call_id: str
    since: datetime
    why: str
    at: datetime


@dataclass(frozen=True)
class CallOffered:
    """``agent``'s phone is being rung: the moment of the screen pop."""

    call_id: str
    agent: str
    at: datetime


@dataclass(frozen=True)
class CallMissedOffer:
    """``agent`` did not take it; ``status`` is Asterisk's DIALSTATUS. The caller waits again."""

    call_id: str
    agent: str
    status: str
    at: datetime


@dataclass(frozen=True)
class CallAnswered:
    """Citizen and agent talk. ``fallback``: through the plain queue, without our router."""

    call_id: str
    agent: str
    at: datetime
    fallback: bool = False


@dataclass(frozen=True)
class CallAgentGone:
    """The agent's side ended or vanished; the citizen is still there for a few seconds.

    Without a decision (``offer``, ``send_back``, ``end``) the exchange ends the call.
    """

    call_id: str
    agent: str
    at: datetime


@dataclass(frozen=True)
class CallFallback:
    """The caller went to the plain queue, because the heartbeat was stale or the wait too long."""

    call_id: str
    since: datetime
    at: datetime


@dataclass(frozen=True)
class CallEnded:
    """The citizen's channel is gone. ``state`` is where the call was; ``cause`` is Q.850 (0: not known).

    A call that ended while we could not see it is told by ``CallPassed``, if the exchange lived to write it
    down, and by its absence from ``Resynchronised``.
    """

    call_id: str
    state: CallState
    cause: int
    at: datetime


@dataclass(frozen=True)
class CallPassed:
    """A call that has ended (``at``), from the exchange's own records: perhaps nobody heard anything of it.

    ``agent`` is who talked to the citizen last; None: nobody did.
    """

    call_id: str
    number: str
    name: str
    called: str
    direction: Direction
    agent: str | None
    arrived_at: datetime
    at: datetime


@dataclass(frozen=True)
class LegRecorded:
    """A recording of one side was begun: ``leg`` is "caller" or the agent, ``path`` in the spool folder."""

    call_id: str
    leg: str
    path: str
    started_at: datetime


@dataclass(frozen=True)
class AgentPhone:
    """The agent's phone is registered with the exchange (``online``), or can no longer be rung."""

    agent: str
    online: bool
    at: datetime


@dataclass(frozen=True)
class LinkLost:
    """We no longer hear the exchange. ``reason`` is a code: "closed", "silent", "refused", "bad_password",
    "overrun", "garbled". Calls go on without us."""

    reason: str
    at: datetime


@dataclass(frozen=True)
class LinkBack:
    """The link is there again; ``Resynchronised`` follows, before it only ``CallPassed``."""

    at: datetime


@dataclass(frozen=True)
class Resynchronised:
    """All calls the exchange has, and the accounts (``agent``) whose phone can be rung.

    Each other call that the sink holds open has ended unseen; each other phone is offline.
    """

    calls: Sequence[Call]
    phones: Sequence[str]
    at: datetime


CallFact = (
    CallArrived
    | CallWaiting
    | CallOffered
    | CallMissedOffer
    | CallAnswered
    | CallAgentGone
    | CallFallback
    | CallEnded
    | CallPassed
    | LegRecorded
    | AgentPhone
    | LinkLost
    | LinkBack
    | Resynchronised
)


class CallSink(Protocol):
    """Told of every fact, one at a time, in order."""

    async def happened(self, fact: CallFact) -> None:
        """Make ``fact`` durable. Raising loses that fact alone and causes a ``Resynchronised``."""
        ...
