"""Answers citizens by the account's customer-service messages, and fetches what they sent along."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from channels.wechat.answers import OK, delivery_of, trouble_of
from channels.wechat.api import Unanswered, WeChatApi
from channels.wechat.budget import budget, pieces
from channels.wechat.settings import NAME, WeChatSettings
from channels.wechat.standing import Standing
from hotline.ports.channel import Budget, ChannelCondition, Delivery, MediaGone, NotNow, Outgoing, Reach
from hotline.ports.intake import Attachment

SEND = "/cgi-bin/message/custom/send"
USER_INFO = "/cgi-bin/user/info"
LONGEST_NICKNAME = 60


class WeChatChannel:
    """Implements ``ports.channel.Channel``."""

    name = NAME

    def __init__(self, settings: WeChatSettings, standing: Standing) -> None:
        self._api = WeChatApi(settings, standing)
        self._standing = standing

    @property
    def condition(self) -> ChannelCondition:
        """See the port."""
        return self._standing.condition

    async def run(self) -> None:
        """Keep a token."""
        await self._api.keep_token()

    async def close(self) -> None:
        """See the port."""
        await self._api.close()

    def budget(self, reach: Reach, now: datetime) -> Budget:
        """See ``channels.wechat.budget``."""
        return budget(reach, now)

    def cost(self, outgoing: Outgoing) -> int:
        """A long text goes in several messages."""
        return len(pieces(outgoing.text))

    async def send(self, outgoing: Outgoing) -> Delivery:
        """In order, until one is not taken."""
        used = 0
        for part in pieces(outgoing.text):
            body = {"touser": outgoing.recipient, "msgtype": "text", "text": {"content": part}}
            try:
                answer = await self._api.call("POST", SEND, body)
            except NotNow as error:
                if used:
                    return Delivery("refused", "partly_sent", error.code, used)
                return Delivery("later", error.code, error.detail)
            except Unanswered as error:
                return Delivery("unknown", "unanswered", str(error), used + 1)
            if answer["errcode"] != OK:
                return delivery_of(answer["errcode"], f"{answer['errcode']} {answer['errmsg']}", used)
            used += 1
        return Delivery("sent", used=used)

    async def fetch(self, attachment: Attachment, into: Path, most: int) -> None:
        """See the port. Videos are not among what the platform gives away by their id."""
        if attachment.kind not in ("image", "voice") or not attachment.reference:
            raise MediaGone("not_media")
        await self._api.download(attachment.reference, into, most)

    async def nickname(self, sender: str) -> str:
        """Newer accounts are told none."""
        try:
            answer = await self._api.call("GET", USER_INFO, None, openid=sender, lang="zh_CN")
        except Unanswered as error:
            raise NotNow("unreachable", str(error)) from None
        if answer["errcode"] != OK:
            raise NotNow(trouble_of(answer["errcode"]), str(answer["errcode"]))
        told = answer.get("nickname")
        printable = "".join(c for c in told if c.isprintable()) if isinstance(told, str) else ""
        return " ".join(printable.split())[:LONGEST_NICKNAME]
