"""What a message of the platform means to the hotline."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from channels.wechat.coordinates import from_gcj02
from channels.wechat.reading import Message, Unreadable
from channels.wechat.settings import NAME
from hotline.ports.channel import Touch
from hotline.ports.intake import Attachment, Envelope, Location

_INTERACTIONS = frozenset({"click", "scan", "scancode_push", "scancode_waitmsg"})
LANGUAGE = "zh-CN"
"""The platform does not tell what language its people read."""


def key_of(message: Message) -> str:
    """The same at every retry: the message's id; events have none (QUALITY, WeChat facts)."""
    if message.kind != "event":
        return str(message.id)
    return f"{message.sender}:{message.said_at}:{message.event}"[:128]


def touch_of(message: Message) -> Touch:
    """What it says about how the citizen may be written to."""
    if message.kind != "event":
        return Touch.MESSAGE
    if message.event == "unsubscribe":
        return Touch.LEFT
    if message.event == "subscribe" or message.event.startswith("subscribe_"):
        return Touch.FOLLOWED
    return Touch.EVENT if message.event in _INTERACTIONS else Touch.NOTHING


def envelope_of(message: Message) -> Envelope | None:
    """For the intake; None for an event. Raises ``Unreadable`` when what its kind needs is missing."""
    if message.kind == "event":
        return None
    text, attachments, location = _content(message)
    return Envelope(
        channel=NAME,
        message_id=str(message.id),
        sender=message.sender,
        text=text,
        sent_at=datetime.fromtimestamp(message.said_at, UTC),
        language=LANGUAGE,
        attachments=attachments,
        location=location,
    )


def _content(message: Message) -> tuple[str, tuple[Attachment, ...], Location | None]:
    fields = message.fields
    match message.kind:
        case "text":
            return _needed(message, "Content"), (), None
        case "image":
            return "", (Attachment("image", _needed(message, "MediaId")),), None
        case "voice":
            heard = fields.get("Recognition", "")
            sound = Attachment("voice", _needed(message, "MediaId"), fields.get("Format", "")[:20])
            return heard, (sound,), None
        case "location":
            place = _location(message)
            return place.label, (), place
        case "link":
            parts = (fields.get("Title"), fields.get("Description"), _needed(message, "Url"))
            return "\n".join(part for part in parts if part), (), None
        case "video" | "shortvideo":
            return "", (Attachment("video", format=message.kind),), None
        case _:
            return "", (Attachment("other", format=message.kind[:20]),), None


def _location(message: Message) -> Location:
    try:
        latitude, longitude = (float(_needed(message, name)) for name in ("Location_X", "Location_Y"))
    except ValueError:
        raise Unreadable("location") from None
    # NaN compares as false with everything.
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or math.isnan(latitude + longitude):
        raise Unreadable("location")
    latitude, longitude = from_gcj02(latitude, longitude)
    label = " ".join(message.fields.get("Label", "").split())[:300]
    return Location(round(latitude, 6), round(longitude, 6), "GCJ02", label)


def _needed(message: Message, name: str) -> str:
    value = message.fields.get(name)
    if not value:
        raise Unreadable(name)
    return value
