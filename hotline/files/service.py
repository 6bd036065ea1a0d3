"""Keeps files in the data folder: the database knows what they are, the disk what is in them."""

from __future__ import annotations

import asyncio
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from hotline.errors import NotFound
from hotline.files import store
from hotline.files.model import HEAD, media_type
from hotline.kernel.db import Reader, Tx
from hotline.kernel.ids import new_id
from hotline.ports.clock import Clock


@dataclass(frozen=True)
class StoredFile:
    """A kept file; ``path`` has a name of our own making, ``mime`` is what its bytes say."""

    id: str
    mime: str
    size: int
    sha256: str
    path: Path


class Files:
    """``folder`` holds everything; nothing of it exists before the first file."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def scratch(self) -> Path:
        """A path where a new file may be written, on the same disk as those that are kept."""
        folder = self._folder / "incoming"
        await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        return folder / new_id()

    async def inspect(self, path: Path, kind: str) -> StoredFile | None:
        """What a written file is, made safe on disk and moved to where it is kept; None when it is not
        of its ``kind``, and then it is gone."""
        return await asyncio.to_thread(self._inspect, path, kind)

    async def keep(self, tx: Tx, file: StoredFile) -> None:
        """Note a file; from here on it can be found."""
        row = {"id": file.id, "mime": file.mime, "size": file.size, "sha256": file.sha256}
        await store.insert(tx, {**row, "at": self._clock.now()})

    async def find(self, reader: Reader, file_id: str) -> StoredFile:
        """A kept file; ``NotFound`` when there is none, or the disk lost it."""
        row = await store.by_id(reader, file_id)
        if row is None:
            raise NotFound()
        path = self._path(row.id)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound()
        return StoredFile(row.id, row.mime, row.size, row.sha256, path)

    def _inspect(self, path: Path, kind: str) -> StoredFile | None:
        with path.open("rb") as file:
            mime = media_type(file.read(HEAD), kind)
            if mime is None:
                path.unlink()
                return None
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        file_id = new_id()
        final = self._path(file_id)
        final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        size = path.stat().st_size
        path.rename(final)
        return StoredFile(file_id, mime, size, digest, final)

    def _path(self, file_id: str) -> Path:
        # The end of an id is its random part: files spread evenly.
        return self._folder / file_id[-2:] / file_id
