"""The fields of callbacks: what a user did, as the platform tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hotline.demo.wechat_platform.account import Account
from hotline.demo.wechat_platform.xml import Field

MESSAGES = ("text", "image", "voice", "video", "shortvideo", "location", "link")
EVENTS = ("subscribe", "unsubscribe", "SCAN", "CLICK", "VIEW", "LOCATION")


@dataclass(frozen=True)
class Callback:
    """One thing to tell the account: its XML fields. ``key`` is the MsgId, or names the event."""

    open_id: str
    key: str
    fields: tuple[Field, ...]


def message(
    account: Account, open_id: str, kind: str, created: int, msg_id: int, said: Mapping[str, Any]
) -> Callback:
    """A message; ``said`` has what its kind needs. Raises ``KeyError`` for what is missing."""
    content: list[Field]
    match kind:
        case "text":
            content = [("Content", said["text"])]
        case "image":
            content = [("PicUrl", said.get("pic_url", "")), ("MediaId", said["media_id"])]
        case "voice":
            content = [("MediaId", said["media_id"]), ("Format", said.get("format", "amr"))]
            if "recognition" in said:
                content.append(("Recognition", said["recognition"]))
        case "video" | "shortvideo":
            content = [("MediaId", said["media_id"]), ("ThumbMediaId", said.get("thumb", said["media_id"]))]
        case "location":
            content = [
                ("Location_X", _degrees(said["latitude"])),
                ("Location_Y", _degrees(said["longitude"])),
                ("Scale", int(said.get("scale", 16))),
                ("Label", said.get("label", "")),
            ]
        case "link":
            content = [("Title", said["title"]), ("Description", said.get("description", "")),
                       ("Url", said["url"])]  # fmt: skip
        case _:
            raise KeyError(kind)
    fields = (*_head(account, open_id, created, kind), *content, ("MsgId", msg_id))
    return Callback(open_id, str(msg_id), fields)


def event(account: Account, open_id: str, name: str, created: int, more: Mapping[str, Any]) -> Callback:
    """An event; it has no MsgId."""
    fields: list[Field] = [*_head(account, open_id, created, "event"), ("Event", name)]
    if name in ("subscribe", "unsubscribe", "SCAN", "CLICK", "VIEW"):
        fields.append(("EventKey", str(more.get("key", ""))))
    if "ticket" in more:
        fields.append(("Ticket", str(more["ticket"])))
    if name == "LOCATION":
        fields += [("Latitude", _degrees(more["latitude"])), ("Longitude", _degrees(more["longitude"])),
                   ("Precision", _degrees(more.get("precision", 65)))]  # fmt: skip
    return Callback(open_id, f"{open_id}+{created}+{name}", tuple(fields))


def _head(account: Account, open_id: str, created: int, kind: str) -> list[Field]:
    return [
        ("ToUserName", account.original_id),
        ("FromUserName", open_id),
        ("CreateTime", created),
        ("MsgType", kind),
    ]


def _degrees(value: Any) -> str:
    return f"{float(value):.6f}"
