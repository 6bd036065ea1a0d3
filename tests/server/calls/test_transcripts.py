"""Transcripts of recordings: read once each, whatever happens; versions kept; read by who may listen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hotline.errors import InvalidInput, Unavailable
from hotline.kernel.audit import audit_entry
from hotline.kernel.events import Recorded
from hotline.kernel.leases import DatabaseLeases
from hotline.ports.transcriber import FileText, Segment
from hotline.recordings import transcript_store
from hotline.recordings.events import RecordingChanged
from hotline.recordings.mixer import mixed_file
from hotline.recordings.model import CALLER
from hotline.recordings.transcribing import TRIES, Transcribing
from hotline.recordings.transcripts import Transcripts
from tests.support.call_fixtures import CallTown
from tests.support.chat_fixtures import Browser
from tests.support.paper_transcriber import PaperTranscriber


class Archive:
    """A recording of a call that was taken, and who reads it."""

    def __init__(self, town: CallTown) -> None:
        house = town.calling
        self.town, self.engine = town, PaperTranscriber()
        self.transcripts = Transcripts(house.clock)
        self.reader = Transcribing(
            house.database,
            house.clock,
            DatabaseLeases(house.database),
            self.transcripts,
            self.engine,
            house.recordings_folder,
        )
        self.call_id, self.recording_id = "", ""
        self.agent: Browser

    async def recorded(self, agent: Browser) -> None:
        """A call that the agent led; its recording is ready."""
        town, house, self.agent = self.town, self.town.calling, agent
        self.call_id = await town.pbx.dial()
        await town.rings_at(self.call_id, agent)
        await town.pbx.pick_up(self.call_id)
        async with house.database.uow() as tx:
            await house.recordings.leg_began(
                tx, self.call_id, CALLER, f"{self.call_id}.wav", house.clock.now()
            )
        await town.pbx.caller_hangs_up(self.call_id)
        await town.settled(self.call_id, state="ended")
        await self.mixed()

    async def mixed(self) -> None:
        """The mixer has put it together, and the relay tells of it."""
        house = self.town.calling
        sound = {"state": "ready", "seconds": 9.0, "bytes": 144_044}
        async with house.database.uow() as tx:
            recording = await house.recordings.of_call(tx, self.call_id)
            assert recording is not None
            self.recording_id = recording.id
            await house.recordings.found(tx, recording, {}, sound)
            event = RecordingChanged(
                aggregate=f"recording:{recording.id}",
                recording_id=recording.id,
                call_id=self.call_id,
                state="ready",
            )
            await self.reader.recorded(tx, Recorded("e", house.clock.now(), event))

    def understands(self, *words: tuple[str, str]) -> None:
        """What the engine makes of it: side and text."""
        segments = tuple(
            Segment(side, number, 2.0 * number, 2.0 * number + 1, text, 0.8, True)
            for number, (side, text) in enumerate(words)
        )
        self.engine.answer = FileText(self.engine.status, 9.0, ("left", "right"), segments)

    async def versions(self) -> list[Any]:
        async with self.town.house.database.read() as reader:
            return list(await transcript_store.of_call(reader, self.call_id))


@pytest.fixture
async def archive(town: CallTown) -> Archive:
    archive = Archive(town)
    await archive.recorded(await town.agent_with_phone("ann"))
    return archive


async def read(agent: Browser, archive: Archive, reason: str = "") -> Any:
    query = f"?reason={reason}" if reason else ""
    return await agent.call("GET", f"/api/recordings/{archive.recording_id}/transcripts{query}")


async def test_a_recording_is_read_side_by_side(town: CallTown, archive: Archive) -> None:
    archive.understands(("left", "the lamp is dark"), ("right", "where"), ("left", ""))
    assert await archive.reader.step() is True
    assert await archive.reader.step() is False
    assert archive.engine.read == [mixed_file(town.calling.recordings_folder, archive.recording_id)]
    [version] = await archive.versions()
    assert (version.version, version.source, version.state) == (1, "archive", "done")
    assert (version.engine, version.model, version.model_hash) == ("vosk", "paper", "a" * 64)
    async with town.house.database.read() as reader:
        rows = await transcript_store.segments_of(reader, [version.id])
    assert [(row.leg, row.text) for row in rows] == [("citizen", "the lamp is dark"), ("agent", "where")]


async def test_what_was_understood_once_is_kept_when_it_is_read_again(archive: Archive) -> None:
    archive.understands(("left", "first reading"))
    await archive.reader.step()
    await archive.mixed()
    await archive.mixed()  # told twice, planned once
    archive.engine.status = replace(archive.engine.status, model="better")
    archive.understands(("left", "second reading"))
    await archive.reader.step()
    assert [(one.version, one.model, one.state) for one in await archive.versions()] == [
        (1, "paper", "done"),
        (2, "better", "done"),
    ]


async def test_a_missing_model_is_waited_for_and_said(town: CallTown, archive: Archive) -> None:
    archive.engine.answer = Unavailable("speech_no_model", detail="nothing there")
    for _ in range(TRIES + 2):
        await archive.reader.step()
        town.pass_time(seconds=timedelta(hours=1).total_seconds())
    [version] = await archive.versions()
    assert (version.state, version.error, version.detail) == ("planned", "speech_no_model", "nothing there")
    archive.understands(("left", "at last"))
    await archive.reader.step()
    [version] = await archive.versions()
    assert (version.state, version.error) == ("done", None)


async def test_between_two_tries_there_is_a_pause(archive: Archive) -> None:
    archive.engine.answer = Unavailable("speech_no_model")
    assert await archive.reader.step() is True
    assert await archive.reader.step() is False


async def test_a_recording_that_kills_the_engine_is_given_up(town: CallTown, archive: Archive) -> None:
    archive.engine.answer = Unavailable("speech_engine_died", detail="killed by signal 9")
    for _ in range(TRIES + 2):
        await archive.reader.step()
        town.pass_time(seconds=timedelta(hours=1).total_seconds())
    assert len(archive.engine.read) == TRIES
    [version] = await archive.versions()
    assert (version.state, version.error) == ("failed", "speech_engine_died")


async def test_a_recording_that_is_no_sound_is_given_up_at_once(archive: Archive) -> None:
    archive.engine.answer = InvalidInput([], "audio_unreadable", path="x.wav", reason="garbage")
    await archive.reader.step()
    [version] = await archive.versions()
    assert (version.state, version.error) == ("failed", "audio_unreadable")


async def test_who_may_listen_may_read_and_it_is_audited(town: CallTown, archive: Archive) -> None:
    archive.understands(("left", "the lamp is dark"))
    await archive.reader.step()
    bob = await town.member("bob", "agent")
    answer = await read(archive.agent, archive)
    assert answer.status == 200
    [version] = answer.body
    assert [(one["leg"], one["text"]) for one in version["segments"]] == [("citizen", "the lamp is dark")]
    assert (await read(bob, archive)).status == 404
    assert (await read(bob, archive, "curiosity")).status == 404
    query = (
        sa.select(audit_entry.c.actor, audit_entry.c.action)
        .where(audit_entry.c.action.in_(("transcript.read",)))
        .order_by(audit_entry.c.seq)
    )
    async with town.house.database.read() as reader:
        noted = [(row.actor, row.action) for row in await reader.execute(query)]
    assert noted[0] == (f"staff:{archive.agent.id}", "transcript.read")
    assert len(noted) == 1
