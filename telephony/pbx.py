"""AmiPbx: the ``Pbx`` port on Asterisk's manager interface."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta

from hotline.errors import Unavailable
from hotline.ports.audiosink import AudioSink, Leg
from hotline.ports.callsink import CallFact, CallSink, LinkBack, LinkLost, Resynchronised
from hotline.ports.clock import Clock
from hotline.ports.pbx import AccountKind, Call, Callback, CallState, DeskPhone, Outcome, SipAccount
from telephony import dialplan
from telephony.accounts import AriAccounts
from telephony.ami.link import AmiLink
from telephony.ami.message import AmiMessage
from telephony.calls import EVENTS, PHONE, CallBook
from telephony.desk_phones import DeskPhones
from telephony.dialling import Dialler, call_to
from telephony.digits import outcome_of, press, send_digit
from telephony.numbers import safe_agent, safe_call_id, safe_sound
from telephony.pbx_settings import PbxSettings
from telephony.records import CallRecords, tell_passed
from telephony.resync import heartbeat, read_calls, resynchronise
from telephony.taps import Taps
from telephony.telling import Telling

__all__ = ["AmiPbx", "PbxSettings"]

RESYNC_AGAIN = 1.0
"""Seconds from a reading that failed to the next."""
RECORDS_EVERY = 30.0
"""Seconds between two looks at the exchange's records: those of the last moment are written a little late."""
log = logging.getLogger(__name__)


