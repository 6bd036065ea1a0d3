"""The line under test: the product's ``AmiPbx``, what it told, and citizens who call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from hotline.errors import Conflict
from hotline.ports.callsink import CallFact, Resynchronised
from hotline.ports.pbx import Callback
from telephony.accounts import AriSettings
from telephony.ami.link import LinkSettings
from telephony.dialling import DialSettings
from telephony.pbx import AmiPbx, PbxSettings
from tests.support.waiting import until

Fact = TypeVar("Fact")


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Told:
    """A sink that remembers; the next ``refusals`` facts are refused."""

    def __init__(self) -> None:
        self.facts: list[CallFact] = []
        self.refusals = 0

    async def happened(self, fact: CallFact) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Conflict("not_taken")
        self.facts.append(fact)

    def of(self, kind: type[Fact], call_id: str | None = None) -> list[Fact]:
        """The facts of one kind, of one call if named."""
        return [
            fact
            for fact in self.facts
            if isinstance(fact, kind) and call_id in {None, getattr(fact, "call_id", None)}
        ]

    def kinds(self, call_id: str) -> list[str]:
        """The names of a call's facts, in order."""
        return [type(fact).__name__ for fact in self.facts if getattr(fact, "call_id", None) == call_id]

    async def until(self, kind: type[Fact], call_id: str | None = None, count: int = 1) -> Fact:
        """The ``count``-th fact of the kind, awaited."""
        await until(lambda: len(self.of(kind, call_id)) >= count, f"{count} {kind.__name__} of {call_id}")
        return self.of(kind, call_id)[count - 1]


def settings_for(
    folder: Path, link: LinkSettings, ari: tuple[str, str, str], dial: DialSettings | None = None
) -> PbxSettings:
    """Settings of a product at an exchange; ``ari`` is url, user and password."""
    url, user, password = ari
    return PbxSettings(
        link, AriSettings(url, user, password, folder / "accounts.json"), dial or DialSettings()
    )


@asynccontextmanager
async def product_at(
    settings: PbxSettings, told: Told, before_dialling: Callable[[], object] | None = None
) -> AsyncIterator[AmiPbx]:
    """A product that is connected, with the deciding loop's heartbeat."""

    async def check() -> None:
        if before_dialling is not None:
            before_dialling()

    pbx = AmiPbx(settings, told, RealClock(), check)
    await pbx.start()
    beating = asyncio.create_task(_beat(pbx))
    try:
        await told.until(Resynchronised)
        await until(lambda: pbx.is_up, "the line is up")
        yield pbx
    finally:
        beating.cancel()
        await pbx.close()


async def _beat(pbx: AmiPbx) -> None:
    while True:
        pbx.heartbeat()
        await asyncio.sleep(0.2)


def callback_to(call_id: str = "ours-1", number: str = "13800138000") -> Callback:
    """A callback that the agent li.na asks for."""
    return Callback(call_id, number, agent="li.na", requested_by="li.na")
