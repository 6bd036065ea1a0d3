"""A process killed before and after each external effect: once, never twice, never lost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from hotline.kernel.clock import SystemClock
from hotline.kernel.db import Database
from hotline.kernel.inbox import Inbox
from hotline.kernel.outbox import outbox
from scripts.build_ui import ROOT
from tests.support.effect_child import DIED, done
from tests.support.notes import NoteWritten

EVENTS = 3


async def relay_in_a_process(url: str, journal: Path, outside: str, death: str) -> None:
    """Runs until it dies where it is told to."""
    command = [sys.executable, "-m", "tests.support.effect_child", url, str(journal), outside, death]
    ended = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, stdin=subprocess.DEVNULL)
    assert ended.returncode in ((0,) if death == "none" else (0, DIED))


@pytest.mark.parametrize("outside", ["tells", "silent", "keyed"])
async def test_killed_around_each_effect(
    database: Database, database_url: str, tmp_path: Path, outside: str
) -> None:
    journal = tmp_path / "journal"
    async with database.uow() as tx:
        for n in range(EVENTS):
            tx.emit(NoteWritten(aggregate="one lane", note=str(n)))
    for death in ["before", "after"] * EVENTS:
        await relay_in_a_process(database_url, journal, outside, death)
    await relay_in_a_process(database_url, journal, outside, "none")

    async with database.read() as reader:
        rows = (await reader.execute(sa.select(outbox).order_by(outbox.c.id))).all()
        parked = await Inbox(SystemClock()).parked(reader)
    assert [row.state for row in rows] == ["done"] * EVENTS
    keys = [f"outside:{row.event_id}" for row in rows]
    happened = done(journal)
    assert len(set(happened)) == len(happened), "an effect took place twice"
    left_to_a_person = {f"outside:{one.event_id}" for one in parked}
    assert set(happened) | left_to_a_person == set(keys), "an effect was lost"
    if outside == "silent":
        assert {one.error for one in parked} == {"outcome_unknown"}
    else:
        assert happened == keys, "in the order of the lane"
        assert parked == []
