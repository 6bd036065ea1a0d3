"""Bytes into blocks: cut first, decoded whole, so that no character is ever torn apart."""

from __future__ import annotations

END_OF_LINE = b"\r\n"
END_OF_BLOCK = b"\r\n\r\n"
MAX_BLOCK = 1 << 20
"""Bytes without an end after which the other side is no manager interface."""
GREETING = b"Asterisk Call Manager/"


class GarbledStreamError(Exception):
    """The stream is not the manager protocol."""


class Framer:
    """Cuts one connection's stream. Holds at most ``MAX_BLOCK`` bytes between two feeds."""

    def __init__(self) -> None:
        self.version: str | None = None
        """The protocol version of the greeting; None before it came."""
        self._rest = b""

    @property
    def held(self) -> int:
        """Bytes of a block that is not complete."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[str]:
        """The blocks that ``data`` completes, without the blank line that ends each.

        Bytes that are not UTF-8 become U+FFFD. Raises ``GarbledStreamError`` when the greeting is another
        protocol's or a block never ends.
        """
        data = self._rest + data if self._rest else data
        if self.version is None:
            greeting, end, rest = data.partition(END_OF_LINE)
            if not greeting.startswith(GREETING[: len(greeting)]) or len(greeting) > 200:
                raise GarbledStreamError("greeting")
            if not end:
                self._rest = data
                return []
            self.version = greeting[len(GREETING) :].decode("ascii", "replace")
            data = rest
        cut = data.rfind(END_OF_BLOCK)
        if cut < 0:
            blocks = []
            self._rest = data
        else:
            blocks = data[:cut].decode("utf-8", "replace").split("\r\n\r\n")
            self._rest = data[cut + len(END_OF_BLOCK) :]
        if len(self._rest) > MAX_BLOCK:
            raise GarbledStreamError("endless block")
        return blocks
