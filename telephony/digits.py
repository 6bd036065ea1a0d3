"""Digits that no telephone has, let into a caller's channel: how the product speaks with the dialplan.

Unlike a redirect they are conditional: a caller who is no longer where the digit means something is not
disturbed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from hotline.ports.pbx import Outcome
from telephony.ami.action import Reply
from telephony.ami.link import AmiLink

ANSWER_WITHIN = 0.5
"""Seconds that a waiting caller's channel has to react."""
ABSENT = ("no such channel", "channel not found", "channel does not exist")
log = logging.getLogger(__name__)


def outcome_of(reply: Reply) -> Outcome:
    """What a reply says of an action on one channel."""
    if reply.success:
        return Outcome.DONE
    if reply.message.lower().startswith(ABSENT):
        return Outcome.GONE
    if not reply.is_unknown:
        log.error("Asterisk refused an action: %s", reply.message)
    return Outcome.UNKNOWN


def send_digit(
    link: AmiLink, call_id: str, digit: str, variables: Mapping[str, str]
) -> Sequence[asyncio.Future[Reply]]:
    """Variables, then the digit, written at once; Asterisk carries them out in that order.

    Raises ``InvalidInput`` or ``Unavailable`` ("line_down").
    """
    sent = [
        link.send_action({"Action": "Setvar", "Channel": call_id, "Variable": name, "Value": value})
        for name, value in variables.items()
    ]
    play = {"Action": "PlayDTMF", "Channel": call_id, "Digit": digit, "Duration": "100", "Receive": "true"}
    return [*sent, link.send_action(play)]


async def press(link: AmiLink, call_id: str, digit: str, variables: Mapping[str, str], answer: str) -> bool:
    """Whether the dialplan answered the digit with the event ``answer`` in time. Raises as ``send_digit``."""
    with link.expecting(answer, call_id) as seen:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                for sent in send_digit(link, call_id, digit, variables):
                    if outcome_of(await sent) is Outcome.GONE:
                        return False
                await seen
        except TimeoutError:
            return False
    return True
