"""The exchange on paper: implements `ports.pbx.Pbx`, and tells a `CallSink` what callers and agents do."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hotline.errors import TooMany
from hotline.ports.audiosink import AudioSink, Leg
from hotline.ports.callsink import (
    AgentPhone,
    CallAgentGone,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallFact,
    CallMissedOffer,
    CallOffered,
    CallSink,
    CallWaiting,
    LinkBack,
    LinkLost,
    Resynchronised,
)
from hotline.ports.clock import Clock
from hotline.ports.pbx import (
    AccountKind,
    Call,
    Callback,
    CallState,
    DeskPhone,
    Direction,
    Outcome,
    SipAccount,
)


class PaperPbx:
    """Calls and telephones as a test wants them. `outcome` is what the next offers come to, when not None."""

    def __init__(self, sink: CallSink, clock: Clock) -> None:
        self.sink = sink
        self.clock = clock
        self.calls: dict[str, Call] = {}
        self.phones: set[str] = set()
        self.ready_agents: set[str] = set()
        self.accounts: dict[str, SipAccount] = {}
        self.desks: list[DeskPhone] = []
        self.at_desk: dict[str, str] = {}
        self.offers: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.beats = 0
        self.up = True
        self.outcome: Outcome | None = None
        self.deaf = False
        self.allowance = 100
        self.taps: dict[tuple[str, Leg], AudioSink] = {}
        self._numbers = itertools.count(1)

    @property
    def is_up(self) -> bool:
        return self.up

    def heartbeat(self) -> None:
        self.beats += 1

    # -- what people do

    async def tell(self, fact: CallFact) -> None:
        """The sink is told, unless nobody is there to hear."""
        if not self.deaf:
            await self.sink.happened(fact)

    async def register(self, agent: str) -> None:
        """An agent's telephone registers."""
        self.phones.add(agent)
        await self.tell(AgentPhone(agent, True, self.clock.now()))

    async def unregister(self, agent: str) -> None:
        """An agent's page is closed."""
        self.phones.discard(agent)
        await self.tell(AgentPhone(agent, False, self.clock.now()))

    async def dial(self, number: str = "13800138000", since: datetime | None = None) -> str:
        """A citizen calls and waits; the call's id."""
        call_id, now = f"1790000000.{next(self._numbers)}", self.clock.now()
        self.calls[call_id] = Call(call_id, CallState.WAITING, number, called="12345", since=since or now)
        await self.tell(CallArrived(call_id, number, "", "12345", now))
        await self.tell(CallWaiting(call_id, since or now, "", now))
        return call_id

    async def dial_from_page(self, user: str) -> str:
        """A citizen calls from the page with this account; the call's id."""
        call_id, now = f"1790000000.{next(self._numbers)}", self.clock.now()
        self.calls[call_id] = Call(call_id, CallState.WAITING, "", user, called="web", since=now)
        await self.tell(CallArrived(call_id, "", user, "web", now))
        await self.tell(CallWaiting(call_id, now, "", now))
        return call_id

    async def pick_up(self, call_id: str, fallback: bool = False) -> None:
        """The agent whose telephone rings takes the call."""
        agent = self.calls[call_id].agent or ""
        self._move(call_id, CallState.TALKING, agent)
        await self.tell(CallAnswered(call_id, agent, self.clock.now(), fallback))

    async def let_ring(self, call_id: str, status: str = "NOANSWER") -> None:
        """Nobody picks up: the caller waits again, with the old place."""
        call, now = self.calls[call_id], self.clock.now()
        self._move(call_id, CallState.WAITING, None)
        await self.tell(CallMissedOffer(call_id, call.agent or "", status, now))
        await self.tell(CallWaiting(call_id, call.since or now, status, now))

    async def agent_leaves(self, call_id: str) -> None:
        """The agent's side ends."""
        self._move(call_id, CallState.AFTER, self.calls[call_id].agent)
        await self.tell(CallAgentGone(call_id, self.calls[call_id].agent or "", self.clock.now()))

    async def caller_hangs_up(self, call_id: str) -> None:
        """The citizen's side ends, and with it the call."""
        call = self.calls.pop(call_id)
        for leg in Leg:
            self.untap(call_id, leg)
        await self.tell(CallEnded(call_id, call.state, 16, self.clock.now()))

    async def lose_link(self) -> None:
        """Nothing can be heard from here on."""
        await self.tell(LinkLost("closed", self.clock.now()))
        self.up, self.deaf = False, True

    async def back(self) -> None:
        """The link is there again, and everything is told."""
        self.up, self.deaf = True, False
        await self.tell(LinkBack(self.clock.now()))
        await self.tell(Resynchronised(tuple(self.calls.values()), tuple(self.phones), self.clock.now()))

    def _move(self, call_id: str, state: CallState, agent: str | None) -> None:
        self.calls[call_id] = replace(self.calls[call_id], state=state, agent=agent)

    # -- Pbx

    async def offer(self, call_id: str, agent: str) -> Outcome:
        self.offers.append((call_id, agent))
        call = self.calls.get(call_id)
        if self.outcome is not None:
            return self.outcome
        if call is None or call.state not in (CallState.WAITING, CallState.AFTER):
            return Outcome.GONE
        self._move(call_id, CallState.RINGING, agent)
        await self.tell(CallOffered(call_id, agent, self.clock.now()))
        return Outcome.DONE

    async def send_back(self, call_id: str) -> Outcome:
        call, now = self.calls[call_id], self.clock.now()
        self._move(call_id, CallState.WAITING, None)
        await self.tell(CallWaiting(call_id, call.since or now, "SENT_BACK", now))
        return Outcome.DONE

    async def end(self, call_id: str) -> Outcome:
        await self.caller_hangs_up(call_id)
        return Outcome.DONE

    async def hang_up(self, call_id: str) -> Outcome:
        if call_id not in self.calls:
            return Outcome.GONE
        await self.caller_hangs_up(call_id)
        return Outcome.DONE

    async def announce(self, call_id: str, sound: str, last: bool = False) -> Outcome:
        call = self.calls.get(call_id)
        if call is None or call.state is not CallState.WAITING:
            return Outcome.GONE
        self.said.append(sound)
        if last:
            await self.caller_hangs_up(call_id)
        return Outcome.DONE

    async def originate(self, callback: Callback) -> Outcome:
        if self.allowance == 0:
            raise TooMany("originate_limit", retry_after=30)
        self.allowance -= 1
        if self.outcome is not None:
            return self.outcome
        call = Call(callback.call_id, CallState.DIALLING, callback.number, direction=Direction.OUTBOUND)
        self.calls[callback.call_id] = call
        now = self.clock.now()
        told = CallArrived(call.call_id, call.number, "", call.number, now, Direction.OUTBOUND)
        await self.tell(told)
        return Outcome.DONE

    async def citizen_answers(self, call_id: str, agent: str) -> None:
        """The citizen whom we call takes it; the agent's telephone rings."""
        self._move(call_id, CallState.RINGING, agent)
        await self.tell(CallOffered(call_id, agent, self.clock.now()))

    async def tap(self, call_id: str, leg: Leg, sink: AudioSink) -> Outcome:
        call = self.calls.get(call_id)
        if call is None or (leg is Leg.AGENT and call.state is not CallState.TALKING):
            return Outcome.GONE
        self.taps[call_id, leg] = sink
        return Outcome.DONE

    def untap(self, call_id: str, leg: Leg) -> None:
        if (sink := self.taps.pop((call_id, leg), None)) is not None:
            sink.ended()

    async def ready(self, agent: str, ready: bool) -> Outcome:
        (self.ready_agents.add if ready else self.ready_agents.discard)(agent)
        return Outcome.DONE

    async def create_account(self, user: str, kind: AccountKind, ttl: timedelta) -> SipAccount:
        self.accounts[user] = SipAccount(user, f"secret-{len(self.accounts)}", self.clock.now() + ttl)
        return self.accounts[user]

    async def use_desk_phone(self, user: str, name: str, ttl: timedelta) -> datetime:
        self.accounts.pop(user, None)
        self.at_desk[user] = name
        return self.clock.now() + ttl

    def desk_phones(self) -> Sequence[tuple[DeskPhone, bool]]:
        return [(phone, f"desk-{phone.name}" in self.phones) for phone in self.desks]

    async def revoke_account(self, user: str) -> None:
        self.accounts.pop(user, None)
        self.at_desk.pop(user, None)

    async def snapshot(self) -> Sequence[Call]:
        return list(self.calls.values())
