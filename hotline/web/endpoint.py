"""Endpoints: how a slice declares its routes, from whose types requests are checked and OpenAPI is made."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from hotline.errors import NotSignedIn
from hotline.web.auth import Principal

Audience = Literal["staff", "citizen", "anyone"]
JSON_BYTES = 256 * 1024
"""A request body is at most so large unless its endpoint says otherwise."""


def _storable(instant: datetime) -> datetime:
    """Years that exist in every time zone and on both databases."""
    if not 1900 <= instant.year < 9999:
        raise ValueError("field_range")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_storable)]
"""A point in time that somebody sends."""


class Schema(BaseModel):
    """Base of what comes in and goes out; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Call:
    """One request, as a handler sees it. ``principal`` is None only where the audience is ``anyone``."""

    request: web.Request
    principal: Principal | None
    language: str

    @property
    def who(self) -> Principal:
        """The principal, where the endpoint demands one."""
        if self.principal is None:
            raise NotSignedIn()
        return self.principal

    @property
    def path(self) -> Mapping[str, str]:
        """The values of the route's ``{placeholders}``."""
        return self.request.match_info

    @property
    def address(self) -> str:
        """The peer's address, for throttling; never from a header that the peer could write."""
        return self.request.remote or "unknown"


@dataclass(frozen=True)
class Endpoint:
    """One route. ``needs`` is the staff capability; ``body`` is a ``Schema`` or ``bytes``."""

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    audience: Audience
    needs: str | None
    tag: str
    body: Any
    query: type[BaseModel] | None
    reply: Any
    status: int
    max_bytes: int

    @property
    def operation_id(self) -> str:
        """The name that the generated client calls it by."""
        return f"{self.tag}_{self.handler.__name__}"

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").split("\n")[0]


Handler = typing.TypeVar("Handler", bound=Callable[..., Awaitable[Any]])


class Endpoints:
    """The routes of one slice.

    A handler is ``async def name(call, [body], [query]) -> Reply``; the annotations of ``body``, ``query``
    and the return value are the contract. Every route needs a capability, except those for ``citizen`` and
    ``anyone``, and those marked ``needs=None`` on purpose (any signed-in member of staff).
    """

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.all: list[Endpoint] = []

    def route(
        self,
        method: str,
        path: str,
        *,
        needs: str | None = None,
        audience: Audience = "staff",
        status: int | None = None,
        max_bytes: int = JSON_BYTES,
    ) -> Callable[[Handler], Handler]:
        """Declare a route; see the class."""

        def declare(handler: Handler) -> Handler:
            hints = typing.get_type_hints(handler)
            reply = hints.get("return", type(None))
            self.all.append(
                Endpoint(
                    method=method,
                    path=path,
                    handler=handler,
                    audience=audience,
                    needs=needs,
                    tag=self.tag,
                    body=hints.get("body"),
                    query=hints.get("query"),
                    reply=None if reply is type(None) else reply,
                    status=status or (204 if reply is type(None) else 200),
                    max_bytes=max_bytes,
                )
            )
            return handler

        return declare

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """A route that only reads."""
        return self.route("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """A route that does something."""
        return self.route("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """A route that replaces something."""
        return self.route("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """A route that changes parts of something."""
        return self.route("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """A route that ends something."""
        return self.route("DELETE", path, **options)
