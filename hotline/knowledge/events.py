"""What happens to articles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ArticleChanged(Event):
    """An article was written, edited, published or withdrawn; ``edition`` is its latest."""

    name: ClassVar[str] = "knowledge.article_changed"
    article_id: str
    state: str
    edition: int
