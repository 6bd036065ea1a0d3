"""The one place that knows wechatpy: opens and reads what the platform posts.

wechatpy raises whatever its parts raise (KeyError, AttributeError, ExpatError, struct.error, binascii.Error,
UnicodeDecodeError, its own exceptions …): all of it is caught here and becomes one error a step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xmltodict
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto

# What a document of the platform begins with: neither a document type nor anything else comes first.
_BEGINNING = re.compile(r"\ufeff?\s*(?:<\?xml[^<>]*\?>\s*)?<xml\s*>")
_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LARGEST = 2**63


class Unreadable(Exception):
    """It is no message of the platform; ``reason`` is for the log and holds nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Message:
    """What was posted. ``fields`` are all its plain elements by their names; ``event`` is in lower case."""

    kind: str
    sender: str
    said_at: int
    id: int
    event: str
    fields: Mapping[str, str]


def encrypted_part(body: bytes) -> str:
    """The ``Encrypt`` element of a post in AES mode. Raises ``Unreadable``."""
    try:
        root = xmltodict.parse(_text(body))["xml"]
        encrypted = root["Encrypt"]
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(type(error).__name__) from None
    if not isinstance(encrypted, str) or not encrypted:
        raise Unreadable("no Encrypt")
    return encrypted


class Decryption:
    """Opens posts of one account in AES mode."""

    def __init__(self, token: str, aes_key: str, app_id: str) -> None:
        self._crypto = WeChatCrypto(token, aes_key, app_id)

    def open(self, encrypted: str, signature: str, timestamp: str, nonce: str) -> bytes:
        """The document inside; the caller has checked the signature. Raises ``Unreadable``."""
        try:
            text = self._crypto.decrypt_message({"Encrypt": encrypted}, signature, timestamp, nonce)
            opened: bytes = text.encode()
        except Exception as error:
            raise Unreadable(type(error).__name__) from None
        return opened


def read_message(document: bytes) -> Message:
    """A message or an event. Raises ``Unreadable``."""
    text = _text(document)
    try:
        parsed = parse_message(text)
        raw: Mapping[str, Any] = parsed._data
        kind, sender = raw["MsgType"], raw["FromUserName"]
        # Some events carry the id of another message.
        said_at, number = parsed.time, 0 if str(kind).lower() == "event" else parsed.id
    except Exception as error:
        raise Unreadable(type(error).__name__) from None
    if not isinstance(kind, str) or not isinstance(sender, str) or not _OPENID.fullmatch(sender):
        raise Unreadable("fields")
    if not _is_number(said_at) or not isinstance(number, int) or not 0 <= number < _LARGEST:
        raise Unreadable("numbers")
    fields = {name: value for name, value in raw.items() if isinstance(value, str)}
    kind, event = kind.lower(), fields.get("Event", "").lower()
    if not (event if kind == "event" else number):
        raise Unreadable("no name")
    return Message(kind, sender, said_at, number, event, fields)


def _is_number(value: object) -> bool:
    """A second since 1970 that a date can be made of."""
    return isinstance(value, int) and 0 < value < 2**32


def _text(document: bytes) -> str:
    try:
        text = document.decode()
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None
    if not _BEGINNING.match(text):
        raise Unreadable("beginning")
    return text
