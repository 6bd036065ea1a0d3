"""Use cases of suggestions: proposing values, accepting and rejecting them, and who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hotline.conversations.service import Conversations
from hotline.errors import Conflict, NotFound
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Database, Reader, Tx
from hotline.kernel.ids import new_id
from hotline.ports.clock import Clock
from hotline.queue import store as queue_store
from hotline.suggestions import store
from hotline.suggestions.events import ReadingChanged, SuggestionChanged
from hotline.suggestions.model import (
    FieldName,
    Proposed,
    Standing,
    SuggestionState,
    may_propose,
    quoted,
)
from hotline.web.auth import Principal

LEADS = "queue.view"
"""Whoever watches the queue may look into every conversation of it."""

_ACTS: Mapping[SuggestionState, str] = {
    SuggestionState.ACCEPTED: "accept",
    SuggestionState.REJECTED: "reject",
}


class Suggestions:
    """Methods join the caller's unit of work; every decision is audited."""

    def __init__(self, database: Database, clock: Clock, audit: Audit, conversations: Conversations) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._conversations = conversations

    # -- what the machine does

    async def want(self, tx: Tx, conversation_id: str) -> None:
        """Something new was said: it is to be read."""
        values = {"wanted": store.reading.c.wanted + 1, "wanted_at": self._clock.now()}
        if not await store.update_reading(tx, conversation_id, values):
            row = {"conversation_id": conversation_id, "wanted": 1, "done": 0, "duplicates": [], "version": 1}
            try:
                async with tx.savepoint():
                    await store.insert_reading(tx, {**row, "wanted_at": self._clock.now()})
            except sa.exc.IntegrityError:
                await store.update_reading(tx, conversation_id, values)
        self._reading_changed(tx, conversation_id, is_due=True)

    async def propose(self, tx: Tx, conversation_id: str, proposed: Sequence[Proposed]) -> None:
        """Put values up where ``may_propose`` allows; what is the same as before stays untouched."""
        known = await store.suggestions_of(tx, conversation_id)
        for one in proposed:
            row = known.get(one.field)
            if not may_propose(_standing(row), one.value):
                continue
            values = _columns(one)
            if row is None:
                await self._insert(tx, conversation_id, one.field, values)
            elif any(getattr(row, name) != value for name, value in values.items()):
                await self._replace(tx, row, values)

    async def take_back(self, tx: Tx, conversation_id: str, field: FieldName, kind: str) -> None:
        """A proposed value loses its ground, where its reason is of this kind; a decided one stays."""
        row = (await store.suggestions_of(tx, conversation_id)).get(field)
        if row is None or row.state != SuggestionState.PROPOSED or row.reason.get("kind") != kind:
            return
        # An empty value is nothing; the row keeps what people rejected.
        await self._replace(tx, row, _NOTHING)

    async def was_read(
        self, tx: Tx, conversation_id: str, done: int, model: str | None, duplicates: Sequence[Any]
    ) -> None:
        """A reading of what was said up to ``done`` is over."""
        values = {"done": done, "model": model, "duplicates": list(duplicates)}
        await store.update_reading(tx, conversation_id, values)
        self._reading_changed(tx, conversation_id, is_due=False)

    # -- what people do

    async def accept(self, tx: Tx, who: Principal, suggestion_id: str, version: int) -> None:
        """Take the value. ``Conflict`` ("changed_meanwhile") when it is not at ``version``, or taken."""
        row = await self._require(tx, suggestion_id)
        left = [value for value in row.rejected if value != row.value]
        await self._decide(tx, who, row, version, SuggestionState.ACCEPTED, left)

    async def reject(self, tx: Tx, who: Principal, suggestion_id: str, version: int) -> None:
        """Refuse the value, for good in this conversation; raises as ``accept``."""
        row = await self._require(tx, suggestion_id)
        left = list(dict.fromkeys([*row.rejected, row.value]))
        await self._decide(tx, who, row, version, SuggestionState.REJECTED, left)

    async def sees(self, reader: Reader, who: Principal, conversation_id: str) -> bool:
        """Whether the conversation is this one's business: it is held by, on offer to, or led by them."""
        if who.may(LEADS):
            return await self._exists(reader, conversation_id)
        item = await queue_store.item(reader, conversation_id)
        is_offered = item is not None and item.offered_to == who.id
        return is_offered or await self._conversations.holder(reader, conversation_id) == who.id

    async def decides(self, reader: Reader, who: Principal, conversation_id: str) -> bool:
        """Whether this one may decide there: who holds it, and shift leads."""
        if who.may(LEADS):
            return await self._exists(reader, conversation_id)
        return await self._conversations.holder(reader, conversation_id) == who.id

    async def refused(self, who: Principal, action: str, what: str, address: str) -> NotFound:
        """The answer to one whose business it is not, once that is in the audit."""
        shown = what.encode("unicode_escape").decode()[:100]
        await self._audit.denied(self._database, who.actor, action, shown, address=address)
        return NotFound()

    async def _exists(self, reader: Reader, conversation_id: str) -> bool:
        try:
            await self._conversations.require(reader, conversation_id)
        except NotFound:
            return False
        return True

    async def _require(self, tx: Tx, suggestion_id: str) -> sa.Row[Any]:
        row = await store.suggestion_by_id(tx, suggestion_id)
        if row is None or not row.value:
            raise NotFound()
        return row

    async def _decide(
        self,
        tx: Tx,
        who: Principal,
        row: sa.Row[Any],
        version: int,
        to: SuggestionState,
        rejected: list[str],
    ) -> None:
        decided = {"decided_by": who.id, "decided_at": self._clock.now(), "rejected": rejected}
        if row.state == to or not await store.update_suggestion(
            tx, row.id, version, {"state": to, **decided}
        ):
            raise Conflict("changed_meanwhile")
        detail = {"conversation": row.conversation_id, "field": row.field, "value": row.value}
        act = Act(who.actor, f"suggestion.{_ACTS[to]}", f"suggestion:{row.id}", detail=detail)
        await self._audit.append(tx, act)
        self._changed(tx, row.conversation_id, row.field)

    async def _insert(self, tx: Tx, conversation_id: str, field: str, values: Mapping[str, Any]) -> None:
        row = {
            "id": new_id(),
            "conversation_id": conversation_id,
            "field": field,
            "state": SuggestionState.PROPOSED,
            "rejected": [],
            "at": self._clock.now(),
            "version": 1,
        }
        try:
            async with tx.savepoint():
                await store.insert_suggestion(tx, {**row, **values})
        except sa.exc.IntegrityError:
            # Something else was proposed at the same moment; the next reading looks again.
            return
        self._changed(tx, conversation_id, field)

    async def _replace(self, tx: Tx, row: sa.Row[Any], values: Mapping[str, Any]) -> None:
        fresh = {"state": SuggestionState.PROPOSED, "decided_by": None, "decided_at": None}
        now = {"at": self._clock.now()}
        if await store.update_suggestion(tx, row.id, row.version, {**values, **fresh, **now}):
            self._changed(tx, row.conversation_id, row.field)

    @staticmethod
    def _changed(tx: Tx, conversation_id: str, field: str) -> None:
        aggregate = f"suggestions:{conversation_id}"
        tx.emit(SuggestionChanged(aggregate=aggregate, conversation_id=conversation_id, field=field))

    @staticmethod
    def _reading_changed(tx: Tx, conversation_id: str, *, is_due: bool) -> None:
        aggregate = f"suggestions:{conversation_id}"
        tx.emit(ReadingChanged(aggregate=aggregate, conversation_id=conversation_id, is_due=is_due))


_NOTHING: Mapping[str, Any] = {
    "value": "",
    "confidence": 0.0,
    "needs_human": False,
    "source_kind": None,
    "source_id": None,
    "span_start": None,
    "span_end": None,
    "quote": None,
    "reason": {},
    "model": "",
}


def _columns(one: Proposed) -> dict[str, Any]:
    values = {**_NOTHING, "value": one.value, "confidence": one.confidence, "needs_human": one.needs_human}
    values |= {"reason": dict(one.reason), "model": one.model}
    if one.evidence is not None:
        where = quoted(one.evidence)
        values |= {"source_kind": where.kind, "source_id": where.id, "quote": where.quote}
        values |= {"span_start": where.start, "span_end": where.end}
    return values


def _standing(row: sa.Row[Any] | None) -> Standing | None:
    if row is None:
        return None
    return Standing(row.value, SuggestionState(row.state), frozenset(row.rejected))
