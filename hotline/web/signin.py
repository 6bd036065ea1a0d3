"""Signing in and out: rotated sessions, and a throttle that cannot lock out a browser that is known."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aiohttp import web
from pydantic import Field

from hotline.errors import NotSignedIn
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Database
from hotline.ports.secrets import Secrets
from hotline.web.auth import Authenticator, Principal, header_bytes
from hotline.web.endpoint import Call, Endpoints, Schema
from hotline.web.guard import STAFF_COOKIE, cookie_name
from hotline.web.sessions import ABSOLUTE, Sessions, token_key
from hotline.web.throttle import Limit, Throttle

BROWSER_COOKIE = "hotline_browser"
BROWSER_DAYS = 180
BROWSER_ACCOUNTS = 8
FAILURES = Limit("sign-in", 5, timedelta(minutes=15))
"""DOMAIN §10 item 2: per account and address; or per account and browser when the browser is known."""


class Credentials(Schema):
    """What the sign-in form sends."""

    account: str = Field(min_length=1, max_length=80)
    password: str = Field(min_length=1, max_length=256)


class SessionView(Schema):
    """The signed-in person, and the token that every change must carry in ``X-CSRF-Token``."""

    id: str
    name: str
    roles: list[str]
    capabilities: list[str]
    unit_id: str | None
    csrf: str


def session_view(principal: Principal) -> SessionView:
    """What a page may know of its own session."""
    return SessionView(
        id=principal.id,
        name=principal.name,
        roles=list(principal.roles),
        capabilities=sorted(principal.capabilities),
        unit_id=principal.unit_id,
        csrf=principal.csrf,
    )


def _nothing(_who: Principal) -> None:
    """Nobody else has to know that a session ended."""


class SignIn:
    """The use cases behind the sign-in page."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        throttle: Throttle,
        authenticator: Authenticator,
        audit: Audit,
        keys: Secrets,
        on_end: Callable[[Principal], None] = _nothing,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._throttle = throttle
        self._authenticator = authenticator
        self._audit = audit
        self._on_end = on_end
        self._browser_key = keys.key("known-browser")

    async def sign_in(self, call: Call, credentials: Credentials) -> web.Response:
        """Check the password; on success a fresh session replaces whatever the browser brought along."""
        account = credentials.account.strip().lower()
        browser = self._known_browser(call.request, account)
        source = f"browser {browser}" if browser else f"address {call.address}"
        # Counted before the password is looked at: a thousand tries at once must not all be looked at.
        await self._throttle.spend(FAILURES, account, source)
        account_id = await self._authenticator.verify(account, credentials.password)
        found = await self._authenticator.load(account_id) if account_id else None
        if account_id is None or found is None:
            async with self._database.uow() as tx:
                detail = {"address": call.address}
                await self._audit.append(
                    tx, Act(f"account:{account}"[:80], "sign_in", "session", "denied", detail)
                )
            raise NotSignedIn("wrong_password")
        await self._throttle.forget(FAILURES, account, source)
        async with self._database.uow() as tx:
            old = call.request.cookies.get(cookie_name(call.request, STAFF_COOKIE))
            if old:
                await self._sessions.end(tx, token_key(old))
            token, session = await self._sessions.begin(tx, "staff", account_id)
            await self._audit.append(tx, Act(f"staff:{account_id}", "sign_in", f"session:{session.key[:12]}"))
        principal = Principal(
            "staff",
            found.id,
            found.name,
            found.roles,
            found.capabilities,
            found.unit_id,
            session.key,
            session.csrf,
        )
        response = web.json_response(text=session_view(principal).model_dump_json())
        self._set_cookies(call.request, response, token, account, browser)
        return response

    async def sign_out(self, call: Call) -> web.Response:
        """End the session."""
        async with self._database.uow() as tx:
            await self._sessions.end(tx, call.who.session)
            await self._audit.append(tx, Act(call.who.actor, "sign_out", f"session:{call.who.session[:12]}"))
        response = web.Response(status=204)
        response.del_cookie(cookie_name(call.request, STAFF_COOKIE), path="/")
        self._on_end(call.who)
        return response

    def _set_cookies(
        self, request: web.Request, response: web.Response, token: str, account: str, browser: str | None
    ) -> None:
        safe = cookie_options(request)
        seconds = int(ABSOLUTE["staff"].total_seconds())
        response.set_cookie(cookie_name(request, STAFF_COOKIE), token, max_age=seconds, **safe)
        known, _, marks = request.cookies.get(BROWSER_COOKIE, "").partition(".")
        browser = browser or known or secrets.token_hex(16)
        mark = self._browser_mark(browser, account)
        # Desks are shared by shifts: the browser stays known to the last few accounts.
        others = [m for m in marks.split(".") if m and m != mark][: BROWSER_ACCOUNTS - 1]
        value = ".".join([browser, mark, *others])
        response.set_cookie(BROWSER_COOKIE, value, max_age=BROWSER_DAYS * 86400, **safe)

    def _known_browser(self, request: web.Request, account: str) -> str | None:
        """The browser's name when it has signed in to this account before."""
        browser, _, marks = request.cookies.get(BROWSER_COOKIE, "").partition(".")
        good = self._browser_mark(browser, account).encode()
        known = [
            hmac.compare_digest(header_bytes(mark), good) for mark in marks.split(".")[:BROWSER_ACCOUNTS]
        ]
        return browser if browser and any(known) else None

    def _browser_mark(self, browser: str, account: str) -> str:
        marked = header_bytes(f"{browser}\n{account}")
        return hmac.new(self._browser_key, marked, hashlib.sha256).hexdigest()


def cookie_options(request: web.Request) -> dict[str, Any]:
    """Attributes of every cookie we set."""
    return {"path": "/", "httponly": True, "samesite": "Strict", "secure": request.secure}


def session_endpoints(sign_in: SignIn) -> Endpoints:
    """``/api/session``: begin, look at and end the session."""
    api = Endpoints("session")

    @api.post("/api/session", audience="anyone", max_bytes=4096)
    async def begin(call: Call, body: Credentials) -> SessionView:
        """Sign in."""
        return await sign_in.sign_in(call, body)  # type: ignore[return-value]

    @api.get("/api/session")
    async def current(call: Call) -> SessionView:
        """Who is signed in."""
        return session_view(call.who)

    @api.delete("/api/session")
    async def end(call: Call) -> None:
        """Sign out."""
        return await sign_in.sign_out(call)  # type: ignore[return-value]

    return api
