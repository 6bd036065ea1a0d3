"""Use cases of articles: found, written, edited, published, withdrawn, used."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from hotline.errors import Conflict, FieldProblem, Forbidden, InvalidInput, NotFound
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Reader, Tx
from hotline.kernel.ids import new_id
from hotline.knowledge import store
from hotline.knowledge.events import ArticleChanged
from hotline.knowledge.model import Content, State, content_problems, gram_weights, tidy
from hotline.knowledge.store import Wanted
from hotline.knowledge.views import (
    PUBLISH,
    WRITE,
    ArticleView,
    EditionView,
    answers_for,
    article_views,
    edition_views,
    sees_drafts,
)
from hotline.ports.clock import Clock
from hotline.staff.views import units_by_id
from hotline.web.auth import Principal


class Knowledge:
    """Methods join the caller's unit of work; every decision is audited.

    ``categories`` are the codes of the category tree, of every level.
    """

    def __init__(self, clock: Clock, audit: Audit, categories: Collection[str]) -> None:
        self._clock = clock
        self._audit = audit
        self._categories = frozenset(categories)

    async def page(
        self, reader: Reader, who: Principal, wanted: Wanted, offset: int, limit: int
    ) -> tuple[list[ArticleView], int | None]:
        """Articles, the best first, and the offset of the next page; ``Forbidden`` for somebody's drafts."""
        if wanted.shelf != "published":
            if not sees_drafts(who, who.unit_id):
                raise Forbidden(capability=WRITE)
            wanted = replace(wanted, of_unit=who.unit_id)
        rows = await store.page(reader, wanted, self._clock.now(), offset, limit + 1)
        following = offset + limit if len(rows) > limit else None
        return await article_views(reader, rows[:limit], who), following

    async def article(
        self, reader: Reader, who: Principal, article_id: str, *, latest: bool = False
    ) -> ArticleView:
        """An article with the edition that agents see, or for those who write it with its latest.

        ``NotFound``: it is not there, or nothing of it is published and it is not this person's.
        """
        row = await store.by_id(reader, article_id)
        drafts = row is not None and sees_drafts(who, row.unit_id)
        if row is None or (row.published_edition is None and not drafts):
            raise NotFound()
        number = row.latest_edition if (latest and drafts) else row.published_edition or row.latest_edition
        worded = await store.worded(reader, article_id, number)
        if worded is None:
            raise NotFound()
        return (await article_views(reader, [worded], who))[0]

    async def editions(self, reader: Reader, who: Principal, article_id: str) -> list[EditionView]:
        """Every edition, the newest first; ``NotFound`` for who may not see drafts of it."""
        row = await store.by_id(reader, article_id)
        if row is None or not sees_drafts(who, row.unit_id):
            raise NotFound()
        return await edition_views(reader, await store.editions(reader, article_id))

    async def write(self, tx: Tx, who: Principal, unit_id: str | None, content: Content) -> str:
        """A new article as a draft; its id. ``Forbidden`` ("knowledge_other_unit"), ``InvalidInput``."""
        content = self._checked(content)
        if not answers_for(who, unit_id):
            raise Forbidden("knowledge_other_unit")
        if unit_id is not None and unit_id not in await units_by_id(tx, [unit_id]):
            raise InvalidInput([FieldProblem("unit_id", "field_choice")])
        article_id = new_id()
        await self._insert(tx, article_id, unit_id, content, {"state": State.DRAFT}, author_id=who.id)
        await self._note(tx, who.actor, "write", article_id, edition=1, title=content.title)
        self._changed(tx, article_id, State.DRAFT, 1)
        return article_id

    async def edit(self, tx: Tx, who: Principal, article_id: str, version: int, content: Content) -> None:
        """A new edition, which agents see once it is published. ``Conflict`` ("changed_meanwhile")."""
        content = self._checked(content)
        row = await self._theirs(tx, who, WRITE, article_id, version)
        number = row.latest_edition + 1
        await self._add_edition(tx, article_id, number, content, who.id)
        await store.index_only(tx, article_id, _indexed(number, row.published_edition))
        await store.update(tx, article_id, {"latest_edition": number, "changed_at": self._clock.now()})
        await self._note(tx, who.actor, "edit", article_id, edition=number, title=content.title)
        self._changed(tx, article_id, row.state, number)

    async def publish(self, tx: Tx, who: Principal, article_id: str, version: int) -> None:
        """From now on agents see the latest edition.

        ``Conflict`` ("changed_meanwhile", "knowledge_is_published", "knowledge_end_past": its time is over).
        """
        row = await self._theirs(tx, who, PUBLISH, article_id, version)
        number, now = row.latest_edition, self._clock.now()
        if row.published_edition == number:
            raise Conflict("knowledge_is_published")
        worded = await store.worded(tx, article_id, number)
        if worded is not None and worded.valid_until is not None and worded.valid_until <= now:
            raise Conflict("knowledge_end_past")
        values = {"state": State.PUBLISHED, "published_edition": number, "changed_at": now}
        await store.update(tx, article_id, {**values, "published_at": now, "published_by": who.id})
        await store.index_only(tx, article_id, [number])
        await self._note(tx, who.actor, "publish", article_id, edition=number)
        self._changed(tx, article_id, State.PUBLISHED, number)

    async def withdraw(self, tx: Tx, who: Principal, article_id: str, version: int, reason: str) -> None:
        """Agents no longer see it; it can be published again.

        ``Conflict`` ("changed_meanwhile", "knowledge_is_withdrawn").
        """
        row = await self._theirs(tx, who, PUBLISH, article_id, version)
        if row.state == State.WITHDRAWN:
            raise Conflict("knowledge_is_withdrawn")
        values = {"state": State.WITHDRAWN, "published_edition": None, "published_at": None}
        await store.update(tx, article_id, {**values, "published_by": None, "changed_at": self._clock.now()})
        await store.index_only(tx, article_id, [row.latest_edition])
        await self._note(tx, who.actor, "withdraw", article_id, edition=row.published_edition, reason=reason)
        self._changed(tx, article_id, State.WITHDRAWN, row.latest_edition)

    async def use(self, tx: Tx, article_id: str) -> None:
        """An agent read it out or sent it: counted, so that what helps comes first. ``NotFound``."""
        if not await store.count_use(tx, article_id):
            raise NotFound()

    async def bring_along(
        self, tx: Tx, actor: str, articles: Mapping[str, tuple[str | None, Content]]
    ) -> int:
        """Articles of the demo, by id with their unit: published at once; those that are there stay.

        Returns how many were added.
        """
        missing = articles.keys() - await store.known_ids(tx, articles.keys())
        now = self._clock.now()
        shown = {"state": State.PUBLISHED, "published_edition": 1, "published_at": now, "demo": True}
        for article_id in sorted(missing):
            unit_id, content = articles[article_id]
            await self._insert(tx, article_id, unit_id, self._checked(content), shown, author_id=None)
            self._changed(tx, article_id, State.PUBLISHED, 1)
        if missing:
            await self._audit.append(
                tx, Act(actor, "knowledge.bring_along", "knowledge", detail={"added": len(missing)})
            )
        return len(missing)

    def _checked(self, content: Content) -> Content:
        content = tidy(content)
        if problems := content_problems(content, self._categories, self._clock.now()):
            raise InvalidInput(problems)
        return content

    async def _insert(
        self,
        tx: Tx,
        article_id: str,
        unit_id: str | None,
        content: Content,
        values: Mapping[str, Any],
        author_id: str | None,
    ) -> None:
        row = {"id": article_id, "unit_id": unit_id, "latest_edition": 1, "changed_at": self._clock.now()}
        await store.insert(tx, {**row, "used": 0, "demo": False, "version": 1, **values})
        await self._add_edition(tx, article_id, 1, content, author_id)

    async def _add_edition(
        self, tx: Tx, article_id: str, number: int, content: Content, author_id: str | None
    ) -> None:
        words = {**asdict(content), "categories": [*content.categories], "keywords": [*content.keywords]}
        row = {"article_id": article_id, "edition": number, "author_id": author_id, "at": self._clock.now()}
        await store.add_edition(tx, {**row, **words}, gram_weights(content))

    async def _theirs(
        self, tx: Tx, who: Principal, capability: str, article_id: str, version: int
    ) -> sa.Row[Any]:
        row = await store.by_id(tx, article_id, lock=True)
        if row is None or (row.published_edition is None and not sees_drafts(who, row.unit_id)):
            raise NotFound()
        if not who.may(capability):
            raise Forbidden(capability=capability)
        if not answers_for(who, row.unit_id):
            raise Forbidden("knowledge_other_unit")
        if row.version != version:
            raise Conflict("changed_meanwhile")
        return row

    async def _note(self, tx: Tx, actor: str, what: str, article_id: str, **detail: Any) -> None:
        act = Act(actor, f"knowledge.{what}", f"knowledge:{article_id}", detail=detail)
        await self._audit.append(tx, act)

    @staticmethod
    def _changed(tx: Tx, article_id: str, state: str, number: int) -> None:
        tx.emit(
            ArticleChanged(
                aggregate=f"knowledge:{article_id}", article_id=article_id, state=state, edition=number
            )
        )


def _indexed(latest: int, published: int | None) -> list[int]:
    return [latest] if published is None else [latest, published]
