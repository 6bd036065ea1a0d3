"""Use cases of accounts: recognising them, making and changing them, their passwords."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hotline.errors import Conflict, FieldProblem, InvalidInput, NotFound
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Database, Reader, Tx
from hotline.kernel.ids import new_id
from hotline.ports.clock import Clock
from hotline.staff import store
from hotline.staff.events import UserChanged
from hotline.staff.model import (
    PASSWORD_HISTORY,
    Known,
    NewUser,
    UserChanges,
    capabilities_in_force,
    new_user_problems,
    normalise_account,
    password_problem,
    person_problems,
)
from hotline.staff.passwords import Passwords
from hotline.staff.tables import staff_user, unit
from hotline.staff.views import UserView, shape_users
from hotline.web.auth import Account, Principal
from hotline.web.sessions import Sessions
from hotline.web.throttle import Limit, Throttle

PASSWORD_TRIES = Limit("password-change", 5, timedelta(minutes=15))
"""A session left open must not let a passer-by guess the password behind it."""


class Staff:
    """Accounts. Implements ``hotline.web.auth.Authenticator``."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        sessions: Sessions,
        throttle: Throttle,
        passwords: Passwords,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._sessions = sessions
        self._throttle = throttle
        self._passwords = passwords

    async def verify(self, account: str, password: str) -> str | None:
        """The id of the active account whose password this is, else None; takes as long either way."""
        async with self._database.read() as reader:
            row = await store.user_by_account(reader, normalise_account(account))
        good = await self._passwords.matches(password, row.password_hash if row else None)
        return row.id if row is not None and good and row.active else None

    async def load(self, account_id: str) -> Account | None:
        """The account as it is now; None when it is gone or switched off."""
        async with self._database.read() as reader:
            row = await store.by_id(reader, staff_user, account_id)
            if row is None or not row.active:
                return None
            roles = (await store.roles_of(reader, [account_id]))[account_id]
        granted = {capability for one in roles for capability in one.capabilities}
        return Account(
            id=row.id,
            name=row.name,
            roles=tuple(one.code for one in roles),
            capabilities=capabilities_in_force(granted, must_change_password=row.must_change_password),
            unit_id=row.unit_id,
        )

    async def user(self, reader: Reader, user_id: str) -> UserView:
        """One account; ``NotFound`` when there is none."""
        return (await shape_users(reader, [await self._require(reader, user_id)]))[0]

    async def user_by_account(self, reader: Reader, account: str) -> UserView | None:
        """The account of this name."""
        row = await store.user_by_account(reader, normalise_account(account))
        return None if row is None else (await shape_users(reader, [row]))[0]

    async def list_users(
        self,
        reader: Reader,
        *,
        text: str | None = None,
        unit_id: str | None = None,
        role: str | None = None,
        active: bool | None = None,
        demo: bool | None = None,
        after: str | None = None,
        limit: int = 200,
    ) -> tuple[list[UserView], str | None]:
        """Accounts in their order, from behind the account ``after``; then where the next page begins."""
        where = store.user_filter(text, unit_id, role, active, demo)
        rows, following = await store.page(reader, staff_user, staff_user.c.account, after, limit, where)
        return await shape_users(reader, rows), following

    async def create_user(self, actor: str, new: NewUser) -> UserView:
        """Make an account. ``InvalidInput`` names every wrong field."""
        return (await self.create_users(actor, [new]))[0]

    async def create_users(self, actor: str, many: Sequence[NewUser]) -> list[UserView]:
        """Make several accounts, all or none."""
        for new in many:
            if problem := password_problem(new.password, normalise_account(new.account)):
                raise InvalidInput([problem])
        hashes = await asyncio.gather(*(self._passwords.hash(new.password) for new in many))
        try:
            async with self._database.uow() as tx:
                rows = [
                    await self.add_user(tx, actor, new, hashed)
                    for new, hashed in zip(many, hashes, strict=True)
                ]
                return await shape_users(tx, rows)
        except sa.exc.IntegrityError as error:
            raise InvalidInput([FieldProblem("account", "account_taken")]) from error

    async def add_user(self, tx: Tx, actor: str, new: NewUser, password_hash: str) -> sa.Row[Any]:
        """The part of ``create_user`` inside the caller's unit of work."""
        account, now, user_id = normalise_account(new.account), self._clock.now(), new_id()
        accounts = await store.users_by_account(tx, [account])
        known = await self.known(tx, accounts, [new.unit_id])
        problems = new_user_problems(replace(new, account=account), known)
        if problems:
            raise InvalidInput(problems)
        row: dict[str, Any] = {
            "id": user_id,
            "account": account,
            "name": new.name.strip(),
            "unit_id": new.unit_id,
            "password_hash": password_hash,
            "former_hashes": [],
            "must_change_password": new.must_change_password,
            "password_at": now,
            "demo": new.demo,
            "active": True,
            "version": 1,
            "created_at": now,
            "updated_at": now,
        }
        await store.insert(tx, staff_user, row)
        await store.replace_roles(tx, user_id, new.roles)
        await self._changed(tx, actor, "user.create", user_id, roles=sorted(set(new.roles)))
        return await self._require(tx, user_id)

    async def known(self, reader: Reader, accounts: Collection[str], unit_ids: Sequence[str | None]) -> Known:
        """What new accounts are checked against."""
        roles = {one.code: bool(one.of_unit) for one in await store.all_roles(reader)}
        return Known(accounts, roles, await store.by_ids(reader, unit, unit_ids))

    async def change_user(self, actor: str, user_id: str, version: int, changes: UserChanges) -> UserView:
        """Change an account. ``Conflict`` ("last_admin") when nobody would be left to administer."""
        async with self._database.uow() as tx:
            await store.lock_roles(tx)
            administered = await store.has_administrator(tx)
            row = await self._require(tx, user_id)
            roles = [one.code for one in (await store.roles_of(tx, [user_id]))[user_id]]
            name, unit_id = changes.get("name", row.name), changes.get("unit_id", row.unit_id)
            wanted = list(changes.get("roles", roles))
            active = changes.get("active", row.active)
            problems = person_problems(name, wanted, unit_id, await self.known(tx, (), [unit_id]))
            if problems:
                raise InvalidInput(problems)
            values = {"name": name.strip(), "unit_id": unit_id, "active": active}
            await self._update(tx, user_id, version, values)
            await store.replace_roles(tx, user_id, wanted)
            if not active:
                await self._sessions.end_all(tx, "staff", user_id)
            if administered and not await store.has_administrator(tx):
                raise Conflict("last_admin")
            changed = {"fields": sorted(changes), "roles": sorted(wanted), "active": active}
            await self._changed(tx, actor, "user.change", user_id, **changed)
            return await self.user(tx, user_id)

    async def set_password(
        self, actor: str, user_id: str, password: str, *, must_change: bool = True
    ) -> UserView:
        """Give an account another password and end its sessions; whoever signs in must replace it."""
        async with self._database.read() as reader:
            row = await self._require(reader, user_id)
        if problem := password_problem(password, row.account):
            raise InvalidInput([problem])
        hashed = await self._passwords.hash(password)
        async with self._database.uow() as tx:
            await self._store_password(tx, row, hashed, must_change)
            await self._sessions.end_all(tx, "staff", user_id)
            await self._changed(tx, actor, "user.password_reset", user_id)
            return await self.user(tx, user_id)

    async def change_own_password(self, who: Principal, old: str, new: str) -> None:
        """Replace one's own password; ends every other session. Wrong tries are throttled."""
        await self._throttle.spend(PASSWORD_TRIES, who.id)
        async with self._database.read() as reader:
            row = await self._require(reader, who.id)
        if not await self._passwords.matches(old, row.password_hash):
            await self._audit.denied(self._database, who.actor, "user.password", f"user:{who.id}")
            raise InvalidInput([FieldProblem("old", "password_wrong")])
        await self._throttle.forget(PASSWORD_TRIES, who.id)
        if problem := password_problem(new, row.account, "new"):
            raise InvalidInput([problem])
        if await self._passwords.matches_any(new, [row.password_hash, *row.former_hashes]):
            raise InvalidInput([FieldProblem("new", "password_used", {"last": PASSWORD_HISTORY})])
        hashed = await self._passwords.hash(new)
        async with self._database.uow() as tx:
            await self._store_password(tx, row, hashed, must_change=False)
            await self._sessions.end_all(tx, "staff", who.id, but=who.session)
            await self._changed(tx, who.actor, "user.password", who.id)

    async def _store_password(self, tx: Tx, row: sa.Row[Any], hashed: str, must_change: bool) -> None:
        values = {
            "password_hash": hashed,
            "former_hashes": [row.password_hash, *row.former_hashes][:PASSWORD_HISTORY],
            "must_change_password": must_change,
            "password_at": self._clock.now(),
            "demo": False,
        }
        await self._update(tx, row.id, row.version, values)

    async def _update(self, tx: Tx, user_id: str, version: int, values: dict[str, Any]) -> None:
        values["updated_at"] = self._clock.now()
        if not await store.update(tx, staff_user, user_id, version, values):
            raise Conflict("changed_meanwhile")

    async def _changed(self, tx: Tx, actor: str, action: str, user_id: str, **detail: Any) -> None:
        await self._audit.append(tx, Act(actor, action, f"user:{user_id}", detail=detail))
        tx.emit(UserChanged(aggregate=f"user:{user_id}", user_id=user_id))

    async def _require(self, reader: Reader, user_id: str) -> sa.Row[Any]:
        row = await store.by_id(reader, staff_user, user_id)
        if row is None:
            raise NotFound()
        return row
