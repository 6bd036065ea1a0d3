"""Telephone accounts of browsers: short-lived, made when asked for, ended with the session."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.calls import store
from hotline.calls.line import Line
from hotline.calls.model import WEB, WEB_ACCOUNT
from hotline.contacts.service import Contacts
from hotline.conversations.views import by_ids as conversations_by_id
from hotline.errors import NotFound, Unavailable
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Database
from hotline.ports.pbx import AccountKind
from hotline.web.auth import Principal
from hotline.web.endpoint import Schema
from hotline.web.throttle import Limit, Throttle

AGENT_TTL = timedelta(hours=1)
VISITOR_TTL = timedelta(minutes=15)
VISITOR = Limit("citizen-phone", 10, timedelta(minutes=15))
"""A few tries are ordinary, a script is not."""
ADDRESS = Limit("citizen-phone-address", 60, timedelta(minutes=15))
"""Many citizens may share one address of their carrier."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PhoneWay:
    """Where browsers' telephones connect: the scheme and port of the exchange's socket, and its realm."""

    scheme: str
    port: int
    realm: str
    ice_servers: Sequence[str] = ()


class PhoneAccountView(Schema):
    """What a softphone registers with. The password is shown this once.

    ``call`` is what the citizen's page dials; empty for agents, who dial nothing.
    """

    user: str
    password: str
    expires_at: datetime
    wss_url: str
    realm: str
    ice_servers: list[str]
    call: str


class DeskPhoneView(Schema):
    """A telephone that stands fast and that the agent may use instead of the browser's.

    ``is_own``: nobody else may. ``is_online``: it can be rung now.
    """

    name: str
    is_own: bool
    is_online: bool


class DeskPhoneUseView(Schema):
    """Calls ring at the desk phone until ``expires_at``; to be asked for again before."""

    name: str
    expires_at: datetime


class PhoneAccounts:
    """Makes and ends accounts. ``way`` tells where the exchange listens, None while it never started."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        throttle: Throttle,
        line: Line,
        way: Callable[[], PhoneWay | None],
        contacts: Contacts,
    ) -> None:
        self._contacts = contacts
        self._database = database
        self._audit = audit
        self._throttle = throttle
        self._line = line
        self._way = way

    async def for_agent(self, who: Principal, host: str) -> PhoneAccountView:
        """``Unavailable``: "line_down", "line_accounts_down"."""
        view = await self._make(who.id, AccountKind.AGENT, AGENT_TTL, host)
        async with self._database.uow() as tx:
            await self._audit.append(tx, Act(who.actor, "phone.account", f"staff:{who.id}"))
        return view

    def desk_phones(self, who: Principal) -> list[DeskPhoneView]:
        """Those that the agent may use: the own ones and those of nobody. ``Unavailable``: "line_down"."""
        return [
            DeskPhoneView(name=phone.name, is_own=phone.owner is not None, is_online=online)
            for phone, online in self._line.pbx.desk_phones()
            if phone.owner in (None, who.id)
        ]

    async def at_desk(self, who: Principal, name: str) -> DeskPhoneUseView:
        """The agent's calls ring at a desk phone, no longer in a browser.

        ``NotFound`` ("desk_phone_unknown") for one that the agent may not use; ``Unavailable`` as above.
        """
        if all(phone.name != name for phone in self.desk_phones(who)):
            raise NotFound("desk_phone_unknown")
        expires_at = await self._line.pbx.use_desk_phone(who.id, name, AGENT_TTL)
        async with self._database.uow() as tx:
            act = Act(who.actor, "phone.desk", f"staff:{who.id}", detail={"name": name})
            await self._audit.append(tx, act)
        return DeskPhoneUseView(name=name, expires_at=expires_at)

    async def for_visitor(self, who: Principal, address: str, host: str) -> PhoneAccountView:
        """``Unavailable`` ("page_call_down"); ``TooMany`` beyond what the address or the visitor may try."""
        await self._throttle.spend(ADDRESS, address)
        await self._throttle.spend(VISITOR, who.id)
        try:
            return await self._make(WEB_ACCOUNT + who.id, AccountKind.CITIZEN, VISITOR_TTL, host)
        except Unavailable:
            # What the exchange does is nothing that a citizen could act on.
            raise Unavailable("page_call_down") from None

    async def call_ended(self, call_id: str) -> None:
        """A citizen's account is for one call: with it, the account ends."""
        async with self._database.read() as reader:
            row = await store.by_id(reader, call_id)
            if row is None or row.called != WEB:
                return
            talk = (await conversations_by_id(reader, [row.conversation_id]))[row.conversation_id]
            visitors = await self._contacts.external_ids(reader, talk.contact_id, WEB)
        for visitor in visitors:
            await self.revoke_quietly(WEB_ACCOUNT + visitor)

    async def revoke(self, user_id: str) -> None:
        """The account is gone; nothing happens when there is none."""
        await self._line.pbx.revoke_account(user_id)

    async def revoke_quietly(self, user_id: str) -> None:
        """As ``revoke`` where nobody waits for it: an account that cannot be ended ends by itself."""
        try:
            await self.revoke(user_id)
        except Unavailable:
            log.warning("a telephone account lives on until its end", extra={"user": user_id})

    async def _make(self, user: str, kind: AccountKind, ttl: timedelta, host: str) -> PhoneAccountView:
        way = self._way()
        if way is None:
            raise Unavailable("line_down")
        account = await self._line.pbx.create_account(user, kind, ttl)
        bracketed = f"[{host}]" if ":" in host else host
        return PhoneAccountView(
            user=account.user,
            password=account.password,
            expires_at=account.expires_at,
            wss_url=f"{way.scheme}://{bracketed}:{way.port}/ws",
            realm=way.realm,
            ice_servers=list(way.ice_servers),
            call="hotline" if kind is AccountKind.CITIZEN else "",
        )
