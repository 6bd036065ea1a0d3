"""Rules of calls; pure: what a fact of the exchange makes of a call, and what has to follow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from hotline.errors import FieldProblem, InvalidInput
from hotline.ports.callsink import (
    CallAgentGone,
    CallAnswered,
    CallEnded,
    CallFallback,
    CallMissedOffer,
    CallOffered,
    CallPassed,
    CallWaiting,
)
from hotline.ports.pbx import Call, CallState, Direction

ENDED = "ended"
"""The state of a call that is over; the others are those of ``CallState``."""
WEB = "web"
"""What the exchange notes as dialled when the phone on the citizen page calls; no trunk can send it."""
WEB_ACCOUNT = "web-"
"""Before the visitor's id, in the name of the page's account."""
CALL_ID = re.compile(r"[A-Za-z0-9_.\-]{1,100}")


def safe_id(call_id: str) -> str:
    """``call_id`` itself; ``InvalidInput`` ("call_id_unsafe") for what no exchange calls a call."""
    if not CALL_ID.fullmatch(call_id):
        raise InvalidInput([FieldProblem("call_id", "call_id_unsafe")], "call_id_unsafe")
    return call_id


class Missed(StrEnum):
    """A missed call on the worklist."""

    OPEN = "open"
    CALLED_BACK = "called_back"
    CLEARED = "cleared"


class MissedWhy(StrEnum):
    """Why somebody has to be called back. ``UNATTENDED``: came and went while our server was away."""

    HUNG_UP = "hung_up"
    NOBODY_ON_DUTY = "nobody_on_duty"
    CLOSED = "closed"
    INTERRUPTED = "interrupted"
    UNATTENDED = "unattended"


class OfferOutcome(StrEnum):
    """How a ring at an agent ended. ``GAVE_UP``: the caller hung up, or the exchange died, meanwhile."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    GAVE_UP = "gave_up"


class Result(StrEnum):
    """How a call ended. ``INTERRUPTED``: after they talked, unseen by us. ``UNREACHED``: our own call."""

    ANSWERED = "answered"
    MISSED = "missed"
    INTERRUPTED = "interrupted"
    UNREACHED = "unreached"


class Effect(StrEnum):
    """What has to follow in the queue; ``agent`` is that of the ``Step``, else the one before."""

    WAITS = "waits"
    REFUSED = "refused"
    UNREACHED = "unreached"
    RINGS = "rings"
    TALKS = "talks"
    LEAVES_LINE = "leaves_line"
    AGENT_FREE = "agent_free"
    WRAP_UP = "wrap_up"
    CLOSES = "closes"


@dataclass(frozen=True)
class Standing:
    """What of a call decides the meaning of the next fact."""

    state: str
    agent: str | None = None
    was_answered: bool = False
    direction: str = Direction.INBOUND
    since: datetime | None = None
    was_rung: bool = False
    turned_away: str | None = None


@dataclass(frozen=True)
class Step:
    """News: the row's new values and what follows, in order. ``former`` is the agent who had the call.

    ``status`` is why a ring ended without an answer, in the exchange's words.
    """

    values: Mapping[str, Any]
    effects: tuple[Effect, ...] = ()
    agent: str | None = None
    former: str | None = field(default=None)
    status: str = ""


StepFact = (
    CallWaiting | CallOffered | CallMissedOffer | CallAnswered | CallAgentGone | CallFallback | CallEnded
)
_NO_WAY = frozenset({"CHANUNAVAIL", "CONGESTION"})
"""Statuses of a telephone that never rang: a page being reloaded, a cut network. Nobody refused anything."""
_WITH_AGENT = frozenset({CallState.TALKING, CallState.AFTER})


def step(call: Standing, fact: StepFact) -> Step | None:
    """What ``fact`` makes of ``call``; None when it is no news. A call that has ended stays so."""
    if call.state == ENDED:
        return None
    match fact:
        case CallWaiting():
            return _waits(call, fact.since, fact.why)
        case CallOffered():
            return _rings(call, fact.agent, fact.at)
        case CallMissedOffer():
            return _missed(call, fact.agent, fact.status)
        case CallAnswered():
            return _talks(call, fact.agent, fact.at)
        case CallAgentGone():
            return _left(call, fact.agent, fact.at)
        case CallFallback():
            return _falls_back(call, fact.since)
        case CallEnded():
            return ends(call, fact.at, fact.cause)


def _freed(call: Standing) -> tuple[Effect, ...]:
    return (Effect.AGENT_FREE,) if call.state in _WITH_AGENT and call.agent else ()


def _waits(call: Standing, since: datetime, why: str) -> Step | None:
    if call.state == CallState.WAITING and call.since == since and not why:
        return None
    values = {"state": CallState.WAITING, "waiting_since": since, "agent_id": None}
    return Step(values, (*_freed(call), Effect.WAITS), former=call.agent)


def _rings(call: Standing, agent: str, at: datetime) -> Step | None:
    if call.state == CallState.RINGING and call.agent == agent:
        return None
    values: dict[str, Any] = {"state": CallState.RINGING, "agent_id": agent}
    if not call.was_rung:
        values["ringing_at"] = at
    if call.was_answered and call.agent == agent:
        # The same agent again, whose page was reloaded: nothing on the desk moves.
        return Step(values, (), agent, agent)
    return Step(values, (*_freed(call), Effect.RINGS), agent, call.agent)


def _missed(call: Standing, agent: str, status: str) -> Step | None:
    if call.state != CallState.RINGING or call.agent != agent:
        return None
    # Into the line it goes when the exchange says that the caller waits again.
    why = Effect.UNREACHED if status in _NO_WAY else Effect.REFUSED
    values = {"state": CallState.WAITING, "agent_id": None}
    return Step(values, (*_dropped(call), why), agent, agent, status)


