"""Intake port: the one door through which everything that arrives enters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Envelope:
    """One incoming message, as a channel received it.

    ``channel`` is an identifier of DOMAIN §1.4 (``web``, ``wechat_mp``, …); ``(channel, message_id)`` is
    unique for ever, a repeat is acknowledged and changes nothing. ``sender`` identifies the citizen within
    the channel. ``sent_at`` is the sender's own clock, kept beside the server's (invariant f of §2.3).
    """

    channel: str
    message_id: str
    sender: str
    text: str
    sent_at: datetime | None = None
    language: str | None = None


@dataclass(frozen=True)
class Receipt:
    """What became of an envelope: the conversation it joined; ``repeated`` when it had entered before."""

    conversation_id: str
    message_id: str
    repeated: bool


class Intake(Protocol):
    """Accepts envelopes durably: when ``accept`` has returned, the message survives a crash."""

    async def accept(self, envelope: Envelope) -> Receipt:
        """Store, deduplicate, correlate. Raises ``InvalidInput`` or ``TooLarge`` with nothing stored."""
        ...
