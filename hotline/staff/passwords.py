"""Hashing of passwords: argon2id in threads, so that the event loop never waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from hotline.staff.model import normalise_password

THREADS = 2
"""Each hashing takes 64 MiB: a burst of sign-ins waits in line instead of eating the memory."""


class Passwords:
    """Makes and checks hashes; the text of a password is never kept."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(THREADS, "passwords")
        self._decoy = self._hasher.hash("no account has this password")

    async def hash(self, password: str) -> str:
        """The salted hash to be stored."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._hasher.hash, normalise_password(password)
        )

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether ``password`` made ``stored``; takes as long when there is nothing stored."""
        good = await asyncio.get_running_loop().run_in_executor(
            self._threads, self._verify, stored or self._decoy, normalise_password(password)
        )
        return good and stored is not None

    async def matches_any(self, password: str, stored: Sequence[str]) -> bool:
        """Whether ``password`` made one of these hashes."""
        for one in stored:
            if await self.matches(password, one):
                return True
        return False

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown()

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerificationError:
            return False
