"""Which ports an exchange uses: one block of a thousand, derived from its folder."""

from __future__ import annotations

import hashlib
import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from hotline.errors import ConfigurationError

SIZE = 1000
LOWEST, HIGHEST = 10_000, 31_000
"""Blocks stay below the ports that systems hand out for outgoing connections."""
FILE = "ports.json"


@dataclass(frozen=True)
class Ports:
    """Port numbers of one exchange. ``carrier`` is where the demo's carrier awaits calls to citizens."""

    sip: int
    wss: int
    http: int
    ami: int
    agi: int
    carrier: int
    rtp_first: int
    rtp_last: int

    @classmethod
    def block(cls, first: int) -> Ports:
        """The block that begins at ``first``: SIP first, RTP from the twentieth on."""
        return cls(first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 20, first + SIZE - 1)


def read_ports(folder: Path) -> Ports | None:
    """The ports chosen at the last start, or None."""
    try:
        return Ports(**json.loads((folder / FILE).read_text("ascii")))
    except (OSError, ValueError, TypeError):
        return None


def choose_ports(folder: Path, host: str, first: int = 0) -> Ports:
    """Ports for a start: ``first``'s block when given, else the last one, else one that nobody uses.

    The choice is written to ``FOLDER/ports.json``. Raises ``ConfigurationError`` ("telephony_ports") when no
    block is free, or that of ``first`` is not.
    """
    if first:
        candidates = [Ports.block(first)]
    else:
        blocks = range(LOWEST, HIGHEST, SIZE)
        start = int.from_bytes(hashlib.sha256(str(folder.absolute()).encode()).digest()[:4], "big")
        candidates = [Ports.block(blocks[(start + i) % len(blocks)]) for i in range(len(blocks))]
        if (last := read_ports(folder)) is not None:
            candidates.insert(0, last)
    for ports in candidates:
        if are_free(ports, host):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / FILE).write_text(json.dumps(asdict(ports)), "ascii")
            return ports
    raise ConfigurationError("telephony_ports", first=candidates[0].sip, last=candidates[0].rtp_last)


def are_free(ports: Ports, host: str) -> bool:
    """Whether an exchange could listen on them now."""
    local = [(socket.SOCK_STREAM, "127.0.0.1", port) for port in (ports.http, ports.ami, ports.agi)]
    open_ = [(socket.SOCK_DGRAM, host, ports.sip), (socket.SOCK_STREAM, host, ports.sip)]
    media = [(socket.SOCK_DGRAM, host, ports.rtp_first)]
    return all(
        _is_free(*address) for address in (*local, *open_, (socket.SOCK_STREAM, host, ports.wss), *media)
    )


def _is_free(kind: socket.SocketKind, host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            # A port that a stopped exchange has just left is free, though old connections linger.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