def _dropped(call: Standing) -> tuple[Effect, ...]:
    """Somebody who was talking, and did not take the call again."""
    return (Effect.AGENT_FREE,) if call.was_answered or call.direction == Direction.OUTBOUND else ()


def _talks(call: Standing, agent: str, at: datetime) -> Step | None:
    if call.state == CallState.TALKING and call.agent == agent:
        return None
    freed = _freed(call) if call.agent != agent else ()
    values: dict[str, Any] = {"state": CallState.TALKING, "agent_id": agent}
    if not call.was_answered:
        values["answered_at"] = at
    return Step(values, (*freed, Effect.TALKS), agent, call.agent)


def _left(call: Standing, agent: str, at: datetime) -> Step | None:
    """The agent's side is gone; the two have talked, even if nobody heard when they began."""
    if call.state == CallState.AFTER:
        return None
    talked = _talks(call, agent, at)
    if talked is None:
        return Step({"state": CallState.AFTER}, (), agent)
    return replace(talked, values={**talked.values, "state": CallState.AFTER})


def _falls_back(call: Standing, since: datetime) -> Step | None:
    if call.state == CallState.FALLBACK:
        return None
    values = {"state": CallState.FALLBACK, "waiting_since": since, "agent_id": None}
    return Step(values, (*_freed(call), Effect.LEAVES_LINE), former=call.agent)


def ends(call: Standing, at: datetime, cause: int, *, seen: bool = True) -> Step | None:
    """The citizen's side is gone; ``seen``: we heard it happen. None when the call had ended before."""
    if call.state == ENDED:
        return None
    values: dict[str, Any] = {"state": ENDED, "ended_at": at, "cause": cause}
    if call.was_answered:
        values |= {"result": Result.ANSWERED if seen else Result.INTERRUPTED, "to_be_filed": not seen}
        if call.state in _WITH_AGENT or call.state == CallState.RINGING:
            return Step(values, (Effect.WRAP_UP,), call.agent, call.agent)
        # Sent back into the line: whoever waits there is to be called back.
        values |= {"to_be_filed": True, **_to_call_back(call, seen)}
        return Step(values, (Effect.LEAVES_LINE, Effect.CLOSES), former=call.agent)
    if call.direction == Direction.OUTBOUND:
        values["result"] = Result.UNREACHED
        return Step(values, (Effect.AGENT_FREE, Effect.LEAVES_LINE, Effect.CLOSES), former=call.agent)
    values |= {"result": Result.MISSED, **_to_call_back(call, seen)}
    return Step(values, (Effect.LEAVES_LINE, Effect.CLOSES), former=call.agent)


def _to_call_back(call: Standing, seen: bool) -> Mapping[str, Any]:
    if call.direction == Direction.OUTBOUND:
        return {}
    why = call.turned_away or (MissedWhy.HUNG_UP if seen else MissedWhy.INTERRUPTED)
    return {"missed": Missed.OPEN, "missed_why": why}


def passed(call: Standing, fact: CallPassed) -> Step | None:
    """The call's end from the exchange's records, nobody having listened; None when it is no news."""
    if call.state == ENDED:
        return None
    if fact.agent is None or call.was_answered:
        news = ends(call, fact.at, 0, seen=False)
        if news is None or news.values.get("missed_why") != MissedWhy.INTERRUPTED:
            return news
        return replace(news, values={**news.values, "missed_why": MissedWhy.UNATTENDED})
    values = {"state": ENDED, "ended_at": fact.at, "cause": 0, "agent_id": fact.agent}
    values |= {"result": Result.INTERRUPTED, "to_be_filed": True}
    return Step(values, (Effect.LEAVES_LINE, Effect.CLOSES), fact.agent, call.agent)


_STATUS = {"NOANSWER": OfferOutcome.NO_ANSWER, "BUSY": OfferOutcome.BUSY, "CANCEL": OfferOutcome.GAVE_UP}


def ring_ended(news: Step) -> OfferOutcome:
    """How the ring ended after which the call took this step."""
    match news.values["state"]:
        case CallState.TALKING | CallState.AFTER:
            return OfferOutcome.ANSWERED
        case CallState.WAITING | CallState.RINGING if news.status:
            return _STATUS.get(news.status, OfferOutcome.UNREACHABLE)
        case CallState.WAITING | CallState.RINGING:
            return OfferOutcome.NO_ANSWER
    return OfferOutcome.GAVE_UP


def adopted(call: Standing, known: Call, at: datetime) -> StepFact | None:
    """The fact that we did not hear, from what the exchange says it has; None when nothing is to be told."""
    match known.state:
        case CallState.WAITING:
            return CallWaiting(known.call_id, known.since or at, "", at)
        case CallState.RINGING if known.agent:
            return CallOffered(known.call_id, known.agent, at)
        case CallState.TALKING if known.agent:
            return CallAnswered(known.call_id, known.agent, at)
        case CallState.AFTER if known.agent:
            return CallAgentGone(known.call_id, known.agent, at)
        case CallState.FALLBACK:
            return CallFallback(known.call_id, known.since or at, at)
    return None


def answered_unseen(call: Standing, fact: StepFact | None) -> bool:
    """Whether somebody answered while we were away: nobody saw the pop, so it is to be filed."""
    if not isinstance(fact, CallAnswered | CallAgentGone) or call.was_answered:
        return False
    return not (call.state == CallState.RINGING and call.agent == fact.agent)
