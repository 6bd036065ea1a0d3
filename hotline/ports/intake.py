"""Intake port: the one door through which everything that arrives enters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

AttachmentKind = Literal["image", "voice", "video", "other"]


@dataclass(frozen=True)
class Attachment:
    """Something sent along. ``reference`` is the channel's own name for it, by which the channel can fetch
    it for a while; empty when it cannot be fetched. ``format`` is what the channel calls its form."""

    kind: AttachmentKind
    reference: str = ""
    format: str = ""


@dataclass(frozen=True)
class Location:
    """Where the citizen says to be: degrees in CGCS2000 (DOMAIN §8.5). ``src_crs`` is what it was given in,
    ``label`` the address that came with it."""

    latitude: float
    longitude: float
    src_crs: str
    label: str = ""


@dataclass(frozen=True)
class Envelope:
    """One incoming message, as a channel received it.

    ``channel`` is an identifier of DOMAIN §1.4 (``web``, ``wechat_mp``, …); ``(channel, message_id)`` is
    unique for ever, a repeat is acknowledged and changes nothing. ``sender`` identifies the citizen within
    the channel. ``sent_at`` is the sender's own clock, kept beside the server's (invariant f of §2.3).
    ``text`` may be empty when something is attached, or it is a location.
    """

    channel: str
    message_id: str
    sender: str
    text: str
    sent_at: datetime | None = None
    language: str | None = None
    attachments: tuple[Attachment, ...] = ()
    location: Location | None = None


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
