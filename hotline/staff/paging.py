"""Opaque cursors of paged lists."""

from __future__ import annotations

import base64
import binascii

from hotline.errors import FieldProblem, InvalidInput


def to_cursor(key: str | int | None) -> str | None:
    """What the page gets to ask for the next page; None at the end."""
    return None if key is None else base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def from_cursor(cursor: str | None) -> str | None:
    """The key behind a cursor; ``InvalidInput`` for one that is not ours."""
    if cursor is None:
        return None
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidInput([FieldProblem("cursor", "field_invalid")]) from error


def number_from_cursor(cursor: str | None) -> int | None:
    """The same for cursors that hold a number."""
    key = from_cursor(cursor)
    if key is None:
        return None
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        raise InvalidInput([FieldProblem("cursor", "field_invalid")])
    return int(key)
