"""The XML of callbacks and of passive replies."""

from __future__ import annotations

from collections.abc import Iterable
from xml.parsers import expat

Field = tuple[str, str | int]


class NotXml(Exception):
    """A reply that is no XML, or more than a reply may be."""


def element(name: str, value: str | int) -> str:
    """Text as CDATA, numbers bare, as the platform writes them."""
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    return f"<{name}><![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"


def document(fields: Iterable[Field]) -> bytes:
    """``<xml>`` with one element a field."""
    return ("<xml>" + "".join(element(name, value) for name, value in fields) + "</xml>").encode()


def read(body: bytes) -> dict[str, str]:
    """The text of each element by its path below the root, e.g. ``Image/MediaId``. Raises ``NotXml``."""
    found: dict[str, str] = {}
    path: list[str] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def begin(name: str, _attributes: dict[str, str]) -> None:
        path.append(name)
        found.setdefault("/".join(path[1:]), "")

    def end(_name: str) -> None:
        path.pop()

    def text(data: str) -> None:
        found["/".join(path[1:])] += data

    def declared(*_: object) -> None:
        raise NotXml("a reply declares no document type")

    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = declared
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise NotXml(str(error)) from error
    return found
