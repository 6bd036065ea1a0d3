"""What a slice says of each of its live views."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from hotline.kernel.db import Reader
from hotline.kernel.events import Event
from hotline.web.auth import Principal


@dataclass(frozen=True)
class Entity:
    """One thing on a page. ``version`` grows with each change; an older version is ignored by the client."""

    id: str
    version: int
    data: Mapping[str, Any]


class Feed(Protocol):
    """One kind of live view, for example the waiting items of the queue."""

    @property
    def name(self) -> str:
        """Its name in the protocol."""
        ...

    async def scope(self, reader: Reader, principal: Principal, key: str | None) -> str | None:
        """What the principal may see under ``key``, a string that equal viewers share; None: nothing."""
        ...

    def touched(self, event: Event) -> Iterable[str]:
        """The ids of the entities that an event may have changed, shown or hidden, in any scope."""
        ...

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        """The scope's entities as they are now: all of them, or those of ``ids`` that it contains."""
        ...


@runtime_checkable
class PersonalFeed(Feed, Protocol):
    """A feed with a scope for each person: hundreds of scopes, of which a change touches one or two."""

    async def load_scopes(
        self, reader: Reader, scopes: Collection[str], ids: Sequence[str]
    ) -> Mapping[str, Sequence[Entity]]:
        """As ``load`` for several scopes at once; scopes that contain none of ``ids`` may be left out."""
        ...
