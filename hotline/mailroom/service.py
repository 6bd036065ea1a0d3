"""What platforms bring: kept at once, entered afterwards; and how far citizens can be reached there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from hotline.conversations.enclosures import AttachmentState, BudgetView, DeliveryState
from hotline.conversations.events import MessagePosted
from hotline.conversations.model import Author, Kind
from hotline.conversations.service import Conversations
from hotline.kernel.db import Database, Reader, Tx
from hotline.kernel.events import Recorded
from hotline.kernel.ids import new_id
from hotline.kernel.relay import Subscription
from hotline.mailroom import store
from hotline.mailroom.events import PostKept
from hotline.mailroom.keeping import Keeping
from hotline.mailroom.model import Task, packed, touched, unpacked
from hotline.ports.channel import Channel, Post, Reach, Touch
from hotline.ports.clock import Clock
from hotline.ports.intake import Envelope, Receipt

GOES_OUT = frozenset({Kind.TEXT, Kind.NOTICE, Kind.SURVEY})
COURTESIES = frozenset({"chat_joined", "chat_finished"})
"""Notices that only our own pages show: platforms count messages, and these are worth none."""


class Door(Protocol):
    """The intake, as the mailroom uses it."""

    def check(self, envelope: Envelope) -> None:
        """Raise for what cannot enter."""
        ...

    async def enter(self, tx: Tx, envelope: Envelope) -> Receipt:
        """Enter it, once."""
        ...


class Mailroom:
    """Implements ``ports.channel.Posts``. ``channels`` are those of this installation, by their names."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        conversations: Conversations,
        door: Door,
        channels: Mapping[str, Channel],
    ) -> None:
        self._keeping = Keeping(database)
        self._clock = clock
        self._conversations = conversations
        self._door = door
        self._channels = channels

    def subscriptions(self) -> list[Subscription]:
        """What the mailroom wants to hear."""
        return [
            Subscription("mailroom", PostKept, self.entered),
            Subscription("mailroom", MessagePosted, self.posted),
        ]

    async def keep(self, post: Post) -> bool:
        """See the port."""
        if post.envelope is not None:
            self._door.check(post.envelope)
        row = {
            "id": new_id(),
            "channel": post.channel,
            "once": post.once,
            "digest": post.digest,
            "key": post.key,
            "sender": post.sender,
            "touch": post.touch,
            "said_at": post.said_at,
            "payload": packed(post),
            "at": self._clock.now(),
        }
        return await self._keeping.keep(row)

    async def entered(self, tx: Tx, recorded: Recorded) -> None:
        """Let what a post brings in."""
        post = await store.post_by_id(tx, cast(PostKept, recorded.event).post_id)
        if post is None:
            return
        before = await store.reach_of(tx, post.channel, post.sender, lock=True)
        after = touched(before or Reach(), Touch(post.touch), post.said_at)
        await store.save_reach(tx, post.channel, post.sender, after, is_new=before is None)
        now, who = self._clock.now(), {"channel": post.channel, "sender": post.sender}
        if post.payload is not None:
            receipt = await self._door.enter(tx, unpacked(post.payload))
            for one in await self._conversations.attachments(tx, receipt.message_id):
                if one.state == AttachmentState.WAITING:
                    fetch = {**who, "kind": one.kind, "reference": one.reference, "format": one.format}
                    await store.plan(tx, Task.FETCH, one.id, f"fetch:{one.id}", fetch, now)
            await store.empty_post(tx, post.id)
        if before is None and post.channel in self._channels:
            key = f"{post.channel}:{post.sender}"
            await store.plan(tx, Task.NICKNAME, key, f"nickname:{key}", who, now)

    async def posted(self, tx: Tx, recorded: Recorded) -> None:
        """What is written to a citizen of a platform has to leave."""
        event = cast(MessagePosted, recorded.event)
        if event.author == Author.CITIZEN or event.kind not in GOES_OUT:
            return
        conversation = await self._conversations.require(tx, event.conversation_id)
        if conversation.channel not in self._channels or await self._is_courtesy(tx, event):
            return
        lane = f"send:{conversation.channel}:{conversation.sender}"
        payload = {"channel": conversation.channel, "sender": conversation.sender}
        if await store.plan(tx, Task.SEND, event.message_id, lane, payload, self._clock.now()):
            await self._conversations.mark_delivery(tx, event.message_id, DeliveryState.WAITING)

    async def _is_courtesy(self, tx: Tx, event: MessagePosted) -> bool:
        if event.kind != Kind.NOTICE:
            return False
        payload = (await self._conversations.message(tx, event.message_id)).payload or {}
        return payload.get("code") in COURTESIES

    async def budget(self, reader: Reader, channel: str, sender: str) -> BudgetView | None:
        """How often a citizen may still be written to; None where no platform limits it."""
        platform = self._channels.get(channel)
        if platform is None:
            return None
        reach = await store.reach_of(reader, channel, sender)
        left = platform.budget(reach or Reach(), self._clock.now())
        return BudgetView(left=left.left, most=left.most, ends_at=left.ends_at, reason=left.reason)
