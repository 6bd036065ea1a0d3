"""What others may see of a contact: masked, unless the caller was given the right to the plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hotline.contacts import store
from hotline.contacts.model import mask_name, mask_phone
from hotline.kernel.db import Reader
from hotline.kernel.sealing import Sealer
from hotline.web.endpoint import Schema


class ContactView(Schema):
    """A citizen. ``masked`` tells whether name and phone have their middle hidden."""

    id: str
    version: int
    name: str | None
    phone: str | None
    masked: bool


def contact_view(row: sa.Row[Any], sealer: Sealer, *, masked: bool = True) -> ContactView:
    """Shape a row."""
    name = sealer.open(row.name_sealed) if row.name_sealed else None
    phone = sealer.open(row.phone_sealed) if row.phone_sealed else None
    if masked:
        name, phone = name and mask_name(name), phone and mask_phone(phone)
    return ContactView(id=row.id, version=row.version, name=name, phone=phone, masked=masked)


async def contacts_by_id(
    reader: Reader, sealer: Sealer, ids: Sequence[str], *, masked: bool = True
) -> dict[str, ContactView]:
    """Several contacts by id, for lists; unknown ids are left out."""
    rows = await store.by_ids(reader, list(dict.fromkeys(ids))) if ids else ()
    return {row.id: contact_view(row, sealer, masked=masked) for row in rows}
