"""One data folder, one running instance."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotline.errors import ConfigurationError

LOCK = "hotline.lock"


@contextmanager
def sole_instance(data: Path, address: str) -> Iterator[None]:
    """Hold the folder's lock; ``ConfigurationError`` ("already_running") when another process has it.

    The operating system lets go of the lock when the process dies in whatever way.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / LOCK).open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            other = lock.read().strip() or "{}"
            raise ConfigurationError("already_running", data=str(data), **_described(other)) from None
        lock.seek(0)
        lock.truncate()
        json.dump({"pid": os.getpid(), "address": address}, lock)
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def running_address(data: Path) -> str | None:
    """``HOST:PORT`` of the instance that holds the folder; None when there is none, or it chose its port."""
    path = data / LOCK
    if not path.exists():
        return None
    address = _described(path.read_text("utf-8").strip() or "{}")["address"]
    return None if address == "?" or address.endswith(":0") else address


def _described(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = {}
    return {"pid": str(found.get("pid", "?")), "address": str(found.get("address", "?"))}
