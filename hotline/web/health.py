"""Health: what works, what is missing, and why; for ``/healthz``, ``hotline doctor`` and the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hotline.web.endpoint import Call, Endpoints, Schema

PartState = Literal["ok", "degraded", "down", "absent"]
PARTS = ("database", "bus", "telephony", "speech", "classifier")
CHECK_SECONDS = 3.0


@dataclass(frozen=True)
class PartHealth:
    """One part: ``absent`` means that this installation does not have it, which is not a fault.

    ``detail`` is for operators, in English. ``code`` names the reason of whatever is not ok, for pages to
    put into words with ``params``; "" where there is no more than the detail.
    """

    state: PartState
    detail: str
    code: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


class PartView(Schema):
    """A part as reported."""

    state: PartState
    detail: str
    code: str
    params: dict[str, str]


class HealthView(Schema):
    """The whole: ``ok`` when no part is degraded or down."""

    status: Literal["ok", "degraded", "down"]
    parts: dict[str, PartView]


class HealthBoard:
    """Collects the checks of all parts; a check that hangs or raises counts as down."""

    def __init__(self) -> None:
        self._checks: dict[str, Callable[[], Awaitable[PartHealth]]] = {}

    def add(self, part: str, check: Callable[[], Awaitable[PartHealth]]) -> None:
        """Register the check of ``part``."""
        self._checks[part] = check

    async def report(self) -> HealthView:
        """Ask every part."""
        names = list(dict.fromkeys((*PARTS, *self._checks)))
        found = await asyncio.gather(*(self._ask(name) for name in names))
        parts = {name: _view(health) for name, health in zip(names, found, strict=True)}
        status: Literal["ok", "degraded", "down"] = "ok"
        if any(h.state in ("degraded", "down") for h in found):
            status = "degraded"
        if parts["database"].state == "down":
            status = "down"
        return HealthView(status=status, parts=parts)

    async def _ask(self, name: str) -> PartHealth:
        check = self._checks.get(name)
        if check is None:
            return PartHealth("absent", "not part of this version", "not_included")
        try:
            return await asyncio.wait_for(check(), CHECK_SECONDS)
        except TimeoutError:
            return PartHealth("down", f"no answer within {CHECK_SECONDS:g} s", "no_answer")
        except Exception as error:
            return PartHealth("down", f"{type(error).__name__}: {error}")


def _view(health: PartHealth) -> PartView:
    return PartView(state=health.state, detail=health.detail, code=health.code, params=dict(health.params))


def health_endpoints(board: HealthBoard) -> Endpoints:
    """``/healthz``, for people, probes and the desk alike; it carries no personal data."""
    api = Endpoints("health")

    @api.get("/healthz", audience="anyone")
    async def healthz(call: Call) -> HealthView:
        """The state of every part; always 200, so that a probe tells "up" from "answering"."""
        return await board.report()

    return api
