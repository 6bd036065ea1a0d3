"""Posts as an official account's platform signs them, written from its public protocol."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hotline.ports.channel import WebhookRequest

APP_ID = "wx0123456789abcdef"
TOKEN = "a-token-of-ours"
SECRET = "0123456789abcdef0123456789abcdef"
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
OPENID = "oLVPpjqs9BhvzwPj5A-vTYAX3GLc"
_NUMBERS = count(23456789012345678)


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


@dataclass
class Signer:
    """Signs in the name of an account; with ``aes_key`` in the mode that encrypts."""

    token: str = TOKEN
    app_id: str = APP_ID
    aes_key: str = ""

    def query(self, at: datetime, nonce: str | None = None) -> dict[str, str]:
        """What every call carries."""
        timestamp, nonce = str(int(at.timestamp())), nonce or os.urandom(5).hex()
        signature = sha1(self.token, timestamp, nonce)
        return {"signature": signature, "timestamp": timestamp, "nonce": nonce, "openid": OPENID}

    def post(self, document: str | bytes, at: datetime, nonce: str | None = None) -> WebhookRequest:
        """A signed call with a document."""
        query = self.query(at, nonce)
        body = document.encode() if isinstance(document, str) else document
        if self.aes_key:
            encrypted = self.encrypt(body)
            query["encrypt_type"] = "aes"
            query["msg_signature"] = sha1(self.token, query["timestamp"], query["nonce"], encrypted)
            body = f"<xml><ToUserName>gh_1</ToUserName><Encrypt>{encrypted}</Encrypt></xml>".encode()
        return WebhookRequest("POST", query, {"content-type": "text/xml"}, body, "203.0.113.7")

    def echo(self, text: str, at: datetime) -> WebhookRequest:
        """The console's question."""
        return WebhookRequest("GET", {**self.query(at), "echostr": text}, {}, b"", "203.0.113.7")

    def encrypt(self, document: bytes) -> str:
        """Random bytes, length, document, AppID; padded to 32; AES-CBC."""
        plain = os.urandom(16) + struct.pack(">I", len(document)) + document + self.app_id.encode()
        padding = 32 - len(plain) % 32
        key = base64.b64decode(self.aes_key + "=")
        encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding)).decode()


@dataclass(frozen=True)
class Said:
    """What a citizen does in the account's chat."""

    kind: str
    at: datetime
    fields: tuple[tuple[str, str], ...] = ()
    sender: str = OPENID
    id: int = field(default_factory=lambda: next(_NUMBERS))

    def xml(self) -> str:
        """The document."""
        own = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in self.fields)
        number = "" if self.kind == "event" else f"<MsgId>{self.id}</MsgId>"
        return (
            f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName>"
            f"<FromUserName><![CDATA[{self.sender}]]></FromUserName>"
            f"<CreateTime>{int(self.at.timestamp())}</CreateTime>"
            f"<MsgType><![CDATA[{self.kind}]]></MsgType>{own}{number}</xml>"
        )

    def by(self, sender: str) -> Said:
        return replace(self, sender=sender)


def text(words: str, at: datetime) -> Said:
    return Said("text", at, (("Content", words),))


def image(media_id: str, at: datetime) -> Said:
    return Said("image", at, (("PicUrl", "http://mmbiz.example/0"), ("MediaId", media_id)))


def voice(media_id: str, at: datetime, heard: str = "") -> Said:
    return Said("voice", at, (("MediaId", media_id), ("Format", "amr"), ("Recognition", heard)))


def location(latitude: float, longitude: float, label: str, at: datetime) -> Said:
    place = (("Location_X", str(latitude)), ("Location_Y", str(longitude)), ("Scale", "20"))
    return Said("location", at, (*place, ("Label", label)))


def event(name: str, at: datetime, key: str = "") -> Said:
    return Said("event", at, (("Event", name), ("EventKey", key)))
