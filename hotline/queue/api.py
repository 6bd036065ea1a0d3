"""Routes of the queue and of agents' states."""

from __future__ import annotations

from pydantic import Field

from hotline.conversations.service import Conversations
from hotline.conversations.views import ConversationView, ConversationViews
from hotline.errors import Forbidden
from hotline.kernel.db import Database
from hotline.kernel.sealing import Sealer
from hotline.queue.feeds import MAY_SEE
from hotline.queue.model import AgentWord
from hotline.queue.service import Queue
from hotline.queue.views import AgentStateView, QueueItemView, agent_state_view, queue_items
from hotline.web.endpoint import Call, Endpoints, Schema


class SetAgentState(Schema):
    """The new state; ``version`` is the one that the page showed, when it wants to be sure of it."""

    state: AgentWord
    reason: str | None = Field(default=None, max_length=80)
    version: int | None = None


class AcceptedView(Schema):
    """The conversation that is the agent's now."""

    conversation_id: str


def queue_endpoints(
    database: Database, queue: Queue, conversations: Conversations, views: ConversationViews, sealer: Sealer
) -> Endpoints:
    """``/api/queue``, ``/api/agent/state``, and taking and finishing conversations."""
    api = Endpoints("queue")

    @api.get("/api/agent/state", needs="desk.work")
    async def agent_state(call: Call) -> AgentStateView:
        """The own state."""
        async with database.read() as reader:
            return await agent_state_view(reader, call.who.id)

    @api.put("/api/agent/state", needs="desk.work")
    async def set_agent_state(call: Call, body: SetAgentState) -> AgentStateView:
        """Be ready, busy or offline."""
        async with database.uow() as tx:
            await queue.set_state(tx, call.who.id, body.state, body.reason, body.version)
            return await agent_state_view(tx, call.who.id)

    @api.get("/api/queue")
    async def items(call: Call) -> list[QueueItemView]:
        """All that waits, is on offer, or was taken by somebody who is away, in order."""
        if not any(call.who.may(one) for one in MAY_SEE):
            raise Forbidden("forbidden", capability=MAY_SEE[0])
        async with database.read() as reader:
            return await queue_items(reader, sealer)

    @api.post("/api/queue/items/{item_id}/accept", needs="desk.work")
    async def accept(call: Call) -> AcceptedView:
        """Take what is on offer."""
        conversation_id = call.path["item_id"]
        async with database.uow() as tx:
            await queue.accept(tx, call.who.id, conversation_id)
        return AcceptedView(conversation_id=conversation_id)

    @api.post("/api/queue/items/{item_id}/decline", needs="desk.work")
    async def decline(call: Call) -> None:
        """Give back what is on offer; it keeps its place."""
        async with database.uow() as tx:
            await queue.decline(tx, call.who.id, call.path["item_id"])

    @api.post("/api/conversations/{conversation_id}/take", needs="desk.work")
    async def take(call: Call) -> AcceptedView:
        """Take over from an agent who is away."""
        conversation_id = call.path["conversation_id"]
        async with database.uow() as tx:
            await queue.take(tx, call.who.id, conversation_id)
        return AcceptedView(conversation_id=conversation_id)

    @api.post("/api/conversations/{conversation_id}/finish", needs="desk.work")
    async def finish(call: Call) -> ConversationView:
        """End a conversation."""
        conversation_id = call.path["conversation_id"]
        async with database.uow() as tx:
            await queue.finish(tx, call.who.id, conversation_id)
            row = await conversations.require(tx, conversation_id)
            return await views.one(tx, row, call.who.id)

    return api
