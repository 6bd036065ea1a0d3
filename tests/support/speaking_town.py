"""A town whose citizens speak on the line; an engine understands what a test wants, or really listens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from telephony.carrier.run import CitizenCall
from tests.support.line_town import LineTown, line_town
from tests.support.people import eventually
from tests.support.running import RunningHotline
from tests.support.scripted_speech import ENGINE, write_script
from tests.support.speech import THANKS, TRY, silence, voice, vosk_model, wav

PATIENCE = 120.0
"""Seconds: a real model takes a third of what two busy cores can do."""
PAUSE = silence(1.2)
"""Long enough for an engine to know that a sentence is over."""


@dataclass
class SpeakingTown:
    """See the module."""

    town: LineTown

    @property
    def hotline(self) -> RunningHotline:
        """The server."""
        return self.town.hotline

    def rings(self, number: str) -> str:
        """A citizen calls and talks, with pauses; what is understood is another matter."""
        said = wav(self.town.folder / "citizen-speech.wav", voice(THANKS) + PAUSE)
        return self.town.carrier.place(CitizenCall(number, wav=said, repeat=True, stay=300))


def agent_voice(path: Path) -> Path:
    """What the microphone of an agent hears: somebody speaks, and listens for a while."""
    return wav(path, silence(2) + voice(TRY)[: 8000 * 2 * 4] + silence(4))


def real_engine() -> dict[str, str]:
    """Settings: vosk with its Korean model."""
    return {"HOTLINE_SPEECH_MODEL": str(vosk_model()), "HOTLINE_SPEECH_ARCHIVE": "false"}


def scripted_engine(folder: Path, **lines: Sequence[str]) -> dict[str, str]:
    """Settings: whenever one side has spoken, the next of its lines was understood."""
    script = write_script(folder, **lines)
    return {
        "HOTLINE_SPEECH_ENGINE": ENGINE,
        "HOTLINE_SPEECH_MODEL": str(script),
        "HOTLINE_SPEECH_ARCHIVE": "false",
    }


@contextmanager
def speaking_town(
    folder: Path, settings: Mapping[str, str], parts: Sequence[str] = ("speech", "classifier")
) -> Iterator[SpeakingTown]:
    """The lines are up, and so are ``parts``."""
    with line_town(folder, settings) as town:
        asyncio.run(are_ok(town.hotline, *parts))
        yield SpeakingTown(town)


async def are_ok(hotline: RunningHotline, *parts: str) -> None:
    """By the health page."""

    async def look() -> bool:
        async with aiohttp.ClientSession(hotline.url) as http, http.get("/healthz") as answer:
            found = (await answer.json())["parts"]
        return all(found[part]["state"] == "ok" for part in parts)

    await eventually(look, f"{parts} are ok", PATIENCE)
