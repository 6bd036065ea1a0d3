"""What happens in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class QueueItemChanged(Event):
    """A conversation's place changed hands; ``agent_ids`` are those who have or had to do with it."""

    name: ClassVar[str] = "queue.item_changed"
    conversation_id: str
    state: str
    agent_ids: list[str]


@dataclass(frozen=True, kw_only=True)
class AgentStateChanged(Event):
    """An agent's state, or how many conversations the agent serves, changed."""

    name: ClassVar[str] = "queue.agent_state_changed"
    user_id: str
