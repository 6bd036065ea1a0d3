"""What happens to conversations. The aggregate is the conversation: its events keep their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ConversationOpened(Event):
    """A citizen began to write."""

    name: ClassVar[str] = "conversations.conversation_opened"
    conversation_id: str


@dataclass(frozen=True, kw_only=True)
class ConversationChanged(Event):
    """It got or lost its agent, was finished, or its citizen's name or number changed."""

    name: ClassVar[str] = "conversations.conversation_changed"
    conversation_id: str


@dataclass(frozen=True, kw_only=True)
class MessagePosted(Event):
    """A message was added; ``author`` and ``kind`` as in the model."""

    name: ClassVar[str] = "conversations.message_posted"
    conversation_id: str
    message_id: str
    author: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class MessageChanged(Event):
    """What a message carries beside its text changed: a survey was answered."""

    name: ClassVar[str] = "conversations.message_changed"
    conversation_id: str
    message_id: str


@dataclass(frozen=True, kw_only=True)
class CaseLinked(Event):
    """A case was made from this conversation."""

    name: ClassVar[str] = "conversations.case_linked"
    conversation_id: str
    case_id: str
