"""Routes of articles."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hotline.kernel.db import Database
from hotline.knowledge.model import (
    BODY_LENGTH,
    KEYWORD_LENGTH,
    LABELS,
    TITLE_LENGTH,
    Content,
    Kind,
    asked_grams,
)
from hotline.knowledge.service import Knowledge
from hotline.knowledge.store import Shelf, Wanted
from hotline.knowledge.views import PUBLISH, WRITE, ArticleView, EditionView
from hotline.staff.paging import number_from_cursor, to_cursor
from hotline.web.endpoint import Call, Endpoints, Instant, Schema

READ = "knowledge.read"
CODE = r"^[A-Z]{2}(-[0-9]{2}){0,2}$"
FARTHEST = 10_000
"""Nobody pages so far by hand; a forged cursor stops here."""


class KnowledgeQuery(Schema):
    """``q``: words as people say them. ``category``: a code of any level; what is filed above counts as well.

    ``shelf`` other than ``published`` shows latest editions to those who write or publish.
    """

    q: str = Field(default="", max_length=80)
    category: str | None = Field(default=None, pattern=CODE)
    unit_id: str | None = Field(default=None, max_length=32)
    kind: Kind | None = None
    shelf: Shelf = "published"
    cursor: str | None = Field(default=None, max_length=40)
    limit: int = Field(default=20, ge=1, le=50)


class KnowledgePage(Schema):
    """Articles, the best first; ``next`` is the cursor of what follows."""

    items: list[ArticleView]
    next: str | None


class ArticleQuery(Schema):
    """``latest``: the newest edition instead of the one agents see, for those who write it."""

    latest: bool = False


class ArticleBody(Schema):
    """What an article says; lines of ``body`` that begin with a hyphen or a number read as lists."""

    kind: Kind
    title: str = Field(min_length=1, max_length=TITLE_LENGTH)
    body: str = Field(min_length=1, max_length=BODY_LENGTH)
    categories: list[Annotated[str, Field(pattern=CODE)]] = Field(default=[], max_length=LABELS)
    keywords: list[Annotated[str, Field(max_length=KEYWORD_LENGTH)]] = Field(default=[], max_length=LABELS)
    valid_until: Instant | None = None

    def content(self) -> Content:
        """The same for the service."""
        return Content(
            kind=self.kind,
            title=self.title,
            body=self.body,
            categories=tuple(self.categories),
            keywords=tuple(self.keywords),
            valid_until=self.valid_until,
        )


class NewArticleBody(ArticleBody):
    """``unit_id``: whose matter it is, None for the centre's own; it stays so."""

    unit_id: str | None = Field(default=None, max_length=32)


class EditBody(ArticleBody):
    """``version`` is the one the page showed."""

    version: int


class PublishBody(Schema):
    """``version`` is the one the page showed: what is published is what was read."""

    version: int


class WithdrawBody(PublishBody):
    """``reason`` goes into the audit trail."""

    reason: str = Field(min_length=2, max_length=500)


def knowledge_endpoints(database: Database, knowledge: Knowledge) -> Endpoints:
    """``/api/knowledge``."""
    api = Endpoints("knowledge")

    @api.get("/api/knowledge", needs=READ)
    async def find(call: Call, query: KnowledgeQuery) -> KnowledgePage:
        """Articles by words, category, unit and kind."""
        wanted = Wanted(query.shelf, asked_grams(query.q), query.category, query.unit_id, query.kind)
        if query.q.strip() and not wanted.grams:
            return KnowledgePage(items=[], next=None)
        offset = min(number_from_cursor(query.cursor) or 0, FARTHEST)
        async with database.read() as reader:
            items, following = await knowledge.page(reader, call.who, wanted, offset, query.limit)
        return KnowledgePage(items=items, next=to_cursor(following))

    @api.get("/api/knowledge/{id}", needs=READ)
    async def article(call: Call, query: ArticleQuery) -> ArticleView:
        """One article."""
        async with database.read() as reader:
            return await knowledge.article(reader, call.who, call.path["id"], latest=query.latest)

    @api.get("/api/knowledge/{id}/editions", needs=WRITE)
    async def editions(call: Call) -> list[EditionView]:
        """Every edition that was written, the newest first."""
        async with database.read() as reader:
            return await knowledge.editions(reader, call.who, call.path["id"])

    @api.post("/api/knowledge", needs=WRITE)
    async def write(call: Call, body: NewArticleBody) -> ArticleView:
        """A new article, as a draft."""
        async with database.uow() as tx:
            article_id = await knowledge.write(tx, call.who, body.unit_id, body.content())
            return await knowledge.article(tx, call.who, article_id, latest=True)

    @api.put("/api/knowledge/{id}", needs=WRITE)
    async def edit(call: Call, body: EditBody) -> ArticleView:
        """A new edition; agents see it once it is published."""
        async with database.uow() as tx:
            await knowledge.edit(tx, call.who, call.path["id"], body.version, body.content())
            return await knowledge.article(tx, call.who, call.path["id"], latest=True)

    @api.post("/api/knowledge/{id}/publish", needs=PUBLISH)
    async def publish(call: Call, body: PublishBody) -> ArticleView:
        """Let agents see the latest edition."""
        async with database.uow() as tx:
            await knowledge.publish(tx, call.who, call.path["id"], body.version)
            return await knowledge.article(tx, call.who, call.path["id"], latest=True)

    @api.post("/api/knowledge/{id}/withdraw", needs=PUBLISH)
    async def withdraw(call: Call, body: WithdrawBody) -> ArticleView:
        """Let agents no longer see it."""
        async with database.uow() as tx:
            await knowledge.withdraw(tx, call.who, call.path["id"], body.version, body.reason.strip())
            return await knowledge.article(tx, call.who, call.path["id"], latest=True)

    @api.post("/api/knowledge/{id}/use", needs=READ)
    async def use(call: Call) -> None:
        """Count that it was read out or sent."""
        async with database.uow() as tx:
            await knowledge.use(tx, call.path["id"])

    return api
