"""Short-lived SIP accounts: three objects in Asterisk's memory, made and removed through ARI on loopback.

An account carries its own end as a channel variable of its endpoint, so that a server which was killed finds
and ends what it left behind.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
PATIENCE = aiohttp.ClientTimeout(total=5)
EXPIRES = "ACD_EXPIRES"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
CONTEXTS = {AccountKind.AGENT: dialplan.AGENT_CONTEXT, AccountKind.CITIZEN: dialplan.CITIZEN_CONTEXT}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AriSettings:
    """Where ARI listens; ``url`` like ``http://127.0.0.1:8088``, on this machine only."""

    url: str
    user: str
    password: str = field(repr=False)


class AriAccounts:
    """Makes accounts, and ends them when they are revoked or their time is over."""

    def __init__(self, settings: AriSettings, clock: Clock) -> None:
        """Raises ``ConfigurationError`` ("ari_not_loopback") for another machine's address."""
        if urlsplit(settings.url).hostname not in LOOPBACK:
            raise ConfigurationError("ari_not_loopback", url=settings.url)
        self._settings = settings
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._expires: dict[str, datetime] = {}

    async def close(self) -> None:
        """Close the connections; accounts live on until their end."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def create(self, user: str, kind: AccountKind, ttl: timedelta) -> SipAccount:
        """As ``Pbx.create_account``; what was half made is removed again."""
        safe_agent(user)
        password = secrets.token_urlsafe(24)
        expires = self._clock.now() + min(ttl, LONGEST)
        try:
            for kind_of_object, fields in _objects(user, kind, password, expires):
                await self._put(kind_of_object, user, fields)
        except Unavailable:
            await self._remove(user)
            raise
        self._expires[user] = expires
        return SipAccount(user, password, expires)

    async def revoke(self, user: str) -> None:
        """As ``Pbx.revoke_account``."""
        safe_agent(user)
        for kind_of_object in ("endpoint", "auth", "aor"):
            await self._request("DELETE", _path(kind_of_object, user), absent_is_fine=True)
        self._expires.pop(user, None)

    async def sweep(self) -> None:
        """End every account whose time is over. Raises ``Unavailable``."""
        now = self._clock.now()
        for user in [user for user, expires in self._expires.items() if expires <= now]:
            await self.revoke(user)

    async def recover(self) -> None:
        """Learn the accounts that Asterisk has. Raises ``Unavailable``."""
        found = await self._request("GET", "/ari/endpoints/PJSIP") or []
        for user in [str(endpoint["resource"]) for endpoint in found]:
            fields = await self._request("GET", _path("endpoint", user), absent_is_fine=True) or []
            values = [f["value"] for f in fields if f["attribute"] == "set_var"]
            for name, _, value in (str(one).partition("=") for one in values):
                if name == EXPIRES and value.isdecimal():
                    self._expires[user] = datetime.fromtimestamp(int(value), UTC)

    async def run(self) -> None:
        """Recover, then sweep for ever."""
        recovered = False
        while True:
            try:
                if not recovered:
                    await self.recover()
                    recovered = True
                await self.sweep()
            except Unavailable:
                log.warning("short-lived SIP accounts cannot be ended: ARI does not answer")
            await asyncio.sleep(SWEEP_EVERY)

    async def _remove(self, user: str) -> None:
        try:
            await self.revoke(user)
        except Unavailable:
            # The sweep tries again.
            self._expires[user] = self._clock.now()

    async def _put(self, kind: str, user: str, fields: Mapping[str, str]) -> None:
        body = {"fields": [{"attribute": name, "value": value} for name, value in fields.items()]}
        await self._request("PUT", _path(kind, user), body)

    async def _request(
        self, method: str, path: str, body: object = None, absent_is_fine: bool = False
    ) -> Any:
        """The decoded answer, None for an empty one. Raises ``Unavailable`` ("line_accounts_down")."""
        session = self._session
        if session is None:
            auth = aiohttp.BasicAuth(self._settings.user, self._settings.password)
            session = self._session = aiohttp.ClientSession(self._settings.url, auth=auth, timeout=PATIENCE)
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


def _objects(
    user: str, kind: AccountKind, password: str, expires: datetime
) -> list[tuple[str, Mapping[str, str]]]:
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
        "rtp_timeout": "60",
        "rtp_timeout_hold": "300",
        "set_var": f"{EXPIRES}={int(expires.timestamp())}",
    }
    return [("auth", auth), ("aor", aor), ("endpoint", endpoint)]
