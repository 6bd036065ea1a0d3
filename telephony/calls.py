"""Events of our dialplan become facts about calls. Pure: no clock, no network, no panoramisk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from hotline.ports.callsink import (
    AgentPhone,
    CallAgentGone,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallFact,
    CallFallback,
    CallMissedOffer,
    CallOffered,
    CallWaiting,
    LegRecorded,
)
from hotline.ports.pbx import Call, CallState, Direction
from telephony import dialplan

EVENTS = ("UserEvent", "Hangup", "OriginateResponse", "DeviceStateChange")
"""What ``CallBook.apply`` wants to see."""
PHONE = "PJSIP/"
UNREACHABLE = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})


class Event(Protocol):
    """An event of the manager interface, as far as it is needed here."""

    @property
    def name(self) -> str: ...

    @property
    def variables(self) -> Mapping[str, str]: ...

    def text(self, header: str) -> str:
        """The header's value, "" when absent."""
        ...


def moment(seconds: str) -> datetime | None:
    """An instant from Asterisk's seconds since 1970; None for anything else."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def known(value: str) -> str:
    """Asterisk writes what it does not know as ``<unknown>``."""
    return "" if value == "<unknown>" else value


def state_of(value: str) -> CallState | None:
    """The dialplan's word for a state; None for one that is none of ours."""
    try:
        return CallState(value)
    except ValueError:
        return None


def call_of(event: Event) -> Call | None:
    """The call that a channel's event or row describes; None when the channel is not a caller's."""
    variables = event.variables
    call_id = event.text("Uniqueid")
    if not call_id or variables.get(dialplan.ID) != call_id:
        return None
    outbound = variables.get(dialplan.DIRECTION) == Direction.OUTBOUND
    called = variables.get(dialplan.CALLED, "")
    return Call(
        call_id=call_id,
        state=state_of(variables.get(dialplan.STATE, "")) or CallState.NEW,
        number=called if outbound else known(event.text("CallerIDNum")),
        name="" if outbound else known(event.text("CallerIDName")),
        called=called,
        since=moment(variables.get(dialplan.SINCE, "")),
        agent=variables.get(dialplan.WITH) or None,
        direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
    )


def phone_of(event: Event) -> tuple[str, bool] | None:
    """A device's account and whether it can be rung; None for what is no phone."""
    device = event.text("Device")
    if not device.startswith(PHONE) or device == PHONE + dialplan.TRUNK:
        return None
    return device.removeprefix(PHONE), event.text("State") not in UNREACHABLE