class AmiPbx:
    """One exchange: acts on it as ``Pbx``, tells a ``CallSink`` what happens.

    ``before_dialling`` is awaited before every Originate and raises when we are no longer the owner.
    """

    def __init__(
        self,
        settings: PbxSettings,
        sink: CallSink,
        clock: Clock,
        before_dialling: Callable[[], Awaitable[None]],
    ) -> None:
        self.link = AmiLink(settings.link, self._link_back, self._link_lost)
        for name in EVENTS:
            self.link.register_event(name, self._event)
        self.accounts = AriAccounts(settings.ari, clock)
        self.book = CallBook()
        self.taps = Taps(self.link)
        self._sink = sink
        self._telling = Telling(sink, self._resync_later)
        self._clock = clock
        self._before_dialling = before_dialling
        self._dialler = Dialler(settings.dial)
        self._records = CallRecords(settings.records) if settings.records is not None else None
        self._desk_phones = DeskPhones(settings.desk_phones)
        self._synchronised = False
        self._again: asyncio.TimerHandle | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to connect; returns at once."""
        await self.taps.start()
        self.link.connect()
        self._tasks = [
            asyncio.create_task(self.accounts.run(), name="sip-accounts"),
            asyncio.create_task(self._look_at_records(), name="call-records"),
        ]

    async def close(self) -> None:
        """Let go of the exchange; calls go on without us."""
        if self._again is not None:
            self._again.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.taps.close()
        await self.link.close()
        await self._telling.close()
        await self.accounts.close()

    @property
    def is_up(self) -> bool:
        return bool(self.link.authenticated) and self._synchronised

    @property
    def trouble(self) -> str | None:
        """Why there is no link: "connecting" or a code of ``LinkLost``; None while there is one."""
        return self.link.trouble

    def exchange_died(self) -> None:
        """No call outlives it: those that were open are over now, not when it is back."""
        self.link.queue.put("death", self._all_gone)

    # -- what we are told

    async def _all_gone(self) -> None:
        self.book.replace((), (), self.book.as_of)
        await self._telling.tell([Resynchronised((), (), self._clock.now())])

    async def _event(self, _: AmiLink, event: AmiMessage) -> None:
        await self._telling.tell(self.book.apply(event, self._clock.now()))

    def _tell_in_turn(self, facts: Iterable[CallFact]) -> None:
        self.link.queue.put("own facts", lambda: self._telling.tell(facts))

    async def _link_lost(self, reason: str) -> None:
        self._synchronised = False
        await self._telling.tell([LinkLost(reason, self._clock.now())])

    async def _link_back(self) -> None:
        self.accounts.exchange_is_back()
        await self._telling.tell([LinkBack(self._clock.now())])
        await self._resync()

    async def _resync(self) -> None:
        """Read everything; until that has worked, and the sink has taken it, nothing new is decided."""
        self._synchronised = False
        try:
            await self._telling.idle()
            reading = await resynchronise(self.link, time.time())
            self.book.replace(reading.calls, reading.phones, reading.as_of)
            await self._read_records()
            now = self._clock.now()
            await self._sink.happened(Resynchronised(tuple(reading.calls), tuple(reading.phones), now))
            self._synchronised = True
        except Unavailable:
            log.warning("Asterisk did not tell what it has")
        finally:
            if not self._synchronised:
                self._resync_later()

    async def _look_at_records(self) -> None:
        while True:
            await asyncio.sleep(RECORDS_EVERY)
            if self.is_up:
                self.link.queue.put("records", self._read_records)

    async def _read_records(self) -> None:
        """Tell of calls that have ended and whose events may not have come; those going on will tell."""
        if self._records is not None:
            await self._telling.idle()
            await tell_passed(self._records, self._sink, self.book.calls)

    def _resync_later(self) -> None:
        if self._again is None and self.link.authenticated:
            self._again = asyncio.get_running_loop().call_later(RESYNC_AGAIN, self._resync_now)

    def _resync_now(self) -> None:
        self._again = None
        if self.link.authenticated:
            self.link.queue.put("resync", self._resync)

    # -- Pbx: calls

    def heartbeat(self) -> None:
        if self.link.authenticated:
            try:
                self.link.send_action({"Action": "Setvar", **heartbeat(self.link, time.time())})
            except Unavailable:
                log.debug("no link for a heartbeat")

    async def offer(self, call_id: str, agent: str) -> Outcome:
        safe_agent(agent)
        if not self._is_in(call_id, CallState.WAITING, CallState.AFTER):
            return Outcome.GONE
        variables = {dialplan.AGENT: agent}
        if await press(self.link, call_id, dialplan.HAND_OVER, variables, dialplan.OFFER):
            return Outcome.DONE
        call = await self._reread(call_id, withdraw=True)
        if isinstance(call, Outcome):
            return call
        if call.agent == agent and call.state in {CallState.RINGING, CallState.TALKING}:
            return Outcome.DONE
        return Outcome.UNKNOWN if call.state in {CallState.WAITING, CallState.AFTER} else Outcome.GONE

    async def send_back(self, call_id: str) -> Outcome:
        if not self._is_in(call_id, CallState.AFTER):
            return Outcome.GONE
        if await press(self.link, call_id, dialplan.SEND_BACK, {}, dialplan.WAIT):
            return Outcome.DONE
        call = await self._reread(call_id)
        if isinstance(call, Outcome):
            return call
        return Outcome.DONE if call.state is CallState.WAITING else Outcome.UNKNOWN

    async def end(self, call_id: str) -> Outcome:
        if not self._is_in(call_id, CallState.AFTER):
            return Outcome.GONE
        if await press(self.link, call_id, dialplan.END, {}, dialplan.GONE):
            return Outcome.DONE
        call = await self._reread(call_id)
        return call if isinstance(call, Outcome) else Outcome.UNKNOWN

    async def hang_up(self, call_id: str) -> Outcome:
        self._require(call_id)
        return outcome_of(await self.link.call("Hangup", {"Channel": call_id, "Cause": 16}))

    async def announce(self, call_id: str, sound: str, last: bool = False) -> Outcome:
        safe_sound(sound)
        if not self._is_in(call_id, CallState.WAITING):
            return Outcome.GONE
        variables = {dialplan.SAY: sound, dialplan.LAST: "1" if last else ""}
        outcomes = {
            outcome_of(await sent) for sent in send_digit(self.link, call_id, dialplan.ANNOUNCE, variables)
        }
        return next((o for o in (Outcome.GONE, Outcome.UNKNOWN) if o in outcomes), Outcome.DONE)

    async def snapshot(self) -> Sequence[Call]:
        return [call for call, _ in await read_calls(self.link)]

    def _require(self, call_id: str) -> None:
        safe_call_id(call_id)
        if not self.is_up:
            raise Unavailable("line_down")

    def _is_in(self, call_id: str, *states: CallState) -> bool:
        """Digits reach whoever is on the line: a caller in any other state would hear or send them on."""
        self._require(call_id)
        call = self.book.calls.get(call_id)
        return call is not None and call.state in states

    async def _reread(self, call_id: str, withdraw: bool = False) -> Call | Outcome:
        """The call as Asterisk has it; GONE when it has not, UNKNOWN when it does not say."""
        try:
            if withdraw:
                fields = {"Channel": call_id, "Variable": dialplan.AGENT, "Value": ""}
                await self.link.call("Setvar", fields)
            calls = {call.call_id: call for call in await self.snapshot()}
        except Unavailable:
            return Outcome.UNKNOWN
        return calls.get(call_id, Outcome.GONE)

    async def originate(self, callback: Callback) -> Outcome:
        callback = self._dialler.admit(callback, asyncio.get_running_loop().time())
        await self._before_dialling()
        self._require(callback.call_id)
        action = self._dialler.action(callback)
        self._tell_in_turn(self.book.dial(action.id, call_to(callback), self._clock.now()))
        try:
            reply = await self.link.perform(action)
        except Unavailable:
            self._not_dialled(callback.call_id)
            raise
        if reply.is_unknown:
            self._resync_later()
            return Outcome.UNKNOWN
        if not reply.success:
            log.error("Asterisk refuses to dial: %s", reply.message)
            self._not_dialled(callback.call_id)
            return Outcome.GONE
        return Outcome.DONE

    def _not_dialled(self, call_id: str) -> None:
        self._tell_in_turn(self.book.not_dialled(call_id, self._clock.now()))

    async def tap(self, call_id: str, leg: Leg, sink: AudioSink) -> Outcome:
        self._require(call_id)
        return await self.taps.tap(call_id, leg, sink)

    def untap(self, call_id: str, leg: Leg) -> None:
        self.taps.untap(call_id, leg)

    # -- Pbx: agents

    async def ready(self, agent: str, ready: bool) -> Outcome:
        queue = {"Queue": dialplan.FALLBACK_QUEUE, "Interface": PHONE + safe_agent(agent)}
        if ready:
            reply = await self.link.call("QueueAdd", {**queue, "MemberName": agent})
        else:
            reply = await self.link.call("QueueRemove", queue)
        already = reply.message.endswith(("Already there", "Not there"))
        return Outcome.DONE if already else outcome_of(reply)

    async def create_account(self, user: str, kind: AccountKind, ttl: timedelta) -> SipAccount:
        return await self.accounts.create(user, kind, ttl)

    async def use_desk_phone(self, user: str, name: str, ttl: timedelta) -> datetime:
        return await self.accounts.use_desk_phone(user, self._desk_phones.find(name).user, ttl)

    def desk_phones(self) -> Sequence[tuple[DeskPhone, bool]]:
        phones, online = self._desk_phones.all(), self.book.phones
        return [(DeskPhone(one.name, one.owner), one.user in online) for one in phones]

    async def revoke_account(self, user: str) -> None:
        await self.accounts.revoke(user)
