"""Routes of alarms and suggestions."""

from __future__ import annotations

from pydantic import Field

from hotline.errors import NotFound
from hotline.kernel.db import Database
from hotline.suggestions import store
from hotline.suggestions.dangers import Dangers
from hotline.suggestions.service import Suggestions
from hotline.suggestions.views import DangerAlarmView, SuggestionsView, SuggestionView, SuggestionViews
from hotline.web.endpoint import Call, Endpoints, Schema


class VersionBody(Schema):
    """``version`` is the one the page showed."""

    version: int


class CancelBody(VersionBody):
    """``reason``: why it is no danger, at least two characters."""

    reason: str = Field(max_length=500)


def suggestion_endpoints(
    database: Database, suggestions: Suggestions, dangers: Dangers, views: SuggestionViews
) -> Endpoints:
    """``/api/conversations/{id}/suggestions``, ``/api/suggestions`` and ``/api/alarms/{id}/…``."""
    api = Endpoints("suggestions")

    async def owned(call: Call, conversation_id: str | None, action: str, what: str) -> None:
        """Refuses, with a note in the audit, whoever may not decide in the conversation."""
        async with database.read() as reader:
            if conversation_id is not None and await suggestions.decides(reader, call.who, conversation_id):
                return
        raise await suggestions.refused(call.who, action, what, call.address)

    async def shown_alarm(alarm_id: str) -> DangerAlarmView:
        async with database.read() as reader:
            row = await store.alarm_by_id(reader, alarm_id)
            if row is None:
                raise NotFound()
            return (await views.alarms(reader, [row]))[0]

    async def shown(suggestion_id: str) -> SuggestionView:
        async with database.read() as reader:
            row = await store.suggestion_by_id(reader, suggestion_id)
            found = await views.suggestions(reader, {row.field: row}) if row is not None else []
            if not found:
                raise NotFound()
            return found[0]

    @api.get("/api/conversations/{conversation_id}/suggestions", needs="desk.work")
    async def of_conversation(call: Call) -> SuggestionsView:
        """What is proposed for a conversation; as in the live view ``suggestions``."""
        conversation_id = call.path["conversation_id"]
        async with database.read() as reader:
            if await suggestions.sees(reader, call.who, conversation_id):
                return await views.whole(reader, conversation_id)
        what = f"conversation:{conversation_id}"
        raise await suggestions.refused(call.who, "suggestions.view", what, call.address)

    @api.post("/api/suggestions/{id}/accept", needs="desk.work")
    async def accept(call: Call, body: VersionBody) -> SuggestionView:
        """Take the value."""
        row_id = call.path["id"]
        await owned(call, await _of_suggestion(database, row_id), "suggestion.accept", f"suggestion:{row_id}")
        async with database.uow() as tx:
            await suggestions.accept(tx, call.who, row_id, body.version)
        return await shown(row_id)

    @api.post("/api/suggestions/{id}/reject", needs="desk.work")
    async def reject(call: Call, body: VersionBody) -> SuggestionView:
        """Refuse the value; it is not proposed again for this conversation."""
        row_id = call.path["id"]
        await owned(call, await _of_suggestion(database, row_id), "suggestion.reject", f"suggestion:{row_id}")
        async with database.uow() as tx:
            await suggestions.reject(tx, call.who, row_id, body.version)
        return await shown(row_id)

    @api.post("/api/alarms/{id}/confirm", needs="desk.work")
    async def confirm(call: Call, body: VersionBody) -> DangerAlarmView:
        """It is so."""
        alarm_id = call.path["id"]
        await owned(call, await _of_alarm(database, alarm_id), "alarm.confirm", f"alarm:{alarm_id}")
        async with database.uow() as tx:
            await dangers.confirm(tx, call.who, alarm_id, body.version)
        return await shown_alarm(alarm_id)

    @api.post("/api/alarms/{id}/cancel", needs="desk.work")
    async def cancel(call: Call, body: CancelBody) -> DangerAlarmView:
        """It is not so, and why (DOMAIN §4.4)."""
        alarm_id = call.path["id"]
        await owned(call, await _of_alarm(database, alarm_id), "alarm.cancel", f"alarm:{alarm_id}")
        async with database.uow() as tx:
            await dangers.cancel(tx, call.who, alarm_id, body.version, body.reason)
        return await shown_alarm(alarm_id)

    return api


async def _of_suggestion(database: Database, suggestion_id: str) -> str | None:
    async with database.read() as reader:
        row = await store.suggestion_by_id(reader, suggestion_id)
    return str(row.conversation_id) if row is not None else None


async def _of_alarm(database: Database, alarm_id: str) -> str | None:
    async with database.read() as reader:
        row = await store.alarm_by_id(reader, alarm_id)
    return str(row.conversation_id) if row is not None else None
