"""Backup and restore: one archive from one consistent snapshot, the same for both engines.

The archive is ``tar.gz``: ``manifest.json`` first (version, schema revision, instant, per table its rows and
SHA-256), then ``tables/<name>.jsonl`` and, unless left out, ``secrets/*.key``. It is written while the product
runs; restoring needs an empty database and ends by verifying the audit chain.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from hotline import __version__
from hotline.errors import ConfigurationError
from hotline.kernel.db import Database, Reader, UtcDateTime
from hotline.kernel.db.open import open_database
from hotline.migrations.run import current, migrate

FORMAT = 1
PAGE = 1000

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class BackupReport:
    """What an archive holds: rows by table."""

    archive: str
    revision: str
    created_at: str
    tables: dict[str, int]
    secrets: bool


async def back_up(
    database: Database,
    url: str,
    metadata: sa.MetaData,
    secrets: Path | None,
    archive: Path,
    progress: Progress,
) -> BackupReport:
    """Write ``archive`` (mode 0600, only complete ones get its name); ``secrets`` None leaves the keys out."""
    revision, _ = current(url)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": __version__,
        "revision": revision,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tables": {},
    }
    partial = archive.with_name(archive.name + ".partial")
    with tempfile.TemporaryDirectory(prefix="hotline-backup-", dir=archive.parent) as scratch:
        folder = Path(scratch)
        async with database.read() as reader:
            for table in metadata.sorted_tables:
                manifest["tables"][table.name] = await _dump(reader, table, folder / f"{table.name}.jsonl")
                progress(table.name, manifest["tables"][table.name]["rows"])
        keys = sorted(secrets.glob("*.key")) if secrets else []
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as tar:
            _add(tar, "manifest.json", json.dumps(manifest, indent=1).encode())
            for table in metadata.sorted_tables:
                tar.add(folder / f"{table.name}.jsonl", f"tables/{table.name}.jsonl")
            for key in keys:
                tar.add(key, f"secrets/{key.name}")
    partial.replace(archive)
    rows = {name: described["rows"] for name, described in manifest["tables"].items()}
    return BackupReport(str(archive), str(revision), manifest["created_at"], rows, bool(keys))


async def restore(
    archive: Path, url: str, metadata: sa.MetaData, secrets: Path, progress: Progress
) -> BackupReport:
    """Fill an empty database from ``archive``, then migrate it to this version.

    Raises ``ConfigurationError``: "restore_not_empty", "backup_damaged", "backup_newer".
    """
    with tarfile.open(archive, "r:gz") as tar:
        manifest = json.loads(_member(tar, "manifest.json").read())
        if manifest["format"] != FORMAT:
            raise ConfigurationError("backup_newer", version=manifest["version"])
        migrate(url, manifest["revision"])
        database = open_database(url)
        try:
            await _load_all(tar, manifest, database, metadata, progress)
        finally:
            await database.close()
        restored = _restore_keys(tar, secrets)
    migrate(url)
    rows = {name: described["rows"] for name, described in manifest["tables"].items()}
    return BackupReport(str(archive), manifest["revision"], manifest["created_at"], rows, restored)


async def _dump(reader: Reader, table: sa.Table, path: Path) -> dict[str, Any]:
    digest, rows = hashlib.sha256(), 0
    with path.open("wb") as file:
        async for row in _pages(reader, table):
            line = json.dumps(row, default=_plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            file.write(line)
            digest.update(line)
            rows += 1
    return {"rows": rows, "sha256": digest.hexdigest()}


async def _pages(reader: Reader, table: sa.Table) -> AsyncIterator[dict[str, Any]]:
    """All rows in the order of the primary key, a page at a time."""
    key = list(table.primary_key.columns)
    last: Sequence[Any] | None = None
    while True:
        query = sa.select(table).order_by(*key).limit(PAGE)
        if last is not None:
            query = query.where(
                sa.tuple_(*key) > sa.tuple_(*(sa.literal(v, k.type) for v, k in zip(last, key, strict=True)))
            )
        rows = (await reader.execute(query)).all()
        for row in rows:
            yield {str(k): v for k, v in row._mapping.items()}
        if len(rows) < PAGE:
            return
        last = [rows[-1]._mapping[k.name] for k in key]


async def _load_all(
    tar: tarfile.TarFile,
    manifest: dict[str, Any],
    database: Database,
    metadata: sa.MetaData,
    progress: Progress,
) -> None:
    tables = [t for t in metadata.sorted_tables if t.name in manifest["tables"]]
    async with database.uow() as tx:
        for table in tables:
            # A fresh schema holds one row of its own: the head of the empty audit chain.
            count = (await tx.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
            if count > (1 if table.name == "audit_head" else 0):
                raise ConfigurationError("restore_not_empty", table=table.name)
            await tx.execute(table.delete())
            described = manifest["tables"][table.name]
            digest, rows = hashlib.sha256(), 0
            for lines in _line_pages(_member(tar, f"tables/{table.name}.jsonl")):
                for line in lines:
                    digest.update(line)
                await tx.execute(table.insert(), [_typed(table, json.loads(line)) for line in lines])
                rows += len(lines)
            if rows != described["rows"] or digest.hexdigest() != described["sha256"]:
                raise ConfigurationError("backup_damaged", table=table.name)
            progress(table.name, rows)
        if database.dialect == "postgresql":
            await _advance_sequences(tx, tables)


async def _advance_sequences(tx: Any, tables: Sequence[sa.Table]) -> None:
    for table in tables:
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = (
            await tx.execute(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name)))
        ).scalar()
        if sequence:
            highest = (await tx.execute(sa.select(sa.func.max(column)))).scalar() or 0
            await tx.execute(sa.select(sa.func.setval(sequence, highest + 1, False)))


def _typed(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """JSON has no instants: give them back their type."""
    for name, value in row.items():
        if value is not None and isinstance(table.c[name].type, UtcDateTime):
            row[name] = datetime.fromisoformat(value)
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be backed up")


def _line_pages(file: IO[bytes]) -> Iterator[list[bytes]]:
    page: list[bytes] = []
    for line in file:
        page.append(line)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    tar.addfile(info, io.BytesIO(content))


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        file = tar.extractfile(name)
    except KeyError as error:
        raise ConfigurationError("backup_damaged", table=name) from error
    if file is None:
        raise ConfigurationError("backup_damaged", table=name)
    return file


def _restore_keys(tar: tarfile.TarFile, secrets: Path) -> bool:
    """Put the keys back; one that exists with another content is never overwritten."""
    found = [m for m in tar.getmembers() if m.name.startswith("secrets/") and m.isfile()]
    if found:
        secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    for member in found:
        content, path = _member(tar, member.name).read(), secrets / Path(member.name).name
        if path.exists():
            if path.read_bytes() != content:
                raise ConfigurationError("restore_key_differs", path=str(path))
            continue
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    return bool(found)