@dataclass
class CallBook:
    """Every call that is going on, kept up to date by events. Holds nothing of a call that has ended."""

    calls: dict[str, Call] = field(default_factory=dict)
    as_of: datetime | None = None
    """The moment of the last resynchronisation, by Asterisk's clock; older events changed nothing since."""
    phones: set[str] = field(default_factory=set)
    """Accounts whose phone can be rung."""
    _dialled: dict[str, str] = field(default_factory=dict)

    def replace(self, calls: Iterable[Call], phones: Iterable[str], as_of: datetime | None) -> None:
        """What Asterisk itself says it has, read at ``as_of``."""
        self.calls = {call.call_id: call for call in calls}
        self.as_of = as_of
        self._dialled = {action: call for action, call in self._dialled.items() if call in self.calls}
        self.phones = set(phones)

    def dial(self, action_id: str, call: Call, at: datetime) -> list[CallFact]:
        """We are about to send an Originate whose action has this id."""
        self.calls[call.call_id] = call
        self._dialled[action_id] = call.call_id
        return [CallArrived(call.call_id, call.number, "", call.called, at, Direction.OUTBOUND)]

    def not_dialled(self, call_id: str, at: datetime) -> list[CallFact]:
        """The Originate was refused: there is no such call."""
        self._dialled = {action: call for action, call in self._dialled.items() if call != call_id}
        call = self.calls.pop(call_id, None)
        return [] if call is None else [CallEnded(call_id, call.state, 0, at)]

    def apply(self, event: Event, now: datetime) -> Sequence[CallFact]:
        """The facts in one event; ``now`` stands in where the event carries no time of its own."""
        at = moment(event.text("Timestamp")) or now
        kind = event.text("UserEvent") if event.name == "UserEvent" else event.name
        step = _STEPS.get(kind)
        if step is None:
            return ()
        stale = self.as_of is not None and bool(event.text("Timestamp")) and at < self.as_of
        if stale and kind != dialplan.LEG:
            return ()
        return list(step(self, event, at))

    # -- one method per event

    def _arrive(self, event: Event, at: datetime) -> Iterable[CallFact]:
        """The caller's call, made known first if it is not yet."""
        call = call_of(event)
        if call is None:
            return
        before = self.calls.get(call.call_id)
        self.calls[call.call_id] = replace(call, agent=before.agent if before else None)
        if before is None:
            yield CallArrived(call.call_id, call.number, call.name, call.called, at, call.direction)

    def _move(self, call_id: str, state: CallState, agent: str | None = None) -> Call | None:
        call = self.calls.get(call_id)
        if call is None:
            return None
        moved = self.calls[call_id] = replace(call, state=state, agent=agent)
        return moved

    def _new(self, event: Event, at: datetime) -> Iterable[CallFact]:
        yield from self._arrive(event, at)
        self._move(event.text("Uniqueid"), CallState.NEW)

    def _wait(self, event: Event, at: datetime) -> Iterable[CallFact]:
        yield from self._arrive(event, at)
        call = self._move(event.text("Uniqueid"), CallState.WAITING)
        if call is not None:
            since = moment(event.text("Since")) or call.since or at
            self.calls[call.call_id] = replace(call, since=since)
            yield CallWaiting(call.call_id, since, event.text("Why"), at)

    def _offer(self, event: Event, at: datetime) -> Iterable[CallFact]:
        yield from self._arrive(event, at)
        agent = event.text("Agent")
        if self._move(event.text("Uniqueid"), CallState.RINGING, agent):
            yield CallOffered(event.text("Uniqueid"), agent, at)

    def _miss(self, event: Event, at: datetime) -> Iterable[CallFact]:
        yield from self._arrive(event, at)
        if self._move(event.text("Uniqueid"), CallState.WAITING):
            yield CallMissedOffer(event.text("Uniqueid"), event.text("Agent"), event.text("Status"), at)

    def _up(self, event: Event, at: datetime) -> Iterable[CallFact]:
        call_id, agent = event.text("Call"), event.text("Agent")
        if self._move(call_id, CallState.TALKING, agent):
            yield CallAnswered(call_id, agent, at, event.text("Fallback") == "1")

    def _agent_gone(self, event: Event, at: datetime) -> Iterable[CallFact]:
        yield from self._arrive(event, at)
        agent = event.text("Agent")
        if self._move(event.text("Uniqueid"), CallState.AFTER, agent):
            yield CallAgentGone(event.text("Uniqueid"), agent, at)

    def _fallback(self, event: Event, at: datetime) -> Iterable[CallFact]:
        yield from self._arrive(event, at)
        call = self._move(event.text("Uniqueid"), CallState.FALLBACK)
        if call is not None:
            yield CallFallback(call.call_id, moment(event.text("Since")) or call.since or at, at)

    def _hangup(self, event: Event, at: datetime) -> Iterable[CallFact]:
        call = self.calls.pop(event.text("Uniqueid"), None)
        if call is not None:
            cause = event.text("Cause")
            yield CallEnded(call.call_id, call.state, int(cause) if cause.isdecimal() else 0, at)

    def _originated(self, event: Event, at: datetime) -> Iterable[CallFact]:
        """A failure without a channel is followed by no Hangup: this is the call's end."""
        call_id = self._dialled.pop(event.text("ActionID"), None)
        if call_id is None or event.text("Response") != "Failure" or known(event.text("Uniqueid")):
            return ()
        return self.not_dialled(call_id, at)

    def _leg(self, event: Event, at: datetime) -> Iterable[CallFact]:
        yield LegRecorded(event.text("Call"), event.text("Leg"), event.text("File"), at)

    def _device(self, event: Event, at: datetime) -> Iterable[CallFact]:
        phone = phone_of(event)
        if phone is None or phone[1] == (phone[0] in self.phones):
            return
        agent, online = phone
        (self.phones.add if online else self.phones.discard)(agent)
        yield AgentPhone(agent, online, at)


_STEPS: Mapping[str, Callable[[CallBook, Event, datetime], Iterable[CallFact]]] = {
    dialplan.NEW: CallBook._new,
    dialplan.WAIT: CallBook._wait,
    dialplan.OFFER: CallBook._offer,
    dialplan.MISS: CallBook._miss,
    dialplan.UP: CallBook._up,
    dialplan.AGENT_GONE: CallBook._agent_gone,
    dialplan.FALLBACK: CallBook._fallback,
    dialplan.LEG: CallBook._leg,
    "Hangup": CallBook._hangup,
    "OriginateResponse": CallBook._originated,
    "DeviceStateChange": CallBook._device,
}
