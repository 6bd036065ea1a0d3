"""The archive of a backup: a ``tar.gz`` that says of itself what is in it, checked before it is used."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from hotline.errors import ConfigurationError

FORMAT = 1
MANIFEST = "manifest.json"
PAGE = 1000


@dataclass(frozen=True)
class Manifest:
    """What an archive holds; ``tables`` tells ``rows``, ``sha256``, ``columns`` (kinds) and ``serial``."""

    version: str
    revision: str
    created_at: str
    tables: Mapping[str, Mapping[str, Any]]

    @property
    def rows(self) -> dict[str, int]:
        """Rows by table."""
        return {name: described["rows"] for name, described in self.tables.items()}


def write_archive(path: Path, manifest: Manifest, folder: Path, keys: Sequence[Path]) -> None:
    """Pack ``FOLDER/<table>.jsonl`` and the keys; mode 0600, and only a complete archive gets its name."""
    partial = path.with_name(path.name + ".partial")
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
                content = json.dumps({"format": FORMAT, **vars(manifest)}, indent=1).encode()
                info = tarfile.TarInfo(MANIFEST)
                info.size, info.mode = len(content), 0o600
                tar.addfile(info, io.BytesIO(content))
                for table in manifest.tables:
                    tar.add(folder / f"{table}.jsonl", f"tables/{table}.jsonl")
                for key in keys:
                    tar.add(key, f"secrets/{key.name}")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def check_archive(path: Path) -> tuple[Manifest, dict[str, bytes]]:
    """Read the whole archive: its manifest and keys, once every row is found to be as it was written.

    Raises ``ConfigurationError`` ("backup_damaged", "backup_newer").
    """
    keys: dict[str, bytes] = {}
    found: dict[str, tuple[int, str]] = {}
    with _opened(path) as members:
        manifest = _manifest(*next(members, ("", io.BytesIO())))
        for name, file in members:
            folder, _, leaf = name.partition("/")
            if folder == "secrets":
                keys[Path(leaf).name] = file.read()
            else:
                found[leaf.removesuffix(".jsonl")] = _digest(file)
    for table, described in manifest.tables.items():
        if found.get(table) != (described["rows"], described["sha256"]):
            raise ConfigurationError("backup_damaged", table=table)
    return manifest, keys


def read_tables(path: Path) -> Iterator[tuple[str, Iterator[list[Any]]]]:
    """(table, pages of rows) in the order of the archive; read each table's pages before the next table."""
    with _opened(path) as members:
        for name, file in members:
            folder, _, leaf = name.partition("/")
            if folder == "tables":
                yield leaf.removesuffix(".jsonl"), _pages(file)


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    try:
        # As a stream: going back and forth would unpack everything again for each table.
        with tarfile.open(path, "r|gz") as tar:
            files = ((member.name, tar.extractfile(member)) for member in tar)
            yield ((name, file) for name, file in files if file is not None)
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError("backup_damaged", table=str(path)) from error


def _manifest(name: str, file: IO[bytes]) -> Manifest:
    values = json.loads(file.read()) if name == MANIFEST else {}
    if values["format"] != FORMAT:
        raise ConfigurationError("backup_newer", version=str(values["version"]))
    return Manifest(values["version"], values["revision"], values["created_at"], values["tables"])


def _digest(file: IO[bytes]) -> tuple[int, str]:
    digest, rows = hashlib.sha256(), 0
    for line in file:
        digest.update(line)
        rows += 1
    return rows, digest.hexdigest()


def _pages(file: IO[bytes]) -> Iterator[list[Any]]:
    page: list[Any] = []
    for line in file:
        page.append(json.loads(line))
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


class LineWriter:
    """Writes rows as lines of JSON and remembers their number and digest."""

    def __init__(self, file: IO[bytes], plain: Callable[[Any], Any]) -> None:
        self._file = file
        self._plain = plain
        self._digest = hashlib.sha256()
        self.rows = 0

    @property
    def sha256(self) -> str:
        """Of all lines so far."""
        return self._digest.hexdigest()

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a row."""
        line = json.dumps(row, default=self._plain, ensure_ascii=False, separators=(",", ":")).encode()
        self._file.write(line + b"\n")
        self._digest.update(line + b"\n")
        self.rows += 1
