"""Routes of conversations. Taking one and finishing one are the queue's routes."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from hotline.conversations import enclosures
from hotline.conversations.service import Conversations
from hotline.conversations.views import (
    ConversationView,
    ConversationViews,
    HistoryView,
    MessageView,
    message_views,
    messages_of,
)
from hotline.errors import NotFound
from hotline.files.model import SHOWN
from hotline.files.service import Files, StoredFile
from hotline.kernel.db import Database
from hotline.web.endpoint import Call, Endpoints, Schema


class PostMessage(Schema):
    """``id`` is made by the page: sent twice, it is still one message."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    text: str


class Which(Schema):
    """``original``: byte for byte what was sent, to be saved rather than shown."""

    original: bool = False


def conversation_endpoints(
    database: Database, conversations: Conversations, views: ConversationViews, files: Files
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

    @api.get("/api/conversations/{conversation_id}/attachments/{attachment_id}", needs="desk.work")
    async def attachment(call: Call, query: Which) -> bytes:
        """What the citizen sent along, as it can be shown."""
        async with database.read() as reader:
            row = await enclosures.attachment_by_id(reader, call.path["attachment_id"])
            owner = await enclosures.conversation_of(reader, row) if row is not None else None
            if row is None or row.shown_id is None or owner != call.path["conversation_id"]:
                raise NotFound()
            found = await files.find(reader, row.file_id if query.original else row.shown_id)
        return _file_response(found, as_download=query.original)  # type: ignore[return-value]

    @api.get("/api/conversations/{conversation_id}/history", needs="desk.work")
    async def history(call: Call) -> HistoryView:
        """The citizen's earlier conversations and cases."""
        async with database.read() as reader:
            row = await conversations.require(reader, call.path["conversation_id"])
            return await views.history(reader, row)

    return api


def _file_response(found: StoredFile, *, as_download: bool) -> web.FileResponse:
    """Nothing in a stranger's file may run: it is shown as what its bytes say, or only saved."""
    inline = found.mime in SHOWN and not as_download
    kind, _, form = found.mime.partition("/")
    name = f"{kind}-{found.id[-8:]}.{form}"
    headers = {
        "Content-Type": found.mime if inline else "application/octet-stream",
        "Content-Disposition": "inline" if inline else f'attachment; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return web.FileResponse(found.path, headers=headers)
