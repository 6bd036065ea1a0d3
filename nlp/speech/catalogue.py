"""Models that are known to work, as data: ``nlp/data/models.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent.parent / "data" / "models.json"


@dataclass(frozen=True)
class KnownModel:
    """``megabytes`` of its archive, about. ``page`` tells of it; ``url`` is its archive where its authors
    publish one at a lasting address, ``sha256`` what they say of it; None: the operator says."""

    name: str
    engine: str
    language: str
    megabytes: int
    page: str
    url: str | None
    sha256: str | None
    default: bool


@cache
def known_models() -> tuple[KnownModel, ...]:
    """The whole catalogue."""
    return tuple(KnownModel(**entry) for entry in json.loads(FILE.read_text("utf-8")))


def known(name: str) -> KnownModel | None:
    """The model of that name; None when it is not in the catalogue."""
    return next((one for one in known_models() if one.name == name), None)


def default_model(engine: str) -> str:
    """The name of the model that ``engine`` begins with; the engine's own name for one of the site's own."""
    return next((one.name for one in known_models() if one.engine == engine and one.default), engine)
