"""Sound as telephone systems make it: every coding is read, and what is no sound is refused by name."""

from __future__ import annotations

import array
import itertools
import math
import wave
from pathlib import Path
from typing import Any

import pytest
import soundfile

from nlp.speech import sound
from nlp.speech.sound import BadSound, opened
from nlp.speech.spoken import RATE

SECONDS = 2.0
PITCH = 440.0


def tone(rate: int, pitch: float = PITCH) -> Any:
    """Two seconds of a tone."""
    return array.array(
        "h", (int(8000 * math.sin(2 * math.pi * pitch * i / rate)) for i in range(int(SECONDS * rate)))
    )


def written(path: Path, rate: int, channels: int = 1, **coding: Any) -> Path:
    """A sound file; with two channels the right one is an octave higher."""
    left, right = memoryview(tone(rate)), memoryview(tone(rate, PITCH * 2))
    with soundfile.SoundFile(str(path), "w", samplerate=rate, channels=channels, **coding) as file:
        if channels == 1:
            file.buffer_write(left.cast("B"), dtype="int16")
        else:
            both = array.array("h", (one for pair in zip(left, right, strict=True) for one in pair))
            file.buffer_write(memoryview(both).cast("B"), dtype="int16")
    return path


def read(path: Path) -> list[array.array[int]]:
    """Each channel of a file."""
    with opened(path) as file:
        parts = list(file.blocks())
    return [array.array("h", b"".join(part[i] for part in parts)) for i in range(len(parts[0]))]


def pitch_of(samples: array.array[int]) -> float:
    """By the crossings of zero in the middle of the sound."""
    middle = samples[RATE // 2 : RATE + RATE // 2]
    crossings = sum(1 for a, b in itertools.pairwise(middle) if a < 0 <= b)
    return crossings * RATE / len(middle)


@pytest.mark.parametrize(
    ("name", "rate", "coding"),
    [
        ("a.wav", 8000, {"subtype": "PCM_16"}),
        ("a.wav", 8000, {"subtype": "ULAW"}),
        ("a.wav", 8000, {"subtype": "ALAW"}),
        ("a.wav", 8000, {"subtype": "GSM610"}),
        ("a.wav", 8000, {"subtype": "IMA_ADPCM"}),
        ("a.wav", 8000, {"subtype": "PCM_U8"}),
        ("a.wav", 44_100, {"subtype": "PCM_24"}),
        ("a.wav", 48_000, {"subtype": "FLOAT"}),
        ("a.mp3", 16_000, {"format": "MP3", "subtype": "MPEG_LAYER_III"}),
        ("a.mp3", 44_100, {"format": "MP3", "subtype": "MPEG_LAYER_III"}),
        ("a.ogg", 16_000, {"format": "OGG", "subtype": "VORBIS"}),
        ("a.flac", 8000, {"format": "FLAC", "subtype": "PCM_16"}),
        ("a.au", 8000, {"format": "AU", "subtype": "ULAW"}),
        ("a.ulaw", 8000, {"format": "RAW", "subtype": "ULAW"}),
        ("a.alaw", 8000, {"format": "RAW", "subtype": "ALAW"}),
        ("a.gsm", 8000, {"format": "RAW", "subtype": "GSM610"}),
        ("a.sln", 8000, {"format": "RAW", "subtype": "PCM_16"}),
        ("a.sln16", 16_000, {"format": "RAW", "subtype": "PCM_16"}),
    ],
)
def test_every_coding_is_read_at_one_rate(
    tmp_path: Path, name: str, rate: int, coding: dict[str, Any]
) -> None:
    [samples] = read(written(tmp_path / name, rate, **coding))
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.15)
    assert pitch_of(samples) == pytest.approx(PITCH, abs=4)
    assert max(samples) > 5000


@pytest.mark.parametrize("subtype", ["PCM_16", "ULAW", "ALAW"])
def test_the_channels_of_a_stereo_recording_stay_apart(tmp_path: Path, subtype: str) -> None:
    left, right = read(written(tmp_path / "a.wav", 8000, channels=2, subtype=subtype))
    assert pitch_of(left) == pytest.approx(PITCH, abs=4)
    assert pitch_of(right) == pytest.approx(PITCH * 2, abs=4)


def test_a_recording_whose_exchange_was_killed_is_read_to_its_end(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", 8000, subtype="PCM_16")
    header = bytearray(path.read_bytes())
    header[40:44] = bytes(4)  # Asterisk writes the length when it closes the file
    header[4:8] = (36).to_bytes(4, "little")
    path.write_bytes(header)
    [samples] = read(path)
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.1)


def bad_files(folder: Path) -> dict[str, str]:
    """Names of files that hold no readable sound, with what is to be said of them."""
    (folder / "empty.wav").write_bytes(b"")
    with wave.open(str(folder / "zero-seconds.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
    (folder / "text.wav").write_text("RIFF is how a WAV file begins, and this is none")
    (folder / "page.mp3").write_text("<html>not found</html>")
    (folder / "noise.wav").write_bytes(b"RIFF" + bytes(range(256)) * 40)
    (folder / "cut.wav").write_bytes(written(folder / "whole.wav", 8000).read_bytes()[:30])
    (folder / "nameless").write_bytes(b"\x7f" * 4000)
    with wave.open(str(folder / "four.wav"), "wb") as file:
        file.setparams((4, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000))
    return {
        "empty.wav": "audio_empty",
        "zero-seconds.wav": "audio_empty",
        "text.wav": "audio_unreadable",
        "page.mp3": "audio_unreadable",
        "noise.wav": "audio_unreadable",
        "cut.wav": "audio_unreadable",
        "nameless": "audio_unreadable",
        "four.wav": "audio_too_many_channels",
    }


def test_what_is_no_sound_is_refused_by_its_name(tmp_path: Path) -> None:
    for name, code in bad_files(tmp_path).items():
        with pytest.raises(BadSound) as refused:
            read(tmp_path / name)
        assert (name, refused.value.code) == (name, code)


def test_what_is_longer_than_a_call_can_be_is_refused_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.wav", 8000)
    monkeypatch.setattr(sound, "LONGEST_S", 1)
    with pytest.raises(BadSound) as refused:
        read(path)
    assert refused.value.code == "audio_too_long"


def test_what_is_too_large_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.wav", 8000)
    monkeypatch.setattr(sound, "LARGEST_BYTES", 1000)
    with pytest.raises(BadSound) as refused:
        read(path)
    assert refused.value.code == "audio_too_large"
