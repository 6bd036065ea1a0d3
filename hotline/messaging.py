"""Platforms outside in the product: the plugin ``channels`` given this installation's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from channels.wechat.channel import WeChatChannel
from channels.wechat.settings import WeChatSettings
from channels.wechat.standing import Standing
from channels.wechat.webhook import WeChatWebhook
from hotline.config import LOOPBACK, Settings
from hotline.contacts.service import Contacts
from hotline.conversations.service import Conversations
from hotline.files.service import Files
from hotline.intake.service import IntakeService
from hotline.kernel.db import Database
from hotline.kernel.db.interface import CommitListener
from hotline.kernel.leases import DatabaseLeases
from hotline.kernel.relay import Subscription
from hotline.kernel.workers import Supervisor
from hotline.mailroom.errands import Doing, Errands
from hotline.mailroom.fetching import Fetching, Nicknames
from hotline.mailroom.model import Task
from hotline.mailroom.sending import Sending
from hotline.mailroom.service import Mailroom
from hotline.ports.channel import Channel, Webhook
from hotline.ports.clock import Clock
from hotline.web.health import HealthBoard, PartHealth


class Messaging:
    """Every platform that the settings name; without one, what there is can still be read."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        database: Database,
        leases: DatabaseLeases,
        contacts: Contacts,
        conversations: Conversations,
        intake: IntakeService,
        files: Files,
    ) -> None:
        account, standing = wechat_settings(settings), Standing(clock)
        wechat = WeChatChannel(account, standing) if account is not None else None
        channels: Mapping[str, Channel] = {wechat.name: wechat} if wechat is not None else {}
        self._wechat = wechat
        self._is_played = urlsplit(settings.wechat_api_base).hostname in LOOPBACK
        self.mailroom = Mailroom(database, clock, conversations, intake, channels)
        self.webhooks: Mapping[str, Webhook] = (
            {"wechat": WeChatWebhook(account, self.mailroom, clock, standing)} if account is not None else {}
        )
        doings: Mapping[Task, Doing] = {
            Task.SEND: Sending(database, clock, conversations, channels),
            Task.FETCH: Fetching(clock, conversations, files, channels),
            Task.NICKNAME: Nicknames(contacts, channels),
        }
        self._errands = Errands(database, clock, leases, channels, doings)

    @property
    def subscriptions(self) -> Sequence[Subscription]:
        """What is to be heard of other slices."""
        return self.mailroom.subscriptions()

    @property
    def wakes(self) -> Sequence[CommitListener]:
        """Whom commits wake."""
        return [self._errands.wake]

    def work(self, supervisor: Supervisor, board: HealthBoard) -> None:
        """The worker, and the health of each platform."""
        if self._wechat is not None:
            supervisor.add("errands", self._errands.run)
        board.add("wechat", self._health)

    async def _health(self) -> PartHealth:
        if self._wechat is None:
            return PartHealth("absent", "no wechat_app_id in the settings", "no_account")
        condition = self._wechat.condition
        if self._is_played and condition.detail.startswith("unreachable"):
            detail = "'hotline demo wechat' plays the platform of this account"
            return PartHealth("absent", detail, "platform_played")
        if condition.state == "ok":
            return PartHealth("ok", condition.detail)
        return PartHealth(condition.state, condition.detail, "platform_trouble", {"detail": condition.detail})


def wechat_settings(settings: Settings) -> WeChatSettings | None:
    """The official account; None when there is none. Raises ``ConfigurationError`` for half of one."""
    if not settings.wechat_app_id:
        return None
    account = WeChatSettings(
        app_id=settings.wechat_app_id,
        token=settings.wechat_token,
        secret=settings.wechat_secret,
        aes_key=settings.wechat_aes_key,
        api_base=settings.wechat_api_base,
    )
    account.check()
    return account
