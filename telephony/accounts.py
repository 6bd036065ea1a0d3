"""Short-lived SIP accounts: three objects in Asterisk's memory, made and removed through ARI on loopback.

Which accounts there are and when they end stands in a file, so that a server which was killed ends what it
left behind. Passwords stand in no file: those made since the start are held in memory, so that phones go on
with an exchange that died and forgot them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import secrets
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from hotline.errors import ConfigurationError, Unavailable
from hotline.ports.clock import Clock
from hotline.ports.pbx import AccountKind, SipAccount
from telephony import dialplan
from telephony.numbers import safe_agent

LONGEST = timedelta(hours=1)
SWEEP_EVERY = 10.0
"""Seconds between two looks for accounts whose time is over."""
RESTORE_AGAIN = 1.0
"""Seconds from a restoration that failed to the next."""
PATIENCE = aiohttp.ClientTimeout(total=5)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
CONTEXTS = {AccountKind.AGENT: dialplan.AGENT_CONTEXT, AccountKind.CITIZEN: dialplan.CITIZEN_CONTEXT}
SILENCE = {AccountKind.AGENT: "10", AccountKind.CITIZEN: "30"}
"""Seconds without a packet of sound after which that side is gone: a browser that crashed says no good-bye,
and a muted microphone goes on sending."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AriSettings:
    """``url``: where ARI listens, ``http://127.0.0.1:PORT``; ``ledger``: the file that names the accounts."""

    url: str
    user: str
    password: str = field(repr=False)
    ledger: Path


@dataclass(frozen=True)
class _Made:
    """An account as it was made: of a browser, or (``desk`` set) one that rings a desk phone."""

    kind: AccountKind
    password: str = field(default="", repr=False)
    desk: str = ""


