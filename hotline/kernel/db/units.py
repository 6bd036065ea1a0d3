"""Units of work must not be nested: the inner one would wait for the outer, or commit without it."""

from __future__ import annotations

import contextvars


class Unit:
    """Marks a task's context; ``open`` ends with the unit, also for tasks that were started inside it."""

    def __init__(self, database: object) -> None:
        self.database = database
        self.open = True
        self.token: contextvars.Token[Unit | None]


_unit: contextvars.ContextVar[Unit | None] = contextvars.ContextVar("unit", default=None)


def begin_unit(database: object) -> Unit:
    """``RuntimeError`` when this task, or the one that started it, is in a unit of ``database`` already."""
    outer = _unit.get()
    if outer is not None and outer.open and outer.database is database:
        raise RuntimeError("units of work must not be nested: pass the Tx on")
    unit = Unit(database)
    unit.token = _unit.set(unit)
    return unit


def end_unit(unit: Unit) -> None:
    """The counterpart of ``begin_unit``, in the same task."""
    unit.open = False
    _unit.reset(unit.token)
