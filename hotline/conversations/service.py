"""Use cases of conversations. Who gets a conversation, and when, is the queue's to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from hotline.contacts.events import ContactChanged
from hotline.conversations import enclosures, store
from hotline.conversations.enclosures import DeliveryState
from hotline.conversations.events import (
    CaseLinked,
    ConversationChanged,
    ConversationOpened,
    MessageChanged,
    MessagePosted,
)
from hotline.conversations.model import Author, Kind, NewMessage, State, clean_text
from hotline.errors import Conflict, NotFound
from hotline.kernel.db import Reader, Tx
from hotline.kernel.events import Recorded
from hotline.kernel.ids import new_id
from hotline.kernel.relay import Subscription
from hotline.ports.clock import Clock
from hotline.web.catalogue import DEFAULT_LANGUAGE, Catalogue


class Conversations:
    """Opens, extends and closes conversations; methods with ``tx`` join the caller's unit of work."""

    def __init__(self, clock: Clock, catalogue: Catalogue) -> None:
        self._clock = clock
        self._catalogue = catalogue

    async def open_for(
        self, tx: Tx, channel: str, sender: str, contact_id: str, language: str | None
    ) -> tuple[sa.Row[Any], bool]:
        """The sender's open conversation, and whether it was begun just now."""
        before = await store.latest_of(tx, channel, sender)
        if before is not None and before.state == State.OPEN:
            return before, False
        row = {
            "id": new_id(),
            "channel": channel,
            "sender": sender,
            "contact_id": contact_id,
            "language": language or DEFAULT_LANGUAGE,
            "state": State.OPEN,
            "started_at": self._clock.now(),
            "last_seq": before.last_seq if before is not None else 0,
            "version": 1,
        }
        try:
            async with tx.savepoint():
                await store.insert(tx, row)
        except sa.exc.IntegrityError:
            # Another message of this sender opened it at the same moment.
            now_open = await store.latest_of(tx, channel, sender)
            if now_open is None or now_open.state != State.OPEN:
                raise
            return now_open, False
        tx.emit(ConversationOpened(aggregate=f"conversation:{row['id']}", conversation_id=str(row["id"])))
        return await self.require(tx, str(row["id"])), True

    async def append(self, tx: Tx, conversation_id: str, new: NewMessage) -> sa.Row[Any]:
        """Add a message; the one that is there already when its writer repeats a ``client_id``.

        ``Conflict`` ("conversation_closed") for a person's message into a closed conversation. What the
        hotline says goes into the citizen's newest conversation in that channel, open or closed.
        """
        if new.author is Author.SYSTEM:
            conversation_id = await self._newest_beside(tx, conversation_id)
        if (known := await self._known(tx, conversation_id, new)) is not None:
            return known
        try:
            async with tx.savepoint():
                return await self._insert(tx, conversation_id, new)
        except sa.exc.IntegrityError:
            known = await self._known(tx, conversation_id, new)
            if known is None:
                raise
            return known

    async def _known(self, tx: Tx, conversation_id: str, new: NewMessage) -> sa.Row[Any] | None:
        if new.client_id is None:
            return None
        return await store.message_by_client_id(tx, conversation_id, new.author, new.client_id)

    async def _newest_beside(self, tx: Tx, conversation_id: str) -> str:
        row = await self.require(tx, conversation_id)
        newest = await store.latest_of(tx, row.channel, row.sender)
        return str(newest.id) if newest is not None else conversation_id

    async def _insert(self, tx: Tx, conversation_id: str, new: NewMessage) -> sa.Row[Any]:
        seq = await store.next_seq(tx, conversation_id, only_open=new.author is not Author.SYSTEM)
        if seq is None:
            await self.require(tx, conversation_id)
            raise Conflict("conversation_closed")
        row = {
            "id": new_id(),
            "conversation_id": conversation_id,
            "seq": seq,
            "author": new.author,
            "author_id": new.author_id,
            "kind": new.kind,
            "text": await self._text(tx, conversation_id, new),
            "payload": _payload(new),
            "client_id": new.client_id,
            "at": self._clock.now(),
            "sent_at": new.sent_at,
            "version": 1,
        }
        await store.insert_message(tx, row)
        await enclosures.insert_attachments(tx, str(row["id"]), new.attachments)
        tx.emit(
            MessagePosted(
                aggregate=f"conversation:{conversation_id}",
                conversation_id=conversation_id,
                message_id=str(row["id"]),
                author=new.author,
                kind=new.kind,
            )
        )
        (posted,) = await store.messages_of(tx, conversation_id, [str(row["id"])], 1)
        return posted

    async def _text(self, tx: Tx, conversation_id: str, new: NewMessage) -> str:
        if new.stand_in is None or new.text.strip():
            return clean_text(new.text)
        row = await self.require(tx, conversation_id)
        return self._catalogue.text(row.language, new.stand_in, {})

    async def reply(
        self, tx: Tx, agent_id: str, conversation_id: str, client_id: str, text: str
    ) -> sa.Row[Any]:
        """The holding agent writes; ``Conflict`` ("conversation_not_held") for anybody else."""
        row = await self.require(tx, conversation_id)
        if row.agent_id != agent_id:
            raise Conflict("conversation_not_held")
        new = NewMessage(Author.AGENT, text, author_id=agent_id, client_id=client_id)
        return await self.append(tx, conversation_id, new)

    async def notify(self, tx: Tx, conversation_id: str, code: str, **params: Any) -> sa.Row[Any]:
        """Tell the citizen the catalogue's text ``code``, in the conversation's language, as a notice."""
        row = await self.require(tx, conversation_id)
        text = self._catalogue.text(row.language, code, params)
        payload = {"code": code, "params": params}
        new = NewMessage(Author.SYSTEM, text, kind=Kind.NOTICE, payload=payload)
        return await self.append(tx, conversation_id, new)

    async def revise(self, tx: Tx, message_id: str, payload: Mapping[str, Any]) -> None:
        """Replace what a message carries beside its text; ``NotFound`` when there is none."""
        await self._revise(tx, message_id, {"payload": dict(payload)})

    async def mark_delivery(
        self, tx: Tx, message_id: str, state: DeliveryState, code: str | None = None
    ) -> None:
        """Note how the delivery of a message goes; it may have moved the platform's budget as well."""
        values = {"delivery_state": state, "delivery_code": code}
        conversation_id = await self._revise(tx, message_id, values)
        if await store.update(tx, conversation_id, {}):
            self._changed(tx, conversation_id)

    async def message(self, reader: Reader, message_id: str) -> sa.Row[Any]:
        """One message; ``NotFound`` when there is none."""
        row = await store.message_by_id(reader, message_id)
        if row is None:
            raise NotFound()
        return row

    async def attachments(self, reader: Reader, message_id: str) -> Sequence[sa.Row[Any]]:
        """What came with a message."""
        return await enclosures.attachments_of(reader, [message_id])

    async def settle_attachment(self, tx: Tx, attachment_id: str, values: Mapping[str, Any]) -> bool:
        """Note what became of an attachment that was waited for; False when that was settled before."""
        row = await enclosures.attachment_by_id(tx, attachment_id)
        if row is None or not await enclosures.update_attachment(tx, attachment_id, values):
            return False
        await self._revise(tx, row.message_id, {})
        return True

    async def _revise(self, tx: Tx, message_id: str, values: Mapping[str, Any]) -> str:
        conversation_id = await store.update_message(tx, message_id, values)
        if conversation_id is None:
            raise NotFound()
        tx.emit(
            MessageChanged(
                aggregate=f"conversation:{conversation_id}",
                conversation_id=conversation_id,
                message_id=message_id,
            )
        )
        return conversation_id

    async def assign(self, tx: Tx, conversation_id: str, agent_id: str) -> None:
        """Give an open conversation to an agent; ``Conflict`` ("conversation_closed") when it is closed."""
        await self._change_open(tx, conversation_id, {"agent_id": agent_id})

    async def finish(self, tx: Tx, conversation_id: str) -> None:
        """Close it; the agent who held it stays on record. To be called by the queue, which ends its item."""
        await self._change_open(tx, conversation_id, {"state": State.CLOSED, "closed_at": self._clock.now()})

    async def _change_open(self, tx: Tx, conversation_id: str, values: dict[str, Any]) -> None:
        is_open = store.conversation.c.state == State.OPEN
        if not await store.update(tx, conversation_id, values, is_open):
            await self.require(tx, conversation_id)
            raise Conflict("conversation_closed")
        self._changed(tx, conversation_id)

    async def mark_alarm(self, tx: Tx, conversation_id: str, rule: str | None) -> None:
        """Note for lists which emergency rule's alarm is open; None: none is."""
        if await store.update(tx, conversation_id, {"alarm": rule}):
            self._changed(tx, conversation_id)

    async def link_case(self, tx: Tx, conversation_id: str, case_id: str) -> None:
        """Note that a case was made from this conversation; once is enough."""
        if await store.insert_case(tx, conversation_id, case_id):
            tx.emit(
                CaseLinked(
                    aggregate=f"conversation:{conversation_id}",
                    conversation_id=conversation_id,
                    case_id=case_id,
                )
            )

    async def for_case(self, reader: Reader, case_id: str) -> list[str]:
        """The ids of the conversations that a case was made from, newest first."""
        return await store.ids_by_case(reader, case_id)

    async def require(self, reader: Reader, conversation_id: str) -> sa.Row[Any]:
        """One conversation; ``NotFound`` when there is none."""
        row = await store.by_id(reader, conversation_id)
        if row is None:
            raise NotFound()
        return row

    async def holder(self, reader: Reader, conversation_id: str) -> str | None:
        """The agent who holds it, or held it last; None when nobody did, or there is no such conversation."""
        row = await store.by_id(reader, conversation_id)
        return str(row.agent_id) if row is not None and row.agent_id is not None else None

    async def contact_changed(self, tx: Tx, recorded: Recorded) -> None:
        """A citizen's name or number is part of what pages show of the open conversations."""
        event = cast(ContactChanged, recorded.event)
        for row in await store.of_contact(tx, event.contact_id, limit=20):
            if row.state == State.OPEN and await store.update(tx, row.id, {}):
                self._changed(tx, row.id)

    def _changed(self, tx: Tx, conversation_id: str) -> None:
        tx.emit(
            ConversationChanged(aggregate=f"conversation:{conversation_id}", conversation_id=conversation_id)
        )


def _payload(new: NewMessage) -> dict[str, Any] | None:
    place = enclosures.location_payload(new.location) if new.location is not None else {}
    return {**(new.payload or {}), **place} if new.payload is not None or place else None


def subscriptions(conversations: Conversations) -> list[Subscription]:
    """What conversations want to hear."""
    return [Subscription("conversations", ContactChanged, conversations.contact_changed)]
