"""The one door: deduplicates, correlates and stores what arrives, in one unit of work."""

from __future__ import annotations

import sqlalchemy as sa

from hotline.contacts.model import Identity
from hotline.contacts.service import Contacts
from hotline.conversations.model import Author, NewMessage, clean_text
from hotline.conversations.service import Conversations
from hotline.errors import Conflict, FieldProblem, InvalidInput
from hotline.intake import store
from hotline.kernel.db import Database, Tx
from hotline.ports.clock import Clock
from hotline.ports.intake import Envelope, Receipt
from hotline.queue.service import Queue

LONGEST_ID = 128
"""Characters of a message id, and of a sender, including what a channel puts before it."""


class IntakeService:
    """Implements ``ports.intake.Intake``."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        contacts: Contacts,
        conversations: Conversations,
        queue: Queue,
    ) -> None:
        self._database = database
        self._clock = clock
        self._contacts = contacts
        self._conversations = conversations
        self._queue = queue

    async def accept(self, envelope: Envelope) -> Receipt:
        """Store a message, once, in the sender's open conversation; without one it opens one, which waits.

        ``InvalidInput`` for a text that is empty or binary and for ids that are none, ``TooLarge``
        ("message_too_long") beyond 4000 characters; nothing is stored then.
        """
        self.check(envelope)
        async with self._database.uow() as tx:
            return await self.enter(tx, envelope)

    def check(self, envelope: Envelope) -> None:
        """Raises as ``accept`` for what cannot enter. What is attached may come without words."""
        if envelope.text.strip() or stand_in_for(envelope) is None:
            clean_text(envelope.text)
        _check_ids(envelope)

    async def enter(self, tx: Tx, envelope: Envelope) -> Receipt:
        """``accept`` inside the caller's unit of work, for an envelope that was checked."""
        known = await self._known(tx, envelope)
        if known is not None:
            return known
        try:
            async with tx.savepoint():
                return await self._enter(tx, envelope)
        except sa.exc.IntegrityError:
            # The same message came twice at the same moment; the other one is it.
            known = await self._known(tx, envelope)
            if known is None:
                raise
            return known

    async def _known(self, tx: Tx, envelope: Envelope) -> Receipt | None:
        row = await store.known(tx, envelope.channel, envelope.message_id)
        return Receipt(row.conversation_id, row.posted_id, repeated=True) if row is not None else None

    async def _enter(self, tx: Tx, envelope: Envelope) -> Receipt:
        contact_id = await self._contacts.identify(tx, Identity(envelope.channel, envelope.sender))
        message = NewMessage(
            Author.CITIZEN,
            envelope.text,
            author_id=envelope.sender,
            client_id=envelope.message_id.rpartition(":")[2],
            sent_at=envelope.sent_at,
            attachments=envelope.attachments,
            location=envelope.location,
            stand_in=stand_in_for(envelope),
        )
        try:
            conversation_id, posted_id = await self._post(tx, envelope, contact_id, message)
        except Conflict:
            # An agent finished the conversation at this very moment: the message begins the next one.
            conversation_id, posted_id = await self._post(tx, envelope, contact_id, message)
        row = {
            "channel": envelope.channel,
            "message_id": envelope.message_id,
            "conversation_id": conversation_id,
            "posted_id": posted_id,
            "at": self._clock.now(),
        }
        await store.insert(tx, row)
        return Receipt(conversation_id, posted_id, repeated=False)

    async def _post(
        self, tx: Tx, envelope: Envelope, contact_id: str, message: NewMessage
    ) -> tuple[str, str]:
        conversation, is_new = await self._conversations.open_for(
            tx, envelope.channel, envelope.sender, contact_id, envelope.language
        )
        posted = await self._conversations.append(tx, conversation.id, message)
        if is_new:
            await self._conversations.notify(tx, conversation.id, "chat_received")
        if conversation.agent_id is None:
            await self._queue.enqueue(tx, conversation.id, envelope.channel)
        return conversation.id, posted.id


def stand_in_for(envelope: Envelope) -> str | None:
    """What a message without words is called in a thread; None when it has to have words."""
    if envelope.attachments:
        return f"message_{envelope.attachments[0].kind}"
    return "message_location" if envelope.location is not None else None


def _check_ids(envelope: Envelope) -> None:
    problems = [
        FieldProblem(name, "field_invalid")
        for name in ("message_id", "sender")
        if not 0 < len(value := getattr(envelope, name)) <= LONGEST_ID or not value.isprintable()
    ]
    if problems:
        raise InvalidInput(problems)
