"""Secrets port: keys and passwords that live outside the database."""

from __future__ import annotations

from typing import Protocol


class Secrets(Protocol):
    """Named secrets, made on first use and kept by the adapter."""

    def key(self, name: str) -> bytes:
        """The 32-byte key called ``name``; made and kept when it does not exist yet."""
        ...
