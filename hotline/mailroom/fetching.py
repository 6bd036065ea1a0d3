"""Fetches what citizens sent along, before the platform forgets it; and what they call themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hotline.contacts.model import Identity
from hotline.contacts.service import Contacts
from hotline.conversations.enclosures import AttachmentState
from hotline.conversations.service import Conversations
from hotline.errors import Conflict
from hotline.files.model import SHOWN
from hotline.files.playable import make_playable
from hotline.files.service import Files, StoredFile
from hotline.kernel.db import Tx
from hotline.mailroom.model import MEDIA_LIVE, NICKNAME_TRIES, Errand, TryAgain
from hotline.ports.channel import Channel, MediaGone, NotNow
from hotline.ports.clock import Clock
from hotline.ports.intake import Attachment

LARGEST = 20 * 1024 * 1024
"""Bytes of one attachment."""


@dataclass(frozen=True)
class Fetched:
    """The file as it was sent, and one that browsers show; ``shown`` is the same when they do."""

    file: StoredFile
    shown: StoredFile


class Fetching:
    """Errands of the task ``fetch``; the key is the attachment's id."""

    def __init__(
        self, clock: Clock, conversations: Conversations, files: Files, channels: Mapping[str, Channel]
    ) -> None:
        self._clock = clock
        self._conversations = conversations
        self._files = files
        self._channels = channels

    async def perform(self, errand: Errand) -> Fetched | TryAgain | MediaGone:
        """Download, check, make playable."""
        channel = self._channels.get(errand.payload["channel"])
        if channel is None:
            return TryAgain("channel_absent")
        wanted = Attachment(*(errand.payload[name] for name in ("kind", "reference", "format")))
        path = await self._files.scratch()
        try:
            await channel.fetch(wanted, path, LARGEST)
            found = await self._files.inspect(path, wanted.kind)
            if found is None:
                return MediaGone("not_media")
            return Fetched(found, await self._shown(found))
        except MediaGone as error:
            return error
        except NotNow as error:
            return TryAgain(error.code)
        except OSError as error:
            # The disk is full, or the folder cannot be written to: the platform keeps it for a while.
            return TryAgain(f"storage {error.errno}")
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _shown(self, found: StoredFile) -> StoredFile:
        if found.mime in SHOWN:
            return found
        wav = await self._files.scratch()
        try:
            if await make_playable(found.path, wav):
                return await self._files.inspect(wav, "voice") or found
            return found
        finally:
            await asyncio.to_thread(wav.unlink, missing_ok=True)

    async def settle(self, tx: Tx, errand: Errand, result: Fetched | TryAgain | MediaGone) -> TryAgain | None:
        """Ready, lost, or to be tried again while the platform still has it."""
        if isinstance(result, TryAgain):
            if self._clock.now() - errand.planned_at < MEDIA_LIVE:
                return result
            result = MediaGone("expired")
        if isinstance(result, MediaGone):
            lost = {"state": AttachmentState.LOST, "reason": result.code}
            await self._conversations.settle_attachment(tx, errand.key, lost)
            return None
        for file in {result.file.id: result.file, result.shown.id: result.shown}.values():
            await self._files.keep(tx, file)
        values: dict[str, Any] = {
            "state": AttachmentState.READY,
            "file_id": result.file.id,
            "shown_id": result.shown.id,
            "mime": result.shown.mime,
            "size": result.shown.size,
        }
        await self._conversations.settle_attachment(tx, errand.key, values)
        return None

    async def lost(self, tx: Tx, errand: Errand) -> TryAgain | None:
        """To fetch again does no harm."""
        return await self.settle(tx, errand, TryAgain("interrupted"))


class Nicknames:
    """Errands of the task ``nickname``: a citizen without a name gets the one they chose there."""

    def __init__(self, contacts: Contacts, channels: Mapping[str, Channel]) -> None:
        self._contacts = contacts
        self._channels = channels

    async def perform(self, errand: Errand) -> str | TryAgain:
        """Ask the platform."""
        channel = self._channels.get(errand.payload["channel"])
        if channel is None:
            return ""
        try:
            return await channel.nickname(errand.payload["sender"])
        except NotNow as error:
            return TryAgain(error.code)

    async def settle(self, tx: Tx, errand: Errand, result: str | TryAgain) -> TryAgain | None:
        """What a person or the citizen wrote as a name is kept."""
        if isinstance(result, TryAgain):
            return result if errand.attempts < NICKNAME_TRIES else None
        if not result:
            return None
        identity = Identity(errand.payload["channel"], errand.payload["sender"])
        contact_id = await self._contacts.identify(tx, identity)
        contact = await self._contacts.view(tx, contact_id, masked=False)
        if not contact.name:
            try:
                await self._contacts.describe(tx, contact_id, contact.version, result, contact.phone)
            except Conflict:
                return TryAgain("changed_meanwhile")
        return None

    async def lost(self, tx: Tx, errand: Errand) -> TryAgain | None:
        """To ask again does no harm."""
        return await self.settle(tx, errand, TryAgain("interrupted"))
