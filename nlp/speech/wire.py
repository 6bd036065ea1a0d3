"""What the product and an engine's process say to each other: frames on standard input and output.

A frame is a kind, a JSON object and bytes: u8 kind, u32 length of the JSON, u32 length of the bytes, both.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

HEAD = struct.Struct("!BII")
LONGEST = 16_000_000
"""No honest frame is longer; more means that the stream is garbled."""


class Garbled(ValueError):
    """The other side does not speak our language."""


class Kind(IntEnum):
    """Up to ``PING`` said by the product, from ``READY`` on by the engine."""

    OPEN = 1
    """{stream, leg, rate, offset_s, first}: listen; times begin at offset_s, utterances at first."""
    AUDIO = 2
    """{stream} and 16-bit PCM."""
    SKIP = 3
    """{stream, seconds}: sound that could not be sent."""
    CLOSE = 4
    """{stream}: no more sound; answered by ``CLOSED`` after the last segment."""
    FILE = 5
    """{file, path}: answered by segments, then ``FILE_DONE`` or ``FILE_FAILED``."""
    PING = 6
    READY = 32
    """{hash}: the model is loaded."""
    FAILED = 33
    """{code, detail}: it cannot be; the process ends."""
    SEGMENT = 34
    """{stream | file, leg, number, start_s, end_s, text, confidence, final}"""
    CLOSED = 35
    """{stream}"""
    FILE_DONE = 36
    """{file, seconds, legs}"""
    FILE_FAILED = 37
    """{file, code, params}"""
    PONG = 38


@dataclass(frozen=True)
class Frame:
    """One thing said."""

    kind: Kind
    head: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""

    def packed(self) -> bytes:
        """As it is sent."""
        head = json.dumps(self.head, ensure_ascii=False).encode()
        return HEAD.pack(self.kind, len(head), len(self.body)) + head + self.body


class Unpacker:
    """Frames out of bytes as they come."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete now. Raises ``Garbled``."""
        self._rest += data
        while len(self._rest) >= HEAD.size:
            kind, head_length, body_length = HEAD.unpack_from(self._rest)
            if head_length > LONGEST or body_length > LONGEST:
                raise Garbled("a frame is too long")
            end = HEAD.size + head_length + body_length
            if len(self._rest) < end:
                return
            head = bytes(self._rest[HEAD.size : HEAD.size + head_length])
            body = bytes(self._rest[HEAD.size + head_length : end])
            del self._rest[:end]
            yield _frame(kind, head, body)


def _frame(kind: int, head: bytes, body: bytes) -> Frame:
    try:
        values = json.loads(head)
        if not isinstance(values, dict):
            raise Garbled("a frame without an object")
        return Frame(Kind(kind), values, body)
    except ValueError as error:
        raise Garbled(str(error)) from error
