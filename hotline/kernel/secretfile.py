"""Secrets adapter: one file per key in a folder that only the operator's account may read."""

from __future__ import annotations

import os
from pathlib import Path

from hotline.errors import ConfigurationError
from hotline.kernel.ids import new_id


class SecretFolder:
    """Implements ``ports.secrets.Secrets``: ``FOLDER/<name>.key``, 64 hexadecimal digits, mode 0600."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, name: str) -> bytes:
        path = self._folder / f"{name}.key"
        if not path.exists():
            self._make(path)
        try:
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise ConfigurationError("secret_unreadable", path=str(path)) from error
        if len(key) != 32:
            raise ConfigurationError("secret_unreadable", path=str(path))
        return key

    def _make(self, path: Path) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = path.with_suffix(f".{new_id()}.new")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(os.urandom(32).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(partial, path)
        except FileExistsError:
            return
        finally:
            partial.unlink()
        # A key that is lost after values were sealed with it would make them unreadable.
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
