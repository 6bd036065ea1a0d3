"""Temporary media: what users sent and what the account uploaded; kept for three days."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

LIFE = 3 * 86400
SAMPLES = Path(__file__).parent / "data"
TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "amr": "audio/amr",
         "mp3": "audio/mpeg", "mp4": "video/mpeg4"}  # fmt: skip
UPLOADS = {
    "image": (("jpg", "png", "gif"), 10 << 20, 40009),
    "voice": (("amr", "mp3"), 2 << 20, 40010),
    "video": (("mp4",), 10 << 20, 40011),
    "thumb": (("jpg",), 64 << 10, 40012),
}
"""By type: the forms it may have, the most bytes, and the code for more."""


@dataclass(frozen=True)
class Medium:
    """One file. ``form`` is its extension, or "" when it is none that the platform knows."""

    media_id: str
    content: bytes
    form: str
    ends: float


@dataclass
class MediaShelf:
    """All files by their id."""

    kept: dict[str, Medium] = field(default_factory=dict)

    def keep(self, content: bytes, now: float, form: str = "") -> Medium:
        """Store a file for three days."""
        medium = Medium(secrets.token_urlsafe(48), content, form or form_of(content), now + LIFE)
        self.kept[medium.media_id] = medium
        return medium

    def find(self, media_id: str, now: float) -> Medium | None:
        """The file, while it is kept."""
        medium = self.kept.get(media_id)
        return medium if medium is not None and medium.ends > now else None

    def expire(self) -> None:
        """Three days pass for all that is kept."""
        self.kept.clear()


def form_of(content: bytes) -> str:
    """The extension that fits the first bytes."""
    for begin, form in ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF8", "gif"),
                        (b"#!AMR\n", "amr"), (b"ID3", "mp3"), (b"\xff\xfb", "mp3")):  # fmt: skip
        if content.startswith(begin):
            return form
    return "mp4" if content[4:8] == b"ftyp" else ""


def sample(kind: str) -> bytes:
    """A photo or a voice message for a user who brings none."""
    return (SAMPLES / ("photo.jpg" if kind == "image" else "voice.amr")).read_bytes()
