"""Events: facts in the past tense that slices tell each other through the outbox.

An event carries identifiers and plain values, never personal data: rows of the outbox are kept and shown
to operators.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events. Subclasses are frozen dataclasses of JSON values and set ``name``.

    ``name`` is ``slice.past_tense`` and never changes once released; ``aggregate`` names what the event
    happened to (``case:<id>``): deliveries of one aggregate keep their order.
    """

    name: ClassVar[str]
    aggregate: str

    def to_payload(self) -> dict[str, Any]:
        """The event's own fields as JSON values."""
        return {name: getattr(self, name) for name in _own_fields(type(self))}

    @classmethod
    def from_payload(cls, aggregate: str, payload: dict[str, Any]) -> Self:
        """Rebuild an event; fields that this version no longer knows are left out."""
        known = _own_fields(cls)
        return cls(aggregate=aggregate, **{k: v for k, v in payload.items() if k in known})


_fields: dict[type, tuple[str, ...]] = {}


def _own_fields(event: type[Event]) -> tuple[str, ...]:
    """The names of the event's own fields; asked for in every unit of work, hence remembered."""
    names = _fields.get(event)
    if names is None:
        names = tuple(f.name for f in dataclasses.fields(event) if f.name != "aggregate")
        _fields[event] = names
    return names


@dataclass(frozen=True)
class Recorded:
    """An event with what the outbox added: its id and the moment of its transaction."""

    event_id: str
    occurred_at: datetime
    event: Event


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: the same value always gives the same text (for hashing)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
