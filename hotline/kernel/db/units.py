"""Units of work must not be nested: the inner one would wait for the outer, or commit without it."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager


class _Unit:
    """Marks a task's context; ``open`` ends with the unit, also for tasks that were started inside it."""

    def __init__(self, database: object) -> None:
        self.database = database
        self.open = True


_unit: contextvars.ContextVar[_Unit | None] = contextvars.ContextVar("unit", default=None)


@contextmanager
def only_unit(database: object) -> Iterator[None]:
    """``RuntimeError`` when this task, or the one that started it, is in a unit of ``database`` already."""
    outer = _unit.get()
    if outer is not None and outer.open and outer.database is database:
        raise RuntimeError("units of work must not be nested: pass the Tx on")
    unit = _Unit(database)
    token = _unit.set(unit)
    try:
        yield
    finally:
        unit.open = False
        _unit.reset(token)
