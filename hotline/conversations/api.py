"""Routes of conversations. Taking one and finishing one are the queue's routes."""

from __future__ import annotations

from pydantic import Field

from hotline.conversations.service import Conversations
from hotline.conversations.views import (
    ConversationView,
    ConversationViews,
    HistoryView,
    MessageView,
    message_views,
    messages_of,
)
from hotline.kernel.db import Database
from hotline.web.endpoint import Call, Endpoints, Schema


class PostMessage(Schema):
    """``id`` is made by the page: sent twice, it is still one message."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    text: str


def conversation_endpoints(
    database: Database, conversations: Conversations, views: ConversationViews
) -> Endpoints:
    """``/api/conversations``."""
    api = Endpoints("conversations")

    @api.get("/api/conversations/{conversation_id}", needs="desk.work")
    async def view(call: Call) -> ConversationView:
        """One conversation; name and number are plain for the agent who holds it."""
        async with database.read() as reader:
            row = await conversations.require(reader, call.path["conversation_id"])
            return await views.one(reader, row, call.who.id)

    @api.get("/api/conversations/{conversation_id}/messages", needs="desk.work")
    async def messages(call: Call) -> list[MessageView]:
        """The newest messages, in order."""
        async with database.read() as reader:
            row = await conversations.require(reader, call.path["conversation_id"])
            return await messages_of(reader, row.id)

    @api.post("/api/conversations/{conversation_id}/messages", needs="desk.work")
    async def post(call: Call, body: PostMessage) -> MessageView:
        """The holding agent writes to the citizen."""
        async with database.uow() as tx:
            row = await conversations.reply(tx, call.who.id, call.path["conversation_id"], body.id, body.text)
            (view,) = await message_views(tx, [row])
        return view

    @api.get("/api/conversations/{conversation_id}/history", needs="desk.work")
    async def history(call: Call) -> HistoryView:
        """The citizen's earlier conversations and cases."""
        async with database.read() as reader:
            row = await conversations.require(reader, call.path["conversation_id"])
            return await views.history(reader, row)

    return api
