"""What comes with a message beside its text: attachments, a place, and how its delivery went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import sqlalchemy as sa

from hotline.kernel.db import Reader, Tx, metadata
from hotline.kernel.ids import new_id
from hotline.ports.intake import Attachment, AttachmentKind, Location
from hotline.web.endpoint import Schema

message_attachment = sa.Table(
    "message_attachment",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("message_id", sa.ForeignKey("message.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    # The channel's own name for it, by which it is fetched.
    sa.Column("reference", sa.String(200), nullable=False),
    sa.Column("format", sa.String(20), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(40)),
    sa.Column("file_id", sa.ForeignKey("stored_file.id")),
    # What a browser shows or plays: the file itself, or one made from it.
    sa.Column("shown_id", sa.ForeignKey("stored_file.id")),
    sa.Column("mime", sa.String(40)),
    sa.Column("size", sa.Integer),
    sa.UniqueConstraint("message_id", "number"),
)
LOCATION = "location"
"""Under this name a message's payload holds the place."""


class AttachmentState(StrEnum):
    """``waiting``: it is being fetched. ``ready``. ``lost``: it cannot be had; the reason says why."""

    WAITING = "waiting"
    READY = "ready"
    LOST = "lost"


class DeliveryState(StrEnum):
    """Of what was written to a citizen outside of our own pages."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class AttachmentView(Schema):
    """Something sent along. ``url`` is for whoever may read the conversation, once it is ``ready``; ``mime``
    and ``size`` are those of what stands there. ``original_url`` is what was sent, byte for byte."""

    id: str
    kind: AttachmentKind
    state: AttachmentState
    reason: str | None
    mime: str | None
    size: int | None
    url: str | None
    original_url: str | None


class LocationView(Schema):
    """Where the citizen says to be: degrees in CGCS2000, and the address that came with it."""

    latitude: float
    longitude: float
    src_crs: str
    label: str


class DeliveryView(Schema):
    """Whether it reached the platform; ``code`` says why not, as in the texts ``delivery_<code>``."""

    state: DeliveryState
    code: str | None


class BudgetView(Schema):
    """How many messages the platform still lets us send, until when; ``reason`` says why none."""

    left: int
    most: int
    ends_at: datetime | None
    reason: Literal["", "spent", "window_closed", "left"]


async def insert_attachments(tx: Tx, message_id: str, attachments: Sequence[Attachment]) -> None:
    """Note what came with a message; what the channel cannot fetch is lost from the start."""
    for number, one in enumerate(attachments):
        can_be_fetched = bool(one.reference)
        row = {
            "id": new_id(),
            "message_id": message_id,
            "number": number,
            "kind": one.kind,
            "reference": one.reference[:200],
            "format": one.format[:20],
            "state": AttachmentState.WAITING if can_be_fetched else AttachmentState.LOST,
            "reason": None if can_be_fetched else "not_supported",
        }
        await tx.execute(message_attachment.insert(), row)


async def attachments_of(reader: Reader, message_ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """What came with some messages, in order."""
    if not message_ids:
        return []
    table = message_attachment
    query = sa.select(table).where(table.c.message_id.in_(message_ids))
    return (await reader.execute(query.order_by(table.c.message_id, table.c.number))).all()


async def attachment_by_id(reader: Reader, attachment_id: str) -> sa.Row[Any] | None:
    """One."""
    query = sa.select(message_attachment).where(message_attachment.c.id == attachment_id)
    return (await reader.execute(query)).one_or_none()


async def conversation_of(reader: Reader, attachment: sa.Row[Any]) -> str | None:
    """The conversation whose message an attachment came with."""
    table = metadata.tables["message"]
    query = sa.select(table.c.conversation_id).where(table.c.id == attachment.message_id)
    found: str | None = (await reader.execute(query)).scalar_one_or_none()
    return found


async def update_attachment(tx: Tx, attachment_id: str, values: Mapping[str, Any]) -> bool:
    """Change one that is still waiting; False when it is not."""
    table = message_attachment
    where = (table.c.id == attachment_id, table.c.state == AttachmentState.WAITING)
    return (await tx.execute(table.update().where(*where).values(**values))).rowcount == 1


def attachment_view(row: sa.Row[Any], conversation_id: str) -> AttachmentView:
    """Shape a row."""
    url = None
    if row.state == AttachmentState.READY:
        url = f"/api/conversations/{conversation_id}/attachments/{row.id}"
    is_other = url is not None and row.file_id != row.shown_id
    return AttachmentView(
        id=row.id,
        kind=row.kind,
        state=row.state,
        reason=row.reason,
        mime=row.mime,
        size=row.size,
        url=url,
        original_url=f"{url}?original=true" if is_other else url,
    )


def location_view(payload: Mapping[str, Any] | None) -> LocationView | None:
    """The place in a message's payload."""
    place = payload.get(LOCATION) if payload else None
    return LocationView(**place) if place else None


def location_payload(location: Location) -> dict[str, Any]:
    """The place as a message's payload keeps it."""
    return {
        LOCATION: {
            "latitude": location.latitude,
            "longitude": location.longitude,
            "src_crs": location.src_crs,
            "label": location.label,
        }
    }
