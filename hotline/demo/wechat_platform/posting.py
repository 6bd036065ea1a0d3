"""Posting callbacks to the account's server: signed, with little patience, three times at most."""

from __future__ import annotations

import asyncio
import base64
import io
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from hotline.demo.wechat_platform import crypto, xml
from hotline.demo.wechat_platform.account import Account
from hotline.demo.wechat_platform.callbacks import Callback

TRIES = 3
REPLIES = ("text", "image", "voice", "video", "music", "news", "transfer_customer_service")

Judgement = Literal["success", "reply", "invalid", "no_answer"]


@dataclass(frozen=True)
class Post:
    """A request as it goes out: parameters of the address, and the body."""

    query: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Try:
    """One attempt. ``status`` is None when no answer came; ``seconds`` is how long it took."""

    key: str
    open_id: str
    number: int
    url: str
    status: int | None
    seconds: float
    judged: Judgement
    body: str


@dataclass
class Outcome:
    """How a callback ended; ``reply`` holds the fields of a passive reply."""

    key: str
    heard: bool = False
    reply: dict[str, str] = field(default_factory=dict)
    tries: list[Try] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass
class Manner:
    """How the platform behaves: seconds it waits for an answer, and from one try to the next."""

    patience: float = 5.0
    interval: float = 5.0


def post_of(account: Account, callback: Callback, now: float) -> Post:
    """The request for a callback, by the account's mode."""
    plain = xml.document(callback.fields)
    stamp, nonce = str(int(now)), str(secrets.randbelow(10**10))
    query = [
        ("signature", crypto.signature(account.token, stamp, nonce)),
        ("timestamp", stamp),
        ("nonce", nonce),
        ("openid", callback.open_id),
    ]
    if account.mode == "plain":
        return Post(tuple(query), plain)
    encrypted = crypto.sealed(plain, account.app_id, account.aes_key)
    query += [("encrypt_type", "aes")]
    query += [("msg_signature", crypto.signature(account.token, stamp, nonce, encrypted))]
    beside = callback.fields if account.mode == "compatible" else (("ToUserName", account.original_id),)
    return Post(tuple(query), xml.document((*beside, ("Encrypt", encrypted))))


def address(url: str, query: Sequence[tuple[str, str]]) -> URL:
    """The address with its parameters, each written as given: nothing is tidied up."""
    return URL(url + ("&" if "?" in url else "?") + urlencode(query), encoded=True)


def read_reply(account: Account, callback: Callback, body: bytes) -> dict[str, str]:
    """The fields of a passive reply. Raises ``NotXml`` or ``Unreadable`` when a user would see none."""
    fields = xml.read(body)
    if account.mode == "aes" and "Encrypt" not in fields:
        raise xml.NotXml("a reply in this mode is encrypted")
    if "Encrypt" in fields:
        parts = (account.token, fields.get("TimeStamp", ""), fields.get("Nonce", ""), fields["Encrypt"])
        if crypto.signature(*parts) != fields.get("MsgSignature"):
            raise crypto.Unreadable("wrong MsgSignature")
        fields = xml.read(crypto.opened(fields["Encrypt"], account.app_id, account.aes_key))
    if fields.get("ToUserName") != callback.open_id or fields.get("FromUserName") != account.original_id:
        raise xml.NotXml("a reply names the user and the account")
    if fields.get("MsgType") not in REPLIES:
        raise xml.NotXml("a reply is of a known kind")
    return fields


class Courier:
    """Posts callbacks, and remembers every try."""

    def __init__(self, account: Account, manner: Manner) -> None:
        self._account = account
        self.manner = manner
        self.tries: list[Try] = []
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Be ready to post."""
        self._http = aiohttp.ClientSession(headers={"User-Agent": "Mozilla/4.0", "Pragma": "no-cache"})

    async def close(self) -> None:
        """Close every connection."""
        if self._http is not None:
            await self._http.close()

    async def verify(self, url: str) -> bool:
        """The check made when the address is entered: does the server return ``echostr``?"""
        stamp, nonce, echo = (
            str(int(time.time())),
            str(secrets.randbelow(10**10)),
            str(secrets.randbelow(10**19)),
        )
        sign = crypto.signature(self._account.token, stamp, nonce)
        query = [("signature", sign), ("echostr", echo), ("timestamp", stamp), ("nonce", nonce)]
        status, body = await self.send(address(url, query))
        return status == 200 and body == echo.encode()

    async def send(
        self, target: URL, body: bytes | None = None, content_type: str = "text/xml"
    ) -> tuple[int | None, bytes]:
        """Status and body of one request; ``(None, b"")`` when no answer came in time."""
        if self._http is None:
            raise RuntimeError("the courier was not opened")
        timeout = aiohttp.ClientTimeout(total=self.manner.patience)
        content = None if body is None else io.BytesIO(body)  # a large one is sent in parts
        method, headers = ("GET", {}) if body is None else ("POST", {"Content-Type": content_type})
        try:
            async with self._http.request(
                method, target, data=content, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None, b""

    async def deliver(
        self, callback: Callback, urls: Sequence[str], *, deaf: bool = False, at_once: bool = False
    ) -> Outcome:
        """Post until it was heard. The n-th try goes to the n-th address, the last one keeps being asked.

        ``deaf``: whatever is answered does not arrive here, so that all tries are made. ``at_once``: all
        addresses are posted to in the same moment.
        """
        outcome = Outcome(callback.key)
        if at_once:
            await asyncio.gather(*(self._try(callback, url, n, outcome) for n, url in enumerate(urls, 1)))
            return outcome
        for number in range(1, TRIES + 1):
            begun = time.monotonic()
            await self._try(callback, urls[min(number, len(urls)) - 1], number, outcome)
            if outcome.heard and not deaf:
                break
            if number < TRIES:
                await asyncio.sleep(max(0.0, begun + self.manner.interval - time.monotonic()))
        outcome.heard = outcome.heard and not deaf
        return outcome

    async def _try(self, callback: Callback, url: str, number: int, outcome: Outcome) -> None:
        post = post_of(self._account, callback, time.time())
        begun = time.monotonic()
        status, body = await self.send(address(url, post.query), post.body)
        judged = self._judge(callback, status, body, outcome)
        made = Try(
            callback.key,
            callback.open_id,
            number,
            url,
            status,
            time.monotonic() - begun,
            judged,
            body[:400].decode("utf-8", "replace"),
        )
        self.tries.append(made)
        outcome.tries.append(made)
        outcome.heard = outcome.heard or judged in ("success", "reply")

    def _judge(self, callback: Callback, status: int | None, body: bytes, outcome: Outcome) -> Judgement:
        if status is None:
            return "no_answer"
        if status != 200:
            return "invalid"
        if body in (b"", b"success"):
            return "success"
        try:
            outcome.reply = read_reply(self._account, callback, body)
        except (xml.NotXml, crypto.Unreadable):
            return "invalid"
        return "reply"


def as_text(content: bytes) -> str:
    """Bytes for JSON."""
    return base64.b64encode(content).decode()
