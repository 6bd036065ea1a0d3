"""Whether calls are recorded is watched: an alarm when not, its end when they are again (QUALITY fault 6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.kernel.leases import DatabaseLeases
from hotline.recordings.watch import HEADER_BYTES, PROBE, RecordingWatch
from tests.support.call_fixtures import CallTown
from tests.support.chat_fixtures import Browser


@pytest.fixture
def live(town: CallTown) -> Path:
    folder = town.calling.recordings_folder / "live"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def watch(town: CallTown) -> RecordingWatch:
    house = town.calling
    leases = DatabaseLeases(house.database)
    return RecordingWatch(house.database, house.clock, leases, house.alarms, house.recordings_folder)


@pytest.fixture
async def lead(town: CallTown) -> Browser:
    return await town.member("lead", "shift_lead")


async def reasons(lead: Browser) -> list[str]:
    return [one["detail"]["reason"] for one in (await lead.call("GET", "/api/alarms")).body]


async def begun(town: CallTown, file: str) -> str:
    """A call that is being recorded into ``file``."""
    call_id = await town.pbx.dial()
    async with town.house.database.uow() as tx:
        await town.calling.recordings.leg_began(tx, call_id, "caller", file, town.house.clock.now())
    return call_id


async def test_a_full_disk_is_noticed_before_the_next_call(
    live: Path, watch: RecordingWatch, lead: Browser
) -> None:
    (live / PROBE).symlink_to("/dev/full")  # every byte written there is answered with "no space left"
    await watch.look()
    assert await reasons(lead) == ["disk_full"]
    assert (await watch.health()).state == "degraded"
    (live / PROBE).unlink()
    await watch.look()
    assert await reasons(lead) == []
    assert (await watch.health()).state == "ok"


@pytest.fixture
def no_folder(live: Path) -> None:
    live.rmdir()
    live.write_text("not a folder")


async def test_a_folder_that_takes_no_file_is_noticed(
    no_folder: None, watch: RecordingWatch, lead: Browser
) -> None:
    await watch.look()
    assert await reasons(lead) == ["folder_unwritable"]


async def test_a_call_without_sound_on_the_disk_is_noticed_until_another_has_some(
    town: CallTown, live: Path, watch: RecordingWatch, lead: Browser
) -> None:
    first = await begun(town, "first.wav")
    (live / "first.wav").write_bytes(bytes(HEADER_BYTES))
    await watch.look()
    assert await reasons(lead) == [], "the sound may come yet"
    town.pass_time(seconds=16)
    await watch.look()
    assert await reasons(lead) == ["nothing_written"]
    await town.pbx.caller_hangs_up(first)
    await town.settled(first, state="ended")
    await watch.look()
    assert await reasons(lead) == ["nothing_written"], "its end mended nothing"
    await begun(town, "second.wav")
    (live / "second.wav").write_bytes(bytes(HEADER_BYTES + 320))
    await watch.look()
    assert await reasons(lead) == []


async def test_it_is_one_alarm_however_often_it_looks(
    live: Path, watch: RecordingWatch, lead: Browser
) -> None:
    (live / PROBE).symlink_to("/dev/full")
    for _ in range(3):
        await watch.look()
    (alarm,) = (await lead.call("GET", "/api/alarms")).body
    assert (alarm["kind"], alarm["times"], alarm["staff"]) == ("recording_fails", 1, None)


async def test_where_no_exchange_ever_ran_nothing_is_said(watch: RecordingWatch, lead: Browser) -> None:
    await watch.look()
    assert await reasons(lead) == []
