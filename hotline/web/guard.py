"""The guard in front of every handler: who asks, from which page, with which right, with what body."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from aiohttp import web
from pydantic import BaseModel, TypeAdapter

from hotline.errors import FieldProblem, Forbidden, InvalidInput, NotSignedIn, TooLarge
from hotline.kernel.db import Database
from hotline.web.auth import Authenticator, Kind, Principal, header_bytes
from hotline.web.catalogue import choose_language
from hotline.web.endpoint import Call, Endpoint
from hotline.web.sessions import Sessions

STAFF_COOKIE = "hotline_session"
CITIZEN_COOKIE = "hotline_citizen"
COOKIES: dict[Kind, str] = {"staff": STAFF_COOKIE, "citizen": CITIZEN_COOKIE}
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD"})

OnDenied = Callable[[Principal, str, str], Awaitable[None]]


def cookie_name(request: web.Request, base: str) -> str:
    """``base``, with an unusual port: browsers share cookies between the ports of a host."""
    return cookie_at_port(base, request.url.port)


def cookie_at_port(base: str, port: int | None) -> str:
    """See ``cookie_name``."""
    return base if port in (None, 80, 443) else f"{base}_{port}"


def same_origin(request: web.Request) -> bool:
    """Whether a browser sent this from one of our own pages (or it is no browser: no Origin header)."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    return origin.partition("://")[2] == request.host


class Guard:
    """Recognises principals and wraps endpoints into aiohttp handlers."""

    def __init__(
        self, database: Database, sessions: Sessions, authenticator: Authenticator, on_denied: OnDenied
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._authenticator = authenticator
        self._on_denied = on_denied

    async def recognise(self, request: web.Request, kind: Kind) -> Principal | None:
        """The principal of the request's cookie, with the capabilities it has now."""
        token = request.cookies.get(cookie_name(request, COOKIES[kind]))
        if not token:
            return None
        async with self._database.read() as reader:
            session = await self._sessions.find(reader, token, kind)
        if session is None:
            return None
        await self._sessions.touch(session)
        if kind == "citizen":
            nothing: frozenset[str] = frozenset()
            return Principal("citizen", session.subject, "", (), nothing, None, session.key, session.csrf)
        account = await self._authenticator.load(session.subject)
        if account is None:
            return None
        return Principal(
            "staff",
            account.id,
            account.name,
            account.roles,
            account.capabilities,
            account.unit_id,
            session.key,
            session.csrf,
        )

    def wrap(self, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The aiohttp handler of ``endpoint``."""

        async def handle(request: web.Request) -> web.StreamResponse:
            principal = await self._admit(endpoint, request)
            if any("\0" in text for text in (*request.match_info.values(), *request.query.values())):
                if endpoint.audience == "staff" and principal is not None:
                    await self._on_denied(principal, endpoint.operation_id, endpoint.path)
                raise InvalidInput([FieldProblem("", "text_binary")])
            language = choose_language(request.headers.get("Accept-Language"))
            arguments: dict[str, Any] = {}
            if endpoint.body is not None:
                arguments["body"] = await _read_body(endpoint, request)
            if endpoint.query is not None:
                arguments["query"] = _read_query(endpoint.query, request)
            reply = await endpoint.handler(Call(request, principal, language), **arguments)
            return _respond(endpoint, reply)

        return handle

    async def _admit(self, endpoint: Endpoint, request: web.Request) -> Principal | None:
        if request.method not in SAFE and not same_origin(request):
            raise Forbidden("cross_origin")
        if endpoint.audience == "anyone":
            return None
        principal = await self.recognise(request, endpoint.audience)
        if principal is None:
            raise NotSignedIn()
        if request.method not in SAFE:
            given = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(header_bytes(given), principal.csrf.encode()):
                raise Forbidden("csrf")
        if endpoint.needs is not None and not principal.may(endpoint.needs):
            await self._on_denied(principal, endpoint.operation_id, endpoint.path)
            raise Forbidden("forbidden", capability=endpoint.needs)
        return principal


async def _read_body(endpoint: Endpoint, request: web.Request) -> Any:
    too_large = TooLarge("body_too_large", most=endpoint.max_bytes)
    if request.content_length is not None and request.content_length > endpoint.max_bytes:
        raise too_large
    raw = bytearray()
    try:
        async for chunk in request.content.iter_chunked(65536):
            raw += chunk
            if len(raw) > endpoint.max_bytes:
                raise too_large
    except web.RequestPayloadError as error:  # cut off, or not encoded as its header says
        raise InvalidInput([FieldProblem("", "body_unreadable")]) from error
    if endpoint.body is bytes:
        return bytes(raw)
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_number)
        problem = _unfit(value)
    except (ValueError, RecursionError) as error:
        raise InvalidInput([FieldProblem("", "json_invalid")]) from error
    if problem:
        raise InvalidInput([FieldProblem("", problem)])
    model: type[BaseModel] = endpoint.body
    return model.model_validate(value)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _unfit(value: Any) -> str | None:
    """Why no database can store ``value``: NUL is no text that a person types, and integers have 32 bits."""
    if isinstance(value, str):
        return "text_binary" if "\0" in value else None
    if isinstance(value, int):
        return "field_range" if abs(value) >= 2**31 else None
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        return next((problem for problem in map(_unfit, value) if problem), None)
    return None


def _read_query(model: type[BaseModel], request: web.Request) -> BaseModel:
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        if name in request.query:
            many = "list" in str(info.annotation) or "tuple" in str(info.annotation)
            values[name] = request.query.getall(name) if many else request.query[name]
    unknown = set(request.query) - set(model.model_fields)
    if unknown:
        raise InvalidInput([FieldProblem(name, "field_unknown") for name in sorted(unknown)])
    return model.model_validate(values)


@cache
def _adapter(reply: Any) -> TypeAdapter[Any]:
    return TypeAdapter(reply)


def _respond(endpoint: Endpoint, reply: Any) -> web.StreamResponse:
    if isinstance(reply, web.StreamResponse):
        return reply
    if endpoint.reply is None:
        return web.Response(status=endpoint.status)
    adapter = _adapter(endpoint.reply)
    return web.Response(
        body=adapter.dump_json(reply), status=endpoint.status, content_type="application/json"
    )
