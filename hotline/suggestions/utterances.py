"""What a citizen wrote and said in a conversation, in the order in which it happened."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hotline.calls import store as calls
from hotline.calls.captions import segment_name
from hotline.conversations import store as conversations
from hotline.conversations.model import Author
from hotline.kernel.db import Reader
from hotline.ports.audiosink import Leg
from hotline.recordings import transcript_store
from hotline.suggestions.model import SourceKind, Utterance

MOST_MESSAGES = 200


def of_message(row: sa.Row[Any]) -> Utterance:
    """A message of a chat."""
    return Utterance(SourceKind.MESSAGE, row.id, row.text, row.at)


def segment_id(call_id: str, number: int) -> str:
    """What a citizen's words in a call are called, here and in the live view ``call.segments``."""
    return f"{call_id}/{segment_name(Leg.CITIZEN, number)}"


async def utterances_of(reader: Reader, conversation_id: str) -> list[Utterance]:
    """Everything, the first thing first; of a long chat the newest messages."""
    rows = await conversations.messages_of(reader, conversation_id, None, MOST_MESSAGES)
    said = [of_message(row) for row in rows if row.author == Author.CITIZEN]
    call = (await calls.by_conversations(reader, [conversation_id])).get(conversation_id)
    if call is not None:
        for part in await transcript_store.live_segments(reader, call.id):
            if part.leg == Leg.CITIZEN:
                name = segment_id(call.id, part.number)
                said.append(Utterance(SourceKind.SEGMENT, name, part.text, part.at))
    return sorted(said, key=lambda one: one.at)
