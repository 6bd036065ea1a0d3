"""Routes of contacts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pydantic import Field

from hotline.contacts.service import Contacts
from hotline.contacts.views import ContactView
from hotline.errors import NotFound
from hotline.kernel.db import Database, Reader
from hotline.web.auth import Principal
from hotline.web.endpoint import Call, Endpoints, Schema


class DescribeContact(Schema):
    """New name and phone; ``version`` is the one that the form was filled from."""

    version: int
    name: str | None = Field(default=None, max_length=60)
    phone: str | None = Field(default=None, max_length=30)


class RevealContact(Schema):
    """Why the plain values are needed; it is audited."""

    reason: str = Field(min_length=4, max_length=200)


class PhoneQuery(Schema):
    """A number, in any usual notation."""

    phone: str = Field(min_length=3, max_length=30)


Concerned = Callable[[Reader, Principal, str], Awaitable[bool]]
"""Whether a contact is somebody's business; the slices above know, for they know the cases."""


def contact_endpoints(database: Database, contacts: Contacts, concerned: Concerned) -> Endpoints:
    """``/api/contacts``."""
    api = Endpoints("contacts")

    @api.get("/api/contacts", needs="contact.view")
    async def find(call: Call, query: PhoneQuery) -> list[ContactView]:
        """Contacts with a phone number."""
        async with database.read() as reader:
            return await contacts.find_by_phone(reader, query.phone)

    @api.get("/api/contacts/{contact_id}", needs="contact.view")
    async def view(call: Call) -> ContactView:
        """One contact, masked."""
        async with database.read() as reader:
            return await contacts.view(reader, call.path["contact_id"])

    @api.patch("/api/contacts/{contact_id}", needs="contact.edit")
    async def describe(call: Call, body: DescribeContact) -> ContactView:
        """Set name and phone."""
        async with database.uow() as tx:
            return await contacts.describe(tx, call.path["contact_id"], body.version, body.name, body.phone)

    @api.post("/api/contacts/{contact_id}/reveal", needs="contact.reveal")
    async def reveal(call: Call, body: RevealContact) -> ContactView:
        """The plain values, for a stated reason; another unit's citizen is ``NotFound``, audited."""
        contact_id = call.path["contact_id"]
        async with database.read() as reader:
            allowed = await concerned(reader, call.who, contact_id)
        if not allowed:
            await contacts.deny_reveal(call.who.actor, contact_id, call.address)
            raise NotFound()
        return await contacts.reveal(call.who.actor, contact_id, body.reason)

    return api
