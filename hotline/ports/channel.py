"""Channel ports: platforms through which citizens write to the hotline, and by which they are answered.

Inward, a platform calls a ``Webhook``, which hands an authentic call to ``Posts`` and acknowledges it once it
is kept. Outward, the core asks a ``Channel`` to send, fetch and look up; it does so from one process at a
time, outside of any unit of work, and never repeats what may have been done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from hotline.ports.intake import Attachment, Envelope


@dataclass(frozen=True)
class WebhookRequest:
    """A call of a platform as it came. ``query`` holds the parameters that were given exactly once;
    ``headers`` have lower-case names."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    remote: str


@dataclass(frozen=True)
class WebhookReply:
    """What the platform is answered."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


class Webhook(Protocol):
    """Answers a platform's calls. A body beyond ``max_bytes`` never reaches it (413)."""

    max_bytes: int

    async def handle(self, request: WebhookRequest) -> WebhookReply:
        """Check, keep, acknowledge. Raises nothing: whatever comes has an answer."""
        ...


class Touch(StrEnum):
    """What a call says about the citizen, and so about how they may be written to."""

    MESSAGE = "message"
    EVENT = "event"
    """They did something that opens a brief window: a menu click, a scan, following the account."""
    FOLLOWED = "followed"
    LEFT = "left"
    """They cannot be reached any more."""
    NOTHING = "nothing"


@dataclass(frozen=True)
class Post:
    """An authentic call of a platform.

    ``key`` names what it brings, and is the same at every retry. ``once`` names the call's own proof (a
    signature covers it); ``digest`` is that of the content. One proof with another content is a forgery.
    """

    channel: str
    key: str
    once: str
    digest: str
    sender: str
    touch: Touch
    said_at: datetime
    envelope: Envelope | None = None


class Posts(Protocol):
    """Keeps authentic calls durably; what they bring enters afterwards, in each sender's order."""

    async def keep(self, post: Post) -> bool:
        """Return once the call is durable; False when its ``key`` was kept before (then nothing happens).

        Raises ``Forbidden`` ("post_replayed") for a proof that came with another content, ``InvalidInput``
        and ``TooLarge`` for what cannot enter, ``Unavailable`` when nothing can be kept now.
        """
        ...


@dataclass(frozen=True)
class Outgoing:
    """A message to a citizen; ``recipient`` is what the channel called the sender."""

    conversation_id: str
    message_id: str
    recipient: str
    kind: str
    text: str


SPENT = frozenset({"budget_spent", "window_closed"})
"""Codes of a ``Delivery`` by which the platform says that its budget is used up."""


@dataclass(frozen=True)
class Delivery:
    """What became of it.

    ``later``: it was not sent, and may be tried again. ``refused``: it was not sent and will not be.
    ``unknown``: nobody can know, so it is never repeated by itself. ``code`` names the reason in message
    catalogues (``delivery_<code>``), ``detail`` is for operators. ``used`` counts what was taken of the
    budget.
    """

    state: Literal["sent", "refused", "later", "unknown"]
    code: str = ""
    detail: str = ""
    used: int = 0


@dataclass(frozen=True)
class Reach:
    """What the core knows of a citizen's last contact in a channel, by the platform's clock.

    ``sent_since_…`` count what was sent since that message or event. ``spent_at``: then the platform said
    that no more may be sent. ``left_at``: then the citizen left.
    """

    message_at: datetime | None = None
    sent_since_message: int = 0
    event_at: datetime | None = None
    sent_since_event: int = 0
    spent_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(frozen=True)
class Budget:
    """How many messages may still be sent, of how many, and until when.

    ``reason`` says why none may be: "" when some may, "spent", "window_closed" or "left".
    """

    left: int
    most: int
    ends_at: datetime | None
    reason: Literal["", "spent", "window_closed", "left"] = ""


class MediaGone(Exception):
    """What was attached cannot be had any more, or never could; ``code`` says why ("expired", "too_large",
    "not_media")."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotNow(Exception):
    """The platform cannot be asked at present; ``code`` says why. To be tried again."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class ChannelCondition:
    """How the link to the platform is doing; ``detail`` is for operators, in English."""

    state: Literal["ok", "degraded"]
    detail: str


class Channel(Protocol):
    """A platform by which citizens are answered."""

    name: str
    """The identifier of DOMAIN §1.4."""

    @property
    def condition(self) -> ChannelCondition:
        """How it is doing, seen from this process."""
        ...

    async def run(self) -> None:
        """Keep what sending needs (a token) as long as this process is the one that sends."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...

    def budget(self, reach: Reach, now: datetime) -> Budget:
        """What the platform's rules leave."""
        ...

    def cost(self, outgoing: Outgoing) -> int:
        """How many messages of the budget it takes."""
        ...

    async def send(self, outgoing: Outgoing) -> Delivery:
        """Send it. Raises nothing that the platform or the network can cause."""
        ...

    async def fetch(self, attachment: Attachment, into: Path, most: int) -> None:
        """Write it into a new file of at most ``most`` bytes. Raises ``MediaGone``, ``NotNow``."""
        ...

    async def nickname(self, sender: str) -> str:
        """What a citizen calls themselves there; "" when the platform does not tell. Raises ``NotNow``."""
        ...
