"""What an operator may say about the exchange; everything else follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

DEMO_CARRIER = "127.0.0.2"
"""Where the demo's carrier calls from; only this machine can send from there."""


@dataclass(frozen=True)
class Trunk:
    """A carrier or gateway. ``host`` may carry a port; empty means the demo's carrier on this machine.

    ``addresses``: addresses or networks that its calls come from, empty for ``host`` itself.
    """

    host: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    transport: str = "udp"
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class AsteriskSettings:
    """Settings of one exchange.

    ``folder`` holds its state, ``cache`` the unpacked packages that all instances share. ``host`` is where
    SIP listens. ``first_port`` 0 derives the block of ports from ``folder``. ``ring``, ``stale`` and
    ``max_wait`` are seconds.
    """

    folder: Path
    cache: Path
    ami_password: str = field(repr=False)
    ari_password: str = field(repr=False)
    program: str = ""
    host: str = "127.0.0.1"
    public_address: str = ""
    first_port: int = 0
    trunk: Trunk = Trunk()
    certificate: Path | None = None
    certificate_key: Path | None = None
    language: str = "zh"
    ring: int = 20
    stale: int = 3
    max_wait: int = 600
    web_calls: int = 20

    @property
    def desk_phones(self) -> Path:
        """The file that names the desk phones."""
        return self.folder / "desk-phones.json"

    @property
    def recordings(self) -> Path:
        """Complete recordings of single legs; those still growing are in ``live/`` below."""
        return self.folder / "recordings"
