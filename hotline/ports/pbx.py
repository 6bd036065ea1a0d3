"""Pbx port: what the core asks of the telephone exchange.

A call is named by ``call_id``, the exchange's own name of the citizen's channel; it stays the same from the
first ring to the recording. An ``agent`` here is the user name of the agent's SIP account.

**Outcomes.** Whatever is sent may get lost together with its answer. Such an action ends as
``Outcome.UNKNOWN``; it is never sent again by itself, and the caller reads ``snapshot`` before it decides.

**Errors.** ``InvalidInput`` when a value could not be sent safely, with nothing sent ("line_value_unsafe"
for CR, LF or NUL anywhere, "number_unsafe", "call_id_unsafe", "agent_unsafe", "sound_unsafe");
``Unavailable`` ("line_down") when there is no link, again with nothing sent. The caller audits a refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from hotline.ports.audiosink import AudioSink, Leg


class Outcome(StrEnum):
    """What became of an action."""

    DONE = "done"
    """It took effect; for an offer: the caller left the line for the agent, whose phone is being rung."""
    GONE = "gone"
    """There is nobody to act on: the call has ended, or (an offer) no longer waits. Nothing was disturbed."""
    UNKNOWN = "unknown"
    """No answer in time. It may or may not have happened."""


class CallState(StrEnum):
    """Where a call is. The values are those that the dialplan writes."""

    DIALLING = "dialling"
    """We call the citizen, who has not answered yet."""
    NEW = "new"
    """Answered by the exchange, hears the recording notice."""
    WAITING = "wait"
    """In the one line, with music."""
    RINGING = "ring"
    """Handed to an agent whose phone rings."""
    TALKING = "talk"
    AFTER = "after"
    """The agent's side is gone (reload, crash); the citizen hears music for a few seconds."""
    FALLBACK = "fallback"
    """In the plain queue, because the router's heartbeat was stale."""


class Direction(StrEnum):
    """Who dialled."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True)
class Call:
    """A call as the exchange knows it now.

    ``number`` is the citizen's ("" when withheld), ``name`` what the citizen's exchange sent: any text,
    never trusted. ``called`` is what the citizen dialled. ``since``: when the wait began, by the exchange's
    clock. ``agent`` is set while ringing, talking and after.
    """

    call_id: str
    state: CallState
    number: str
    name: str = ""
    called: str = ""
    since: datetime | None = None
    agent: str | None = None
    direction: Direction = Direction.INBOUND


@dataclass(frozen=True)
class Callback:
    """Call ``number`` and, once the citizen has answered, ring ``agent``.

    ``call_id`` is ours and unique for ever, so that a call whose answer got lost is found again. ``since``
    keeps the place in line of a citizen who waited before. ``requested_by`` is who spends the allowance of
    originated calls.
    """

    call_id: str
    number: str
    agent: str
    requested_by: str
    since: datetime | None = None


class AccountKind(StrEnum):
    """What a SIP account may reach."""

    AGENT = "agent"
    """Takes calls; dials nothing by itself."""
    CITIZEN = "citizen"
    """The phone on the citizen page: reaches the one line and nothing else."""


@dataclass(frozen=True)
class SipAccount:
    """Credentials of a browser's phone; ``password`` is shown once and kept nowhere."""

    user: str
    password: str
    expires_at: datetime


@dataclass(frozen=True)
class DeskPhone:
    """A telephone that stands fast. ``owner``: the member of staff who alone may use it; None: anybody."""

    name: str
    owner: str | None = None


class Pbx(Protocol):
    """The exchange. One owner at a time holds one (a lease sees to that)."""

    @property
    def is_up(self) -> bool:
        """Whether the link is there and the calls known are the exchange's."""
        ...

    def heartbeat(self) -> None:
        """The deciding loop's sign of life, every 0.2 to 1 s; after 3 s without, callers go to the plain
        queue. Returns at once; without a link it does nothing."""
        ...

    async def offer(self, call_id: str, agent: str) -> Outcome:
        """Ring ``agent`` for a caller who waits or whose agent is gone; anyone else is not disturbed.

        DONE within 0.5 s; otherwise the state was read again: GONE or UNKNOWN, and the offer is dropped.
        What follows is told to the ``CallSink``.
        """
        ...

    async def send_back(self, call_id: str) -> Outcome:
        """Back into the line with the old place, for a caller whose agent is gone."""
        ...

    async def end(self, call_id: str) -> Outcome:
        """End the call of a caller whose agent is gone; a caller who talks or waits is not disturbed."""
        ...

    async def hang_up(self, call_id: str) -> Outcome:
        """End the call whatever its state."""
        ...

    async def announce(self, call_id: str, sound: str, last: bool = False) -> Outcome:
        """Play a sound (its name without extension) to a waiting caller; an offer interrupts it.

        ``last``: played to its end, then the call is ended (closed, nobody on duty).
        """
        ...

    async def originate(self, callback: Callback) -> Outcome:
        """Dial a citizen, at most once. DONE: dialling; how it goes is told to the ``CallSink``.

        GONE: the exchange refused, nobody was dialled. UNKNOWN: a ``Resynchronised`` will tell whether the
        call exists. Raises ``Forbidden`` ("number_not_allowed") for a number outside the allow-list,
        ``TooMany`` ("originate_limit", ``retry_after`` seconds) beyond the allowance of ``requested_by`` a
        minute, ``Conflict`` ("originate_repeated") for a ``call_id`` that was used before.
        """
        ...

    async def tap(self, call_id: str, leg: Leg, sink: AudioSink) -> Outcome:
        """Let ``sink`` hear one leg of a call that goes on, at ``audiosink.RATE``, until the leg ends.

        DONE: it hears. GONE: there is no such leg (any more), or the exchange cannot do it. UNKNOWN: nothing
        came in time; nothing will. Neither side of the call notices anything.
        """
        ...

    def untap(self, call_id: str, leg: Leg) -> None:
        """End the taps of a leg; their sinks are told that it ended. Idempotent."""
        ...

    async def ready(self, agent: str, ready: bool) -> Outcome:
        """Mirror whether ``agent`` takes calls into the plain queue that works without us."""
        ...

    async def create_account(self, user: str, kind: AccountKind, ttl: timedelta) -> SipAccount:
        """A SIP account for at most an hour, or a new password and lifetime for one that exists.

        Raises ``InvalidInput`` ("agent_unsafe"), ``Unavailable`` ("line_accounts_down").
        """
        ...

    async def revoke_account(self, user: str) -> None:
        """The account and its registration are gone; so is the user's next REGISTER. Idempotent.

        Raises ``Unavailable`` ("line_accounts_down") when the exchange could not be reached.
        """
        ...

    async def use_desk_phone(self, user: str, name: str, ttl: timedelta) -> datetime:
        """Ring a desk phone for ``user`` instead of a browser's, for at most an hour; returns until when.

        Asked for again it is prolonged; ``create_account`` and ``revoke_account`` end it. Raises ``NotFound``
        ("desk_phone_unknown"), ``InvalidInput`` ("agent_unsafe"), ``Unavailable`` ("line_accounts_down").
        """
        ...

    def desk_phones(self) -> Sequence[tuple[DeskPhone, bool]]:
        """Every desk phone, and whether it can be rung now."""
        ...

    async def snapshot(self) -> Sequence[Call]:
        """Every call the exchange has now. Raises ``Unavailable`` ("line_down")."""
        ...
