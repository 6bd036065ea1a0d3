"""Which numbers may be dialled, and what may stand in a dial string. Pure.

A list of what is allowed, never of what is forbidden: what nobody thought of is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hotline.errors import FieldProblem, Forbidden, InvalidInput
from telephony import dialplan

MAINLAND = (
    r"1[3-9][0-9]{9}",
    r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}",
    r"[2-8][0-9]{6,7}",
)
"""Mobile numbers, land lines with their area code, and land lines of the city itself. Neither international
(00, +), nor paid services (95…, 96…, 16…, 400 is answered by businesses), nor short codes."""
_SEPARATORS = re.compile(r"[ \-]")
_COUNTRY = re.compile(r"^(?:\+|00)86")
_DIGITS = re.compile(r"[0-9]{3,20}")
_CALL_ID = re.compile(r"[A-Za-z0-9_.\-]{1,100}")
_AGENT = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_SOUND = re.compile(r"[A-Za-z0-9_\-]+(?:/[A-Za-z0-9_\-]+)*")


@dataclass(frozen=True)
class NumberRules:
    """``allowed``: regular expressions, of which one has to match the whole number as it would be dialled."""

    allowed: Sequence[str] = MAINLAND

    def dialable(self, number: str) -> str:
        """The digits to dial.

        Raises ``InvalidInput`` ("number_unsafe") when it is anything but one number written in ASCII digits
        with blanks, hyphens and the country code; ``Forbidden`` ("number_not_allowed") when none allows it.
        """
        digits = _SEPARATORS.sub("", _COUNTRY.sub("", number.strip(" ")))
        if not _DIGITS.fullmatch(digits.removeprefix("+")):
            raise InvalidInput([FieldProblem("number", "number_unsafe")], "number_unsafe")
        if not any(re.fullmatch(pattern, digits, re.ASCII) for pattern in self.allowed):
            raise Forbidden("number_not_allowed")
        return digits


def safe_call_id(call_id: str) -> str:
    """``call_id`` itself. Raises ``InvalidInput`` ("call_id_unsafe")."""
    if not _CALL_ID.fullmatch(call_id):
        raise InvalidInput([FieldProblem("call_id", "call_id_unsafe")], "call_id_unsafe")
    return call_id


def safe_agent(agent: str) -> str:
    """``agent`` itself. Raises ``InvalidInput`` ("agent_unsafe")."""
    if not _AGENT.fullmatch(agent) or agent.lower() == dialplan.TRUNK:
        raise InvalidInput([FieldProblem("agent", "agent_unsafe")], "agent_unsafe")
    return agent


def safe_sound(sound: str) -> str:
    """``sound`` itself: path segments of a sound's name. Raises ``InvalidInput`` ("sound_unsafe")."""
    if not _SOUND.fullmatch(sound):
        raise InvalidInput([FieldProblem("sound", "sound_unsafe")], "sound_unsafe")
    return sound
