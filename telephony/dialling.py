"""Calls that we make: who may have which number dialled how often, and what is then sent, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hotline.errors import Conflict
from hotline.ports.pbx import Call, Callback, CallState, Direction
from telephony import dialplan
from telephony.allowance import Allowance
from telephony.ami.action import AmiAction
from telephony.numbers import NumberRules, safe_agent, safe_call_id

REMEMBERED = 10_000
"""Ids of dialled calls that are kept, to refuse a second use."""


@dataclass(frozen=True)
class DialSettings:
    """``channel``: what is dialled for ``{number}``; ``caller_id``: the hotline's own number that is shown;
    ``ring``: seconds; ``per_minute``: calls that one person may have dialled."""

    numbers: NumberRules = field(default_factory=NumberRules)
    channel: str = "PJSIP/{number}@trunk"
    caller_id: str = ""
    ring: int = 45
    per_minute: int = 10


class Dialler:
    """Admits callbacks and makes their actions."""

    def __init__(self, settings: DialSettings) -> None:
        self._settings = settings
        self._allowance = Allowance(settings.per_minute)
        self._used: dict[str, None] = {}

    def admit(self, callback: Callback, now: float) -> Callback:
        """``callback`` with the number as it is dialled, counted at ``now`` (a clock that never goes back).

        Raises as ``Pbx.originate``; a refused number or id counts nothing.
        """
        number = self._settings.numbers.dialable(callback.number)
        safe_agent(callback.agent)
        if safe_call_id(callback.call_id) in self._used:
            raise Conflict("originate_repeated")
        self._allowance.spend(callback.requested_by, now)
        return replace(callback, number=number)

    def action(self, callback: Callback) -> AmiAction:
        """The Originate of an admitted callback, made at most once for each id."""
        if callback.call_id in self._used:
            raise Conflict("originate_repeated")
        self._used[callback.call_id] = None
        if len(self._used) > REMEMBERED:
            del self._used[next(iter(self._used))]
        return AmiAction(
            "Originate",
            {
                "Channel": self._settings.channel.format(number=callback.number),
                "ChannelId": callback.call_id,
                "Context": dialplan.OUTBOUND_CONTEXT,
                "Exten": "s",
                "Priority": 1,
                "Timeout": self._settings.ring * 1000,
                "CallerID": self._settings.caller_id,
                "Variable": _variables(callback),
            },
        )


def call_to(callback: Callback) -> Call:
    """The call while the citizen's phone rings."""
    return Call(
        callback.call_id,
        CallState.DIALLING,
        callback.number,
        called=callback.number,
        since=callback.since,
        direction=Direction.OUTBOUND,
    )


def _variables(callback: Callback) -> Sequence[str]:
    """Asterisk parts them at commas; each value was checked to have none."""
    values = {
        dialplan.ID: callback.call_id,
        dialplan.STATE: CallState.DIALLING,
        dialplan.DIRECTION: Direction.OUTBOUND,
        dialplan.CALLED: callback.number,
        dialplan.AGENT: callback.agent,
        dialplan.SINCE: "" if callback.since is None else str(int(callback.since.timestamp())),
    }
    return [f"{name}={value}" for name, value in values.items()]
