"""Use cases of contacts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hotline.contacts import store
from hotline.contacts.events import ContactChanged
from hotline.contacts.model import PHONE, Identity, normalise_phone
from hotline.contacts.views import ContactView, contact_view
from hotline.errors import Conflict, FieldProblem, InvalidInput, NotFound
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Database, Reader, Tx
from hotline.kernel.ids import new_id
from hotline.kernel.sealing import Sealer
from hotline.ports.clock import Clock
from hotline.web.throttle import Limit, Throttle

REVEALS = Limit("reveal", 20, timedelta(days=1))
"""DOMAIN §10: so many reveals a day are ordinary work; the next one is refused until a person looks."""

LISTED = 1000
"""Contacts that are looked up for one list."""


class Contacts:
    """Finds, makes and changes contacts; methods with ``tx`` join the caller's unit of work."""

    def __init__(
        self, database: Database, clock: Clock, sealer: Sealer, audit: Audit, throttle: Throttle
    ) -> None:
        self._database = database
        self._clock = clock
        self._sealer = sealer
        self._audit = audit
        self._throttle = throttle

    async def identify(self, tx: Tx, identity: Identity) -> str:
        """The contact behind an identity, made when it is new; returns the contact's id."""
        known = await store.id_by_identity(tx, identity)
        if known is not None:
            return known
        try:
            async with tx.savepoint():
                contact_id = await self.add(tx)
                row = {
                    "channel": identity.channel,
                    "external_id": identity.external_id,
                    "contact_id": contact_id,
                    "created_at": self._clock.now(),
                }
                await store.insert_identity(tx, row)
                return contact_id
        except sa.exc.IntegrityError:
            # Another unit tied the identity at the same moment; its contact is the one.
            known = await store.id_by_identity(tx, identity)
            if known is None:
                raise
            return known

    async def behind_number(self, tx: Tx, number: str) -> str:
        """The contact whom calls of a number belong to; returns the contact's id.

        The one they were tied to before; else the only citizen known by it; else, for several may share a
        number, a new one.
        """
        number = normalise_phone(number) or number
        identity = Identity(PHONE, self._sealer.blind(number))
        if (tied := await store.id_by_identity(tx, identity)) is not None:
            return tied
        known = await store.by_phone(tx, identity.external_id, limit=2)
        if len(known) != 1:
            contact_id = await self.identify(tx, identity)
            await store.update(tx, contact_id, 1, self._sealed(None, normalise_phone(number)))
            return contact_id
        row = {"channel": PHONE, "external_id": identity.external_id, "contact_id": known[0].id}
        try:
            async with tx.savepoint():
                await store.insert_identity(tx, {**row, "created_at": self._clock.now()})
        except sa.exc.IntegrityError:
            # Another call of the same number came at the same moment.
            return await self.identify(tx, identity)
        return str(known[0].id)

    async def add(self, tx: Tx, name: str | None = None, phone: str | None = None) -> str:
        """A new contact; ``InvalidInput`` for a phone that is none."""
        contact_id, now = new_id(), self._clock.now()
        row = {"id": contact_id, "version": 1, "created_at": now, "updated_at": now}
        await store.insert(tx, {**row, **self._sealed(name, phone)})
        tx.emit(ContactChanged(aggregate=f"contact:{contact_id}", contact_id=contact_id))
        return contact_id

    async def describe(
        self, tx: Tx, contact_id: str, version: int, name: str | None, phone: str | None
    ) -> ContactView:
        """Set name and phone; ``Conflict`` ("changed_meanwhile") unless still at ``version``."""
        values = {**self._sealed(name, phone), "updated_at": self._clock.now()}
        if not await store.update(tx, contact_id, version, values):
            await self._require(tx, contact_id)
            raise Conflict("changed_meanwhile")
        tx.emit(ContactChanged(aggregate=f"contact:{contact_id}", contact_id=contact_id))
        return contact_view(await self._require(tx, contact_id), self._sealer)

    async def view(self, reader: Reader, contact_id: str, *, masked: bool = True) -> ContactView:
        """One contact; ``NotFound`` when there is none. Plain values only for what the caller holds."""
        return contact_view(await self._require(reader, contact_id), self._sealer, masked=masked)

    async def matches_phone(self, reader: Reader, contact_id: str, phone: str) -> bool:
        """Whether the contact's number is ``phone``, without opening it."""
        number, row = normalise_phone(phone), await self._require(reader, contact_id)
        return number is not None and row.phone_blind == self._sealer.blind(number)

    async def find_by_phone(self, reader: Reader, phone: str) -> list[ContactView]:
        """Masked contacts with this number; several citizens may share one."""
        number = normalise_phone(phone)
        if number is None:
            return []
        rows = await store.by_phone(reader, self._sealer.blind(number))
        return [contact_view(row, self._sealer) for row in rows]

    async def found_by_index(self, reader: Reader, blinds: Sequence[str]) -> dict[str, list[ContactView]]:
        """Masked contacts by the blind index of their number, for lists; at most ``LISTED`` of all."""
        found: dict[str, list[ContactView]] = {}
        for row in await store.by_phones(reader, list(dict.fromkeys(blinds)), LISTED):
            found.setdefault(row.phone_blind, []).append(contact_view(row, self._sealer))
        return found

    async def external_ids(self, reader: Reader, contact_id: str, channel: str) -> list[str]:
        """How a channel names a contact; one may have several."""
        return await store.external_ids(reader, contact_id, channel)

    async def reveal(self, actor: str, contact_id: str, reason: str) -> ContactView:
        """The plain name and phone, for a stated reason; audited, and refused beyond the day's measure."""
        await self._throttle.spend(REVEALS, actor)
        async with self._database.uow() as tx:
            row = await self._require(tx, contact_id)
            await self._audit.append(
                tx, Act(actor, "contact.reveal", f"contact:{contact_id}", detail={"reason": reason})
            )
        return contact_view(row, self._sealer, masked=False)

    async def deny_reveal(self, actor: str, contact_id: str, address: str) -> None:
        """Note in the audit that somebody asked for a citizen who is not their business."""
        await self._audit.denied(
            self._database, actor, "contact.reveal", f"contact:{contact_id}"[:120], address=address
        )

    async def _require(self, reader: Reader, contact_id: str) -> sa.Row[Any]:
        row = await store.by_id(reader, contact_id)
        if row is None:
            raise NotFound()
        return row

    def _sealed(self, name: str | None, phone: str | None) -> dict[str, Any]:
        number = None
        if phone:
            number = normalise_phone(phone)
            if number is None:
                raise InvalidInput([FieldProblem("phone", "phone_invalid")])
        return {
            "name_sealed": self._sealer.seal(name.strip()) if name and name.strip() else None,
            "phone_sealed": self._sealer.seal(number) if number else None,
            "phone_blind": self._sealer.blind(number) if number else None,
        }
