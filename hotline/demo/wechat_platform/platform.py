"""The platform's state: its users, what they received, and what the account may do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hotline.demo.wechat_platform import callbacks
from hotline.demo.wechat_platform.account import Account
from hotline.demo.wechat_platform.callbacks import Callback
from hotline.demo.wechat_platform.media import MediaShelf, sample
from hotline.demo.wechat_platform.posting import Courier, Outcome
from hotline.demo.wechat_platform.tokens import Tokens
from hotline.demo.wechat_platform.windows import Allowance

OPENS = {"CLICK": "menu", "SCAN": "scan", "subscribe": "follow"}
"""The events that allow the account to write."""
WITH_FILE = {"image": "image", "voice": "voice", "video": "video", "shortvideo": "video"}


@dataclass(frozen=True)
class Received:
    """What a user saw arrive. ``via`` is "custom" or "passive", or "notice" when the platform itself says
    that the account is out of order."""

    via: str
    kind: str
    text: str
    media_id: str
    at: float


@dataclass
class User:
    """Somebody who follows the account, or did."""

    open_id: str
    followed_at: float
    follows: bool = True
    nickname: str = ""
    allowance: Allowance = field(default_factory=Allowance)
    received: list[Received] = field(default_factory=list)


@dataclass
class Fault:
    """Something that goes wrong with calls to ``path``, ``times`` times.

    ``errcode`` or ``status`` is answered instead; ``delay`` seconds pass first; ``drop`` cuts the connection
    "before" or "after" the work was done.
    """

    path: str
    times: int = 1
    errcode: int | None = None
    status: int | None = None
    delay: float = 0.0
    drop: str = ""


@dataclass
class ApiCall:
    """A call of the account's server, as it was answered."""

    path: str
    errcode: int
    status: int


class Platform:
    """Everything behind both interfaces."""

    def __init__(self, account: Account, urls: Sequence[str], courier: Courier) -> None:
        self.account = account
        self.urls = list(urls)
        self.courier = courier
        self.tokens = Tokens()
        self.media = MediaShelf()
        self.users: dict[str, User] = {}
        self.allowed: list[str] | None = None
        """Addresses that may ask for tokens; None: every one."""
        self.faults: list[Fault] = []
        self.calls: list[ApiCall] = []
        self.ahead = 0.0
        """Seconds by which windows, tokens and media are older than the clock says."""
        self.changed = asyncio.Condition()
        self.under_way: set[asyncio.Task[Outcome]] = set()
        self._msg_id = int(time.time()) << 32

    def now(self) -> float:
        """The time by which windows, tokens and media end. Callbacks are signed by the real one."""
        return time.time() + self.ahead

    def user(self, open_id: str) -> User:
        """The user, who follows the account from now on if they were unknown."""
        return self.users.setdefault(open_id, User(open_id, self.now()))

    def next_msg_id(self) -> int:
        """A MsgId that was never used."""
        self._msg_id += 1
        return self._msg_id

    def said(self, open_id: str, kind: str, said: Mapping[str, Any], content: bytes = b"") -> Callback:
        """The user writes: the callback for it. ``content`` is the file that is sent along.

        ``said`` may name ``msg_id`` and ``created`` (Unix time). Raises ``KeyError`` for what is missing.
        """
        user = self.user(open_id)
        callback = self.composed(open_id, kind, said, content)
        user.allowance.begin("message", self.now())
        return callback

    def composed(self, open_id: str, kind: str, said: Mapping[str, Any], content: bytes = b"") -> Callback:
        """The callback for a message that the user never wrote."""
        words = dict(said)
        if kind in WITH_FILE and "media_id" not in words:
            kept = self.media.keep(content or sample(WITH_FILE[kind]), self.now())
            words["media_id"] = kept.media_id
        created = int(words.get("created", time.time()))
        msg_id = int(words.get("msg_id", 0)) or self.next_msg_id()
        return callbacks.message(self.account, open_id, kind, created, msg_id, words)

    def did(self, open_id: str, name: str, more: Mapping[str, Any]) -> Callback:
        """The user follows, leaves, clicks: the callback for it."""
        user = self.user(open_id)
        created = int(more.get("created", time.time()))
        callback = callbacks.event(self.account, open_id, name, created, more)
        if name == "subscribe":
            user.follows, user.followed_at = True, self.now()
        if name == "unsubscribe":
            user.follows = False
            user.allowance.end()
        if name in OPENS:
            user.allowance.begin(OPENS[name], self.now())
        return callback

    async def deliver(
        self,
        callback: Callback,
        urls: Sequence[str] | None = None,
        *,
        deaf: bool = False,
        at_once: bool = False,
    ) -> Outcome:
        """Post a callback; the user sees a passive reply, or that the account is out of order."""
        outcome = await self.courier.deliver(callback, urls or self.urls, deaf=deaf, at_once=at_once)
        reply = outcome.reply
        if outcome.heard and reply:
            media_id = next((value for name, value in reply.items() if name.endswith("/MediaId")), "")
            await self.show(callback.open_id, "passive", reply["MsgType"], reply.get("Content", ""), media_id)
        elif not outcome.heard:
            await self.show(callback.open_id, "notice", "out_of_order", "", "")
        return outcome

    async def show(self, open_id: str, via: str, kind: str, text: str, media_id: str) -> None:
        """The user's screen shows something more."""
        async with self.changed:
            self.user(open_id).received.append(Received(via, kind, text, media_id, time.time()))
            self.changed.notify_all()

    async def received(self, open_id: str, after: int, seconds: float) -> list[Received]:
        """What a user received after the first ``after``; waits for more than those, ``seconds`` at most."""
        user = self.user(open_id)
        try:
            async with asyncio.timeout(seconds), self.changed:
                await self.changed.wait_for(lambda: len(user.received) > after)
        except TimeoutError:
            return []
        return user.received[after:]