class AriAccounts:
    """Makes accounts, and ends them when they are revoked or their time is over."""

    def __init__(self, settings: AriSettings, clock: Clock) -> None:
        """Raises ``ConfigurationError`` ("ari_not_loopback") for another machine's address."""
        if urlsplit(settings.url).hostname not in LOOPBACK:
            raise ConfigurationError("ari_not_loopback", url=settings.url)
        self._settings = settings
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._expires = _read(settings.ledger)
        self._made: dict[str, _Made] = {}
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._to_restore = False
        self._wake = asyncio.Event()

    async def close(self) -> None:
        """Close the connections; accounts live on until their end."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def create(self, user: str, kind: AccountKind, ttl: timedelta) -> SipAccount:
        """As ``Pbx.create_account``; what was half made is removed again."""
        password = secrets.token_urlsafe(24)
        return SipAccount(user, password, await self._make(user, _Made(kind, password), ttl))

    async def use_desk_phone(self, user: str, desk: str, ttl: timedelta) -> datetime:
        """Let calls for ``user`` ring at the desk phone with this account; until when.

        What is sent within such a call is the phone's, and so proven by the phone's own password.
        """
        return await self._make(user, _Made(AccountKind.AGENT, desk=desk), ttl)

    async def _make(self, user: str, made: _Made, ttl: timedelta) -> datetime:
        safe_agent(user)
        expires = self._clock.now() + min(ttl, LONGEST)
        async with self._turn(user):
            before = self._made.get(user)
            try:
                if user in self._expires and (before is None or before.desk != made.desk):
                    await self._revoke(user)  # what is only changed would keep traits of the other kind
                self._note(user, expires)
                self._made[user] = made
                await self._put_all(user, made)
            except Unavailable:
                await self._remove(user)
                raise
        return expires

    async def revoke(self, user: str) -> None:
        """As ``Pbx.revoke_account``."""
        safe_agent(user)
        async with self._turn(user):
            await self._revoke(user)

    async def sweep(self) -> None:
        """End every account whose time is over. Raises ``Unavailable``."""
        now = self._clock.now()
        for user in [user for user, expires in self._expires.items() if expires <= now]:
            await self.revoke(user)

    def exchange_is_back(self) -> None:
        """It may be another one, which knows no account: ``run`` looks at once."""
        self._to_restore = True
        self._wake.set()

    async def restore(self) -> None:
        """Make every account again that the exchange has forgotten. Raises ``Unavailable``.

        Of one that was made before our own start no password is known: its page asks for another.
        """
        for user in list(self._expires):
            async with self._turn(user):
                expires = self._expires.get(user)
                if expires is None or expires <= self._clock.now():
                    continue
                if await self._request("GET", _path("endpoint", user), absent_is_fine=True) is not None:
                    continue
                if user in self._made:
                    await self._put_all(user, self._made[user])
                else:
                    self._note(user, None)

    async def run(self) -> None:
        """Sweep for ever, and restore when the exchange is back."""
        while True:
            self._wake.clear()
            try:
                if self._to_restore:
                    await self.restore()
                    self._to_restore = False
                await self.sweep()
            except Unavailable:
                log.warning("short-lived SIP accounts cannot be looked after: ARI does not answer")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RESTORE_AGAIN if self._to_restore else SWEEP_EVERY):
                    await self._wake.wait()

    def _turn(self, user: str) -> asyncio.Lock:
        """One change of an account at a time: none that was revoked comes back."""
        return self._turns.setdefault(user, asyncio.Lock())

    async def _revoke(self, user: str) -> None:
        self._made.pop(user, None)
        for kind_of_object in ("endpoint", "auth", "aor"):
            await self._request("DELETE", _path(kind_of_object, user), absent_is_fine=True)
        self._note(user, None)

    async def _put_all(self, user: str, made: _Made) -> None:
        objects = (
            [("endpoint", _at_desk(made.desk))] if made.desk else _objects(user, made.kind, made.password)
        )
        for kind_of_object, fields in objects:
            await self._put(kind_of_object, user, fields)

    async def _remove(self, user: str) -> None:
        try:
            await self._revoke(user)
        except Unavailable:
            self._note(user, self._clock.now())  # the sweep tries again

    def _note(self, user: str, expires: datetime | None) -> None:
        """Remember the account, or its end, before anything else can happen to us."""
        if expires is None:
            self._expires.pop(user, None)
        else:
            self._expires[user] = expires
        fresh = self._settings.ledger.with_suffix(".new")
        fresh.write_text(json.dumps({name: at.isoformat() for name, at in self._expires.items()}), "utf-8")
        fresh.replace(self._settings.ledger)

    async def _put(self, kind: str, user: str, fields: Mapping[str, str]) -> None:
        body = {"fields": [{"attribute": name, "value": value} for name, value in fields.items()]}
        await self._request("PUT", _path(kind, user), body)

    async def _request(
        self, method: str, path: str, body: object = None, absent_is_fine: bool = False
    ) -> Any:
        """The decoded answer, None for an empty one. Raises ``Unavailable`` ("line_accounts_down")."""
        session = self._session
        if session is None:
            login = f"{self._settings.user}:{self._settings.password}".encode()
            headers = {"Authorization": f"Basic {base64.b64encode(login).decode()}"}
            session = aiohttp.ClientSession(self._settings.url, headers=headers, timeout=PATIENCE)
            self._session = session
        try:
            async with session.request(method, path, json=body) as answer:
                if answer.status == 404 and absent_is_fine:
                    return None
                if answer.status >= 400:
                    log.error("ARI refused %s %s: %s", method, path.rsplit("/", 1)[0], answer.status)
                    raise Unavailable("line_accounts_down")
                return await answer.json() if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise Unavailable("line_accounts_down") from None


def _path(kind: str, user: str) -> str:
    return f"/ari/asterisk/config/dynamic/res_pjsip/{kind}/{user}"


def _read(ledger: Path) -> dict[str, datetime]:
    try:
        noted = json.loads(ledger.read_text("utf-8"))
        return {str(name): datetime.fromisoformat(at) for name, at in noted.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError):
        log.error("%s is not readable: accounts made before end with Asterisk's next start only", ledger)
        return {}


def _objects(user: str, kind: AccountKind, password: str) -> list[tuple[str, Mapping[str, str]]]:
    """The three objects, the endpoint last: it refers to the others."""
    auth = {"auth_type": "userpass", "username": user, "password": password}
    aor = {
        "max_contacts": "1",
        "remove_existing": "yes",
        "remove_unavailable": "yes",
        "maximum_expiration": "300",
        "support_path": "yes",
    }
    endpoint = {
        "auth": user,
        "aors": user,
        "context": CONTEXTS[kind],
        "webrtc": "yes",
        "dtls_auto_generate_cert": "yes",
        "disallow": "all",
        "allow": "opus,alaw,ulaw",
        "direct_media": "no",
        "device_state_busy_at": "1",
        "rtp_timeout": SILENCE[kind],
        "rtp_timeout_hold": "300",
    }
    return [("auth", auth), ("aor", aor), ("endpoint", endpoint)]


def _at_desk(desk: str) -> Mapping[str, str]:
    """The endpoint of an agent whose calls ring at a desk phone."""
    return {
        "auth": desk,
        "aors": desk,
        "context": CONTEXTS[AccountKind.AGENT],
        "webrtc": "no",
        "disallow": "all",
        "allow": "alaw,ulaw",
        "direct_media": "no",
        "rtp_symmetric": "yes",
        "force_rport": "yes",
        "device_state_busy_at": "1",
        "rtp_timeout": "60",
        "rtp_timeout_hold": "300",
    }
