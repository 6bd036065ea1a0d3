"""A process that relays effects to an outside world (a journal file) and dies where it is told to.

    python -m tests.support.effect_child URL JOURNAL OUTSIDE DEATH

OUTSIDE is `tells` (it can be asked), `silent` (it cannot) or `keyed` (the same key twice has one effect);
DEATH is `before` or `after` (the first effect) or `none`. Ends with 0 when nothing is pending any more.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from hotline.kernel.clock import SystemClock
from hotline.kernel.db.open import open_database
from hotline.kernel.events import Recorded
from hotline.kernel.relay import EffectSubscription, Relay
from tests.support.notes import NoteWritten

DIED = 9


def done(journal: Path) -> list[str]:
    """The keys of the effects that took place, in their order."""
    return journal.read_text().splitlines() if journal.exists() else []


async def relay(url: str, journal: Path, outside: str, death: str) -> None:
    async def perform(_recorded: Recorded, key: str) -> None:
        if death == "before":
            os._exit(DIED)
        if outside != "keyed" or key not in done(journal):
            with journal.open("a") as file:
                file.write(f"{key}\n")
        if death == "after":
            os._exit(DIED)

    async def tells(_recorded: Recorded, key: str) -> bool | None:
        return key in done(journal)

    async def knows_nothing(_recorded: Recorded, _key: str) -> bool | None:
        return None

    happened = {"tells": tells, "silent": knows_nothing, "keyed": None}[outside]
    database = open_database(url)
    subscription = EffectSubscription("outside", NoteWritten, perform, happened)
    deliver = Relay(database, SystemClock(), [subscription])
    while await deliver.drain_once():
        continue
    await database.close()


if __name__ == "__main__":
    asyncio.run(relay(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]))
