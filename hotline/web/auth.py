"""Who is asking: principals, and the port through which staff and citizens are recognised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["staff", "citizen"]


def header_bytes(text: str) -> bytes:
    """A cookie or header as it came over the wire: bytes that are no UTF-8 arrive as lone surrogates."""
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class Principal:
    """A signed-in person. ``capabilities`` come from the roles at each request, never from the session."""

    kind: Kind
    id: str
    name: str
    roles: tuple[str, ...]
    capabilities: frozenset[str]
    unit_id: str | None
    session: str
    csrf: str

    @property
    def actor(self) -> str:
        """How the audit names this person: ``staff:<id>`` or ``citizen:<id>``."""
        return f"{self.kind}:{self.id}"

    def may(self, capability: str) -> bool:
        """Whether one of the roles carries ``capability``."""
        return capability in self.capabilities


@dataclass(frozen=True)
class Account:
    """What the owner of accounts says of one: see ``Principal``."""

    id: str
    name: str
    roles: tuple[str, ...]
    capabilities: frozenset[str]
    unit_id: str | None


class Authenticator(Protocol):
    """Implemented by the slice that owns the accounts."""

    async def verify(self, account: str, password: str) -> str | None:
        """The id of the active account whose password this is, else None; takes as long either way."""
        ...

    async def load(self, account_id: str) -> Account | None:
        """The account as it is now; None when it is gone or switched off."""
        ...
