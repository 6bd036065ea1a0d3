"""The scripted manager interface with the hotline's dialplan behind it: callers who wait, ring and talk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from telephony import dialplan
from tests.support.ami_server import AmiServer, Connection, Headers, Received


@dataclass
class Caller:
    """A caller's channel."""

    call_id: str
    number: str = ""
    name: str = ""
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def channel(self) -> str:
        return f"PJSIP/trunk-{self.call_id}"

    @property
    def state(self) -> str:
        return self.variables[dialplan.STATE]

    @state.setter
    def state(self, value: str) -> None:
        self.variables[dialplan.STATE] = value


class AmiExchange(AmiServer):
    """Carries out what the product asks the way the rendered dialplan does.

    ``phones`` maps an account to what its phone does when it is rung: ANSWER, or a DIALSTATUS at once, or ""
    to go on ringing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.callers: dict[str, Caller] = {}
        self.phones: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.queue_members: set[str] = set()
        for name in ("Setvar", "Getvar", "PlayDTMF", "Hangup", "Originate", "CoreShowChannels",
                     "DeviceStateList", "QueueAdd", "QueueRemove", "QueueWithdrawCaller"):  # fmt: skip
            self.on(name, getattr(self, f"_{name.lower()}"))

    # -- what callers do

    def call(
        self, call_id: str, number: str = "13800138000", name: str = "", called: str = "12345"
    ) -> Caller:
        """A citizen calls, hears the notice and waits."""
        caller = Caller(call_id, number, name)
        caller.variables |= {dialplan.ID: call_id, dialplan.CALL: call_id, dialplan.STATE: "new",
                             dialplan.SINCE: str(int(self.now())), dialplan.CALLED: called}  # fmt: skip
        self.callers[call_id] = caller
        self.tell(caller, dialplan.NEW, Called=called)
        self._record(caller, call_id, "caller")
        self.wait(caller)
        return caller

    def _record(self, channel: Caller, call_id: str, leg: str) -> None:
        self.tell(
            channel, dialplan.LEG, Call=call_id, Leg=leg, File=f"/rec/{call_id}~{leg}~{channel.call_id}.wav"
        )

    def wait(self, caller: Caller, why: str = "") -> None:
        caller.state = "wait"
        caller.variables[dialplan.WITH] = ""
        self.tell(caller, dialplan.WAIT, Since=caller.variables[dialplan.SINCE], Why=why)

    def hang_up(self, caller: Caller, cause: str = "16") -> None:
        del self.callers[caller.call_id]
        self.tell(caller, dialplan.GONE, State=caller.state)
        self.event("Hangup", **self.described(caller), Cause=cause)

    def agent_leaves(self, caller: Caller) -> None:
        """The agent's leg ends in the middle of a call."""
        caller.state = "after"
        self.tell(caller, dialplan.AGENT_GONE, Agent=caller.variables[dialplan.WITH])

    def described(self, caller: Caller) -> Mapping[str, str | list[str]]:
        variables = [f"{name}={caller.variables.get(name, '')}" for name in dialplan.CHANNEL_VARIABLES]
        return {"Channel": caller.channel, "CallerIDNum": caller.number or "<unknown>",
                "CallerIDName": caller.name or "<unknown>", "Uniqueid": caller.call_id,
                "ChanVariable": variables}  # fmt: skip

    def tell(self, caller: Caller, what: str, **headers: str) -> None:
        self.event("UserEvent", **self.described(caller), UserEvent=what, **headers)

    # -- what the product asks

    def _found(self, connection: Connection, action: Received, message: str) -> Caller | None:
        caller = self.callers.get(action["Channel"])
        if caller is None:
            connection.refuse(action, message)
        return caller

    def _setvar(self, connection: Connection, action: Received) -> None:
        where = self.variables
        if action["Channel"]:
            caller = self._found(connection, action, "No such channel")
            if caller is None:
                return
            where = caller.variables
        where[action["Variable"]] = action["Value"]
        connection.answer(action, Message="Variable Set")

    def _getvar(self, connection: Connection, action: Received) -> None:
        value = self.variables.get(action["Variable"], "")
        connection.answer(action, Variable=action["Variable"], Value=value)

    def _playdtmf(self, connection: Connection, action: Received) -> None:
        caller = self._found(connection, action, "Channel not found")
        if caller is None:
            return
        connection.answer(action, Message="DTMF successfully queued")
        digit, agent = action["Digit"], caller.variables.get(dialplan.AGENT, "")
        if digit == dialplan.HAND_OVER and agent and caller.state in {"wait", "after"}:
            self._ring(caller, agent)
        elif digit == dialplan.SEND_BACK and caller.state == "after":
            self.wait(caller, "SENT_BACK")
        elif (digit == dialplan.END and caller.state == "after") or (
            digit == dialplan.ANNOUNCE
            and caller.state == "wait"
            and caller.variables.get(dialplan.LAST) == "1"
        ):
            self.hang_up(caller)

    def _ring(self, caller: Caller, agent: str) -> None:
        caller.variables |= {dialplan.AGENT: "", dialplan.WITH: agent}
        caller.state = "ring"
        self.tell(caller, dialplan.OFFER, Agent=agent)
        status = self.phones.get(agent, "CHANUNAVAIL")
        if status == "ANSWER":
            caller.state = "talk"
            leg = Caller(f"{caller.call_id}-leg", agent, variables={dialplan.CALL: caller.call_id})
            self._record(leg, caller.call_id, agent)
            self.tell(leg, dialplan.UP, Agent=agent, Call=caller.call_id)
        elif status:
            self.tell(caller, dialplan.MISS, Agent=agent, Status=status, Cause="20")
            self.wait(caller, status)

    def _hangup(self, connection: Connection, action: Received) -> None:
        caller = self._found(connection, action, "No such channel")
        if caller is not None:
            connection.answer(action, Message="Channel Hungup")
            self.hang_up(caller)

    def _originate(self, connection: Connection, action: Received) -> None:
        call_id = action["ChannelId"]
        connection.answer(action, Message="Originate successfully queued")
        caller = Caller(call_id, "")
        caller.variables |= dict(one.split("=", 1) for one in action.all("Variable"))
        self.callers[call_id] = caller
        answers = not action["Channel"].endswith("@from-agent")  # where nobody can dial
        result = "Success" if answers else "Failure"
        answered: Headers = {"ActionID": action["ActionID"], "Response": result, "Uniqueid": call_id}
        self.event("OriginateResponse", **answered)
        if not answers:
            self.hang_up(caller, "21")
            return
        caller.state = "new"
        self.tell(caller, dialplan.NEW, Called=caller.variables[dialplan.CALLED])
        self._ring(caller, caller.variables[dialplan.AGENT])

    def _coreshowchannels(self, connection: Connection, action: Received) -> None:
        rows: list[Headers] = [dict(self.described(caller)) for caller in self.callers.values()]
        connection.rows(action, "CoreShowChannel", rows)

    def _devicestatelist(self, connection: Connection, action: Received) -> None:
        states = {True: "NOT_INUSE", False: "UNAVAILABLE"}
        rows: list[Headers] = [
            {"Device": f"PJSIP/{agent}", "State": states[answers != "CHANUNAVAIL"]}
            for agent, answers in self.phones.items()
        ]
        connection.rows(action, "DeviceStateChange", rows)

    def _queueadd(self, connection: Connection, action: Received) -> None:
        if action["Interface"] in self.queue_members:
            connection.refuse(action, "Unable to add interface: Already there")
            return
        self.queue_members.add(action["Interface"])
        connection.answer(action, Message="Interface added successfully")

    def _queueremove(self, connection: Connection, action: Received) -> None:
        if action["Interface"] not in self.queue_members:
            connection.refuse(action, "Unable to remove interface: Not there")
            return
        self.queue_members.remove(action["Interface"])
        connection.answer(action, Message="Interface removed successfully")

    def _queuewithdrawcaller(self, connection: Connection, action: Received) -> None:
        caller = next((c for c in self.callers.values() if c.channel == action["Caller"]), None)
        connection.answer(action, Message="Withdraw requested successfully")
        if caller is not None and caller.state == "fallback":
            self.wait(caller)
