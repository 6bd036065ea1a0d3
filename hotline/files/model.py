"""What a file is, by its first bytes; pure. What is not on the list is not kept (QUALITY, abuse 14, 15)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

HEAD = 32
"""Bytes that are looked at."""
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "audio/mpeg", "audio/wav"})
"""What every browser shows or plays by itself."""


def _begins(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(beginnings)


def _riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(b"RIFF") and head[8:12] == form


_KNOWN: Sequence[tuple[str, Callable[[bytes], bool]]] = (
    ("image/jpeg", _begins(b"\xff\xd8\xff")),
    ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    ("image/gif", _begins(b"GIF87a", b"GIF89a")),
    ("image/webp", _riff(b"WEBP")),
    ("audio/wav", _riff(b"WAVE")),
    ("audio/amr", _begins(b"#!AMR\n", b"#!AMR-WB\n")),
    ("audio/ogg", _begins(b"OggS")),
    ("audio/mpeg", _begins(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
)
_FAMILY = {"image": "image/", "voice": "audio/"}


def media_type(head: bytes, kind: str) -> str | None:
    """The type of an ``image`` or a ``voice``; None when the bytes say otherwise."""
    found = next((name for name, fits in _KNOWN if fits(head[:HEAD])), None)
    return found if found is not None and found.startswith(_FAMILY.get(kind, "/")) else None
