"""A table and an event of the tests' own, for tests of the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa

from hotline.kernel.db import Database, Reader, Tx
from hotline.kernel.events import Event
from hotline.kernel.outbox import outbox

note = sa.Table(
    "note",
    sa.MetaData(),
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("text", sa.Text),
    # Checked at the COMMIT: how a test makes one fail.
    sa.Column("parent", sa.ForeignKey("note.id", deferrable=True, initially="DEFERRED")),
)


@dataclass(frozen=True, kw_only=True)
class NoteWritten(Event):
    """A note was written."""

    name: ClassVar[str] = "tests.note_written"
    note: str


async def add_note_table(database: Database) -> None:
    """Makes the table."""
    async with database.uow() as tx:
        await tx.execute(sa.schema.CreateTable(note))


async def write(tx: Tx, note_id: str, *, parent: str | None = None, text: str = "") -> None:
    """Adds a note and tells of it."""
    await tx.execute(note.insert(), {"id": note_id, "parent": parent, "text": text})
    tx.emit(NoteWritten(aggregate=f"note:{note_id}", note=note_id))


async def notes(reader: Reader) -> set[str]:
    """The notes that there are."""
    return set((await reader.execute(sa.select(note.c.id))).scalars())


async def kept(database: Database) -> set[str]:
    """The notes that there are; fails when the outbox does not tell of exactly these."""
    async with database.read() as reader:
        found = await notes(reader)
        told = (await reader.execute(sa.select(outbox.c.payload))).scalars().all()
    assert sorted(payload["note"] for payload in told) == sorted(found)
    return found
