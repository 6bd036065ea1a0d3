"""What the product relies on in a speech engine: the same tests at the scripted double and at each real one.

The sound is real speech. The models are small or of another language, so structure is asserted, not words.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hotline.errors import InvalidInput, Unavailable
from hotline.ports.transcriber import EngineState, Segment
from nlp.speech.transcriber import EngineSettings, ProcessTranscriber
from tests.support.speech import RATE, THANKS, TRY, engine, silence, speak, voice, wav
from tests.support.waiting import until

ENGINES = ("scripted", "vosk", "faster-whisper", "sherpa-onnx")
pytestmark = pytest.mark.asyncio(loop_scope="module")
TOLD_WITHIN = 120.0
"""Seconds of patience: engines share two cores with everything else."""


@pytest.fixture(scope="module", params=ENGINES)
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> EngineSettings:
    """An engine and its model."""
    return engine(request.param, tmp_path_factory.mktemp("model"))


@contextlib.asynccontextmanager
async def started(settings: EngineSettings) -> AsyncIterator[ProcessTranscriber]:
    transcriber = ProcessTranscriber(settings, first_pause=0.05, look_again=0.05)
    await transcriber.start()
    try:
        yield transcriber
    finally:
        await transcriber.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def transcriber(settings: EngineSettings) -> AsyncIterator[ProcessTranscriber]:
    """The engine, ready; one for all tests, as models take long to load."""
    async with started(settings) as running:
        await ready(running)
        yield running


async def ready(transcriber: ProcessTranscriber) -> None:
    await until(lambda: transcriber.status.state is EngineState.READY, "the engine is ready", TOLD_WITHIN)


class Leg:
    """One leg that a test speaks into."""

    def __init__(self, transcriber: ProcessTranscriber, leg: str = "citizen") -> None:
        self.told: list[Segment] = []
        self.stream = transcriber.open(leg, RATE, self.told.append)

    def says(self, *sounds: bytes) -> None:
        """In the small portions of a telephone."""
        pcm = b"".join(sounds)
        for i in range(0, len(pcm), 320):
            self.stream.feed(pcm[i : i + 320])

    @property
    def final(self) -> list[Segment]:
        return [segment for segment in self.told if segment.final and segment.text]

    async def has_final(self, count: int = 1) -> None:
        await until(lambda: len(self.final) >= count, f"{count} final segments", TOLD_WITHIN)


async def test_speech_becomes_segments_with_their_times(transcriber: ProcessTranscriber) -> None:
    leg = Leg(transcriber)
    leg.says(silence(1), voice(THANKS), silence(2))
    await leg.has_final()
    leg.says(voice(THANKS), silence(2))
    await leg.stream.finish()
    length = 5 + 2 * len(voice(THANKS)) / 2 / RATE
    assert leg.stream.fed_s == pytest.approx(length)
    assert len(leg.final) >= 2, "the pause parts two utterances"
    for segment in leg.final:
        assert segment.leg == "citizen"
        assert 0.0 <= segment.start_s < segment.end_s <= length
        assert segment.confidence is None or 0.0 <= segment.confidence <= 1.0
    assert leg.final[0].end_s <= leg.final[-1].start_s
    assert 0.5 < leg.final[0].start_s < 3.0
    assert leg.final[-1].start_s > 7.0


async def test_guesses_come_before_the_final_words_and_bear_their_number(
    transcriber: ProcessTranscriber,
) -> None:
    leg = Leg(transcriber)
    # Slowly: an engine that is behind, on a busy machine, leaves guesses out.
    await speak(leg.stream, silence(0.5) + voice(THANKS), pace=0.3)
    await leg.stream.finish()
    guesses = [segment for segment in leg.told if not segment.final]
    assert guesses
    ended: set[int] = set()
    for segment in leg.told:
        assert segment.number not in ended, "final words are never replaced"
        if segment.final:
            ended.add(segment.number)
    assert {segment.number for segment in guesses} <= ended
    assert sorted(ended) == list(range(len(ended)))


async def test_two_legs_do_not_mix(transcriber: ProcessTranscriber) -> None:
    citizen, agent = Leg(transcriber, "citizen"), Leg(transcriber, "agent")
    citizen.says(silence(0.5), voice(THANKS), silence(2))
    agent.says(silence(9.0))
    await citizen.has_final()
    await asyncio.gather(citizen.stream.finish(), agent.stream.finish())
    assert {segment.leg for segment in citizen.told} == {"citizen"}
    assert citizen.final
    assert agent.final == []


async def test_silence_and_a_stream_without_sound_say_nothing(transcriber: ProcessTranscriber) -> None:
    quiet, empty = Leg(transcriber), Leg(transcriber)
    quiet.says(silence(4))
    await asyncio.gather(quiet.stream.finish(), empty.stream.finish())
    await empty.stream.finish()
    assert (quiet.final, empty.told) == ([], [])


async def test_a_file_is_read_each_channel_by_itself(transcriber: ProcessTranscriber, tmp_path: Path) -> None:
    left, right = silence(0.5) + voice(THANKS), silence(8) + voice(THANKS)
    text = await transcriber.transcribe(wav(tmp_path / "call.wav", left, right))
    assert text.by.model_hash == transcriber.status.model_hash
    assert len(text.by.model_hash) == 64
    assert text.legs == ("left", "right")
    assert text.seconds == pytest.approx(13.5, abs=0.1)
    assert {segment.leg for segment in text.segments} == {"left", "right"}
    assert [s.start_s for s in text.segments] == sorted(s.start_s for s in text.segments)
    assert all(segment.final and segment.text for segment in text.segments)
    assert all(segment.end_s <= 7 for segment in text.segments if segment.leg == "left")
    assert all(segment.start_s >= 7 for segment in text.segments if segment.leg == "right")


async def test_a_bad_file_is_refused_and_nothing_else_suffers(
    transcriber: ProcessTranscriber, tmp_path: Path
) -> None:
    (tmp_path / "not.wav").write_text("this is no sound at all, whatever its name says")
    (tmp_path / "nothing.wav").write_bytes(b"")
    wav(tmp_path / "no-seconds.wav", b"")
    pid = transcriber.pid
    for name, code in {
        "not.wav": "audio_unreadable",
        "nothing.wav": "audio_empty",
        "no-seconds.wav": "audio_empty",
        "absent.wav": "audio_absent",
    }.items():
        with pytest.raises(InvalidInput) as refused:
            await transcriber.transcribe(tmp_path / name)
        assert refused.value.code == code
    assert (transcriber.pid, transcriber.status.state) == (pid, EngineState.READY)


async def test_an_engine_that_died_says_so_is_back_and_goes_on_with_true_times(
    transcriber: ProcessTranscriber,
) -> None:
    leg = Leg(transcriber)
    leg.says(silence(0.5), voice(THANKS), silence(2))
    await leg.has_final()
    before = list(leg.final)
    deaths = transcriber.status.restarts
    assert transcriber.pid is not None
    os.kill(transcriber.pid, signal.SIGKILL)
    await until(lambda: transcriber.status.restarts == deaths + 1, "its death is known", TOLD_WITHIN)
    assert transcriber.status.state is EngineState.RESTARTING
    assert transcriber.status.code == "speech_engine_died"
    await ready(transcriber)
    leg.says(silence(0.5), voice(THANKS), silence(2))
    await leg.stream.finish()
    after = leg.final[len(before) :]
    assert after
    assert after[0].start_s > 8.0
    assert after[0].number > before[-1].number


async def test_a_file_whose_engine_dies_is_an_error_at_once(
    transcriber: ProcessTranscriber, tmp_path: Path
) -> None:
    await ready(transcriber)
    path = wav(tmp_path / "long.wav", (voice(TRY) + silence(1)) * 20)
    reading = asyncio.create_task(transcriber.transcribe(path))
    await asyncio.sleep(0)
    assert transcriber.pid is not None
    os.kill(transcriber.pid, signal.SIGSTOP)
    await asyncio.sleep(0)
    os.kill(transcriber.pid, signal.SIGKILL)
    with pytest.raises(Unavailable) as lost:
        await reading
    assert lost.value.code == "speech_engine_died"
    await ready(transcriber)


async def test_a_model_that_is_not_there_is_a_state_and_is_found_once_it_is(
    settings: EngineSettings, tmp_path: Path
) -> None:
    place = tmp_path / "models" / "later"
    async with started(EngineSettings(settings.engine, place, settings.language)) as transcriber:
        await until(lambda: transcriber.status.state is EngineState.MISSING_MODEL, "it is missed")
        assert transcriber.status.code == "speech_no_model"
        leg = Leg(transcriber)
        leg.says(voice(THANKS))
        with pytest.raises(Unavailable) as refused:
            await transcriber.transcribe(wav(tmp_path / "a.wav", voice(THANKS)))
        assert refused.value.code == "speech_no_model"
        assert leg.told == []
        place.parent.mkdir()
        place.symlink_to(settings.model)
        await ready(transcriber)
        leg.says(silence(0.5), voice(THANKS), silence(1.5))
        await leg.stream.finish()
        assert leg.final
        assert leg.final[0].start_s > 5.0, "what was said before the engine came took its time"
    assert transcriber.status.state is EngineState.OFF


async def test_what_was_closed_can_be_started_again(settings: EngineSettings, tmp_path: Path) -> None:
    async with started(settings) as transcriber:
        await ready(transcriber)
        await transcriber.close()
        assert (transcriber.status.state, transcriber.pid) == (EngineState.OFF, None)
        await transcriber.start()
        assert (await transcriber.transcribe(wav(tmp_path / "a.wav", voice(THANKS)))).segments
