"""Backup and restore: one archive from one consistent snapshot, the same for both engines.

A backup is written while the product runs. Restoring checks the whole archive before it touches anything,
needs an empty database, fills the schema that the backup was made with, migrates that to this version, and
ends by verifying the audit chain and the cases' histories.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hotline import __version__
from hotline.archive import PAGE, LineWriter, Manifest, check_archive, read_tables, write_archive
from hotline.cases.anchors import verify_case_chains
from hotline.errors import ConfigurationError
from hotline.kernel.audit import Audit
from hotline.kernel.clock import SystemClock
from hotline.kernel.db import Database, Reader, Tx, UtcDateTime
from hotline.kernel.db.open import open_database
from hotline.migrations.run import current, known_revisions, migrate

Progress = Callable[[str, int], None]

_TYPES: dict[str, Any] = {
    "instant": UtcDateTime(),
    "json": sa.JSON(),
    "json or null": sa.JSON(none_as_null=True),
    "plain": sa.types.NullType(),
}
"""The kinds of columns that JSON needs to be told of, by their name in the manifest."""


@dataclass(frozen=True)
class BackupReport:
    """What an archive holds: rows by table."""

    archive: str
    revision: str
    created_at: str
    tables: dict[str, int]
    secrets: bool


async def back_up(
    database: Database, metadata: sa.MetaData, secrets: Path | None, archive: Path, progress: Progress
) -> BackupReport:
    """Write ``archive`` (mode 0600, only complete ones get its name); ``secrets`` None leaves the keys out.

    Raises ``ConfigurationError`` ("backup_needs_migration") unless the schema is this version's.
    """
    created_at = datetime.now(UTC).isoformat(timespec="seconds")
    keys = _keys_in(secrets) if secrets else []
    with tempfile.TemporaryDirectory(prefix="hotline-backup-", dir=archive.parent) as scratch:
        tables: dict[str, dict[str, Any]] = {}
        async with database.read() as reader:
            revision = await _revision(reader)
            for table in metadata.sorted_tables:
                tables[table.name] = await _dump(reader, table, Path(scratch) / f"{table.name}.jsonl")
                progress(table.name, tables[table.name]["rows"])
        manifest = Manifest(__version__, revision, created_at, tables)
        await asyncio.to_thread(write_archive, archive, manifest, Path(scratch), keys)
    return BackupReport(str(archive), revision, created_at, manifest.rows, bool(keys))


async def restore(archive: Path, url: str, secrets: Path, progress: Progress) -> BackupReport:
    """Fill an empty database from ``archive``, then migrate it to this version.

    Raises ``ConfigurationError``: "restore_not_empty", "restore_key_differs", "backup_damaged",
    "backup_newer" with nothing changed; "restore_chain_broken" when everything was restored, but what was
    backed up does not verify.
    """
    manifest, keys = await asyncio.to_thread(check_archive, archive)
    if manifest.revision not in known_revisions():
        raise ConfigurationError("backup_newer", version=manifest.version)
    _refuse_other_keys(keys, secrets)
    before, _ = await asyncio.to_thread(current, url)
    if before not in (None, manifest.revision):
        raise ConfigurationError("restore_not_empty", table="alembic_version")
    await asyncio.to_thread(migrate, url, manifest.revision)
    database = open_database(url)
    try:
        async with database.uow() as tx:
            await _load(tx, archive, manifest, progress)
    finally:
        await database.close()
    _restore_keys(keys, secrets)
    await asyncio.to_thread(migrate, url)
    await _verify(url)
    return BackupReport(str(archive), manifest.revision, manifest.created_at, manifest.rows, bool(keys))


def _keys_in(secrets: Path) -> list[Path]:
    return sorted(secrets.glob("*.key"))


async def _revision(reader: Reader) -> str:
    """The snapshot's own revision, for a migration may be under way beside it."""
    newest = known_revisions()[0]
    found = (await reader.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    if found != newest:
        raise ConfigurationError("backup_needs_migration", revision=found, newest=newest)
    return newest


async def _dump(reader: Reader, table: sa.Table, path: Path) -> dict[str, Any]:
    serial = table.autoincrement_column
    with path.open("wb") as file:
        lines = LineWriter(file, _plain)
        async for row in _rows(reader, table):
            lines.write(row)
    return {
        "rows": lines.rows,
        "sha256": lines.sha256,
        "columns": {column.name: _kind(column) for column in table.columns},
        "serial": None if serial is None else serial.name,
    }


def _kind(column: sa.Column[Any]) -> str:
    if isinstance(column.type, UtcDateTime):
        return "instant"
    if isinstance(column.type, sa.JSON):
        return "json or null" if column.nullable else "json"
    if isinstance(column.type, sa.String | sa.Integer | sa.Float | sa.Boolean):
        return "plain"
    raise TypeError(f"{column} cannot be backed up")


async def _rows(reader: Reader, table: sa.Table) -> AsyncIterator[dict[str, Any]]:
    """All rows in the order of the primary key, a page at a time."""
    key = list(table.primary_key.columns)
    last: Sequence[Any] | None = None
    while True:
        query = sa.select(table).order_by(*key).limit(PAGE)
        if last is not None:
            after = (sa.literal(v, k.type) for v, k in zip(last, key, strict=True))
            query = query.where(sa.tuple_(*key) > sa.tuple_(*after))
        rows = (await reader.execute(query)).all()
        for row in rows:
            yield {str(k): v for k, v in row._mapping.items()}
        if len(rows) < PAGE:
            return
        last = [rows[-1]._mapping[k.name] for k in key]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be backed up")


async def _load(tx: Tx, archive: Path, manifest: Manifest, progress: Progress) -> None:
    """All tables in one unit, by the columns that the archive names: this version may have others."""
    if tx.dialect == "sqlite":
        await tx.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
    for name, pages in read_tables(archive):
        described = manifest.tables[name]
        table = sa.table(name, *(sa.column(c, _TYPES[kind]) for c, kind in described["columns"].items()))
        await _require_empty(tx, table)
        for page in pages:
            await tx.execute(table.insert(), [_typed(described["columns"], row) for row in page])
        if tx.dialect == "postgresql" and described["serial"]:
            await _advance_serial(tx, table, described["serial"])
        progress(name, described["rows"])


async def _require_empty(tx: Tx, table: sa.TableClause) -> None:
    """A fresh schema holds one row of its own, the head of the empty audit chain; it makes way."""
    count = (await tx.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
    if count > (1 if table.name == "audit_head" else 0):
        raise ConfigurationError("restore_not_empty", table=table.name)
    if count:
        await tx.execute(table.delete())


async def _advance_serial(tx: Tx, table: sa.TableClause, column: str) -> None:
    """The next row that PostgreSQL numbers by itself must follow the restored ones."""
    find = sa.select(sa.func.pg_get_serial_sequence(table.name, column))
    sequence = (await tx.execute(find)).scalar_one_or_none()
    if sequence:
        highest = (await tx.execute(sa.select(sa.func.max(table.c[column])))).scalar_one() or 0
        await tx.execute(sa.select(sa.func.setval(sequence, highest + 1, False)))


def _typed(columns: Mapping[str, str], row: dict[str, Any]) -> dict[str, Any]:
    """JSON has no instants: give them back their type."""
    for name, kind in columns.items():
        if kind == "instant" and row[name] is not None:
            row[name] = datetime.fromisoformat(row[name])
    return row


def _refuse_other_keys(keys: Mapping[str, bytes], secrets: Path) -> None:
    """A key that exists with another content is never overwritten: something was sealed with it."""
    for name, content in keys.items():
        path = secrets / name
        if path.exists() and path.read_bytes() != content:
            raise ConfigurationError("restore_key_differs", path=str(path))


def _restore_keys(keys: Mapping[str, bytes], secrets: Path) -> None:
    if keys:
        secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in keys.items():
        if not (secrets / name).exists():
            handle = os.open(secrets / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())


async def _verify(url: str) -> None:
    database = open_database(url)
    try:
        async with database.read() as reader:
            _, broken = await Audit(SystemClock()).verify(reader)
            _, broken_case = await verify_case_chains(reader)
    finally:
        await database.close()
    if (found := broken or broken_case) is not None:
        raise ConfigurationError("restore_chain_broken", chain=found.chain, row=found.seq)
