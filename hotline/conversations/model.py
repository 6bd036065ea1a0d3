"""Words and rules of conversations; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from hotline.errors import FieldProblem, InvalidInput, TooLarge
from hotline.ports.intake import Attachment, Location

LONGEST_TEXT = 4000
"""Characters of one message."""
PREVIEW = 80
"""Characters of a message in a list."""


class Author(StrEnum):
    CITIZEN = "citizen"
    AGENT = "agent"
    SYSTEM = "system"


class Kind(StrEnum):
    """``notice``: the hotline tells something; ``survey``: it asks; ``event``: something happened here."""

    TEXT = "text"
    NOTICE = "notice"
    SURVEY = "survey"
    EVENT = "event"


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class NewMessage:
    """A message to append. ``client_id`` is the writer's own name for it: once per writer and conversation.

    ``sent_at`` is the writer's clock, kept beside the server's (DOMAIN §2.3, invariant f). ``stand_in`` names
    the catalogue's text that a message without words of its own gets.
    """

    author: Author
    text: str
    author_id: str | None = None
    kind: Kind = Kind.TEXT
    payload: Mapping[str, Any] | None = None
    client_id: str | None = None
    sent_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    location: Location | None = None
    stand_in: str | None = None


INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cf"})
"""Unicode categories of blanks and of what only steers the characters around it."""


def clean_text(text: str) -> str:
    """The text as it is stored: line breaks made one kind, outer blanks gone; markup stays what was typed.

    ``TooLarge`` ("message_too_long") beyond 4000 characters; ``InvalidInput`` for an empty text
    ("message_empty") and for control characters or halves of characters ("text_binary").
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > LONGEST_TEXT:
        raise TooLarge("message_too_long", most=LONGEST_TEXT)
    if text and text.isprintable():
        return text
    if all(unicodedata.category(c) in INVISIBLE or c in "\n\t" for c in text):
        raise InvalidInput([FieldProblem("text", "message_empty")])
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise InvalidInput([FieldProblem("text", "text_binary")])
    return text


def preview(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= PREVIEW else line[: PREVIEW - 1] + "…"
