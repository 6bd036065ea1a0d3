"""panoramisk's Message, read from a block only when somebody asks for a header."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from panoramisk.message import Message

EVENT = "Event: "
Headers = dict[str, str | list[str]]


def event_name(block: str) -> str | None:
    """The event's name; None for a response and for what is neither."""
    if not block.startswith(EVENT):
        return None
    name, _, _ = block[len(EVENT) :].partition("\r\n")
    return name


def read_headers(block: str) -> Headers:
    """Every header of a block; one that comes again becomes a list. Lines without a colon are left out."""
    lines = block.split("\r\n")
    try:
        plain: Any = dict([line.split(": ", 1) for line in lines])
    except ValueError:
        plain = {}
    if len(plain) == len(lines):
        whole: Headers = plain
        return whole
    headers: Headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            continue
        value = value.removeprefix(" ")
        earlier = headers.get(name)
        if earlier is None:
            headers[name] = value
        elif isinstance(earlier, list):
            earlier.append(value)
        else:
            headers[name] = [earlier, value]
    return headers


class AmiMessage(Message):
    """A response or an event. Headers are found as Asterisk writes them, or without regard to case.

    A header that is not there reads as "" where panoramisk's attribute access is used.
    """

    def __init__(self, block: str) -> None:
        self.block = block
        self.content = ""
        self.manager = None

    @cached_property
    def headers(self) -> Headers:
        return read_headers(self.block)

    @cached_property
    def name(self) -> str:
        """The event's name, "" for a response."""
        return event_name(self.block) or self.text("Event")

    @cached_property
    def action(self) -> str:
        """The id of the action that this answers, or that caused this event; "" when none did."""
        return self.text("ActionID")

    def text(self, header: str) -> str:
        """The header's value, the last one if it came more than once, "" if it did not."""
        value = self.get(header, "")
        return value[-1] if isinstance(value, list) else str(value)

    def texts(self, header: str) -> list[str]:
        """Every value of the header."""
        value = self.get(header, [])
        return value if isinstance(value, list) else [value]

    @cached_property
    def variables(self) -> dict[str, str]:
        """The channel's variables that came along (manager.conf ``channelvars``)."""
        pairs = (one.partition("=") for one in self.texts("ChanVariable"))
        return {name: value for name, _, value in pairs}

    def _key(self, wanted: str) -> str | None:
        if wanted in self.headers:
            return wanted
        lower = wanted.lower()
        return next((key for key in self.headers if key.lower() == lower), None)

    def __getitem__(self, key: str) -> str | list[str]:
        found = self._key(key)
        if found is None:
            raise KeyError(key)
        return self.headers[found]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._key(key) is not None

    def __setitem__(self, key: str, value: str | list[str]) -> None:
        self.headers[self._key(key) or key] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self.headers)

    def __len__(self) -> int:
        return len(self.headers)
