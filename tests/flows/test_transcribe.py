"""``hotline transcribe`` as scripts see it: real files, a real engine, honest exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import soundfile

from tests.support.scripted_speech import ENGINE, write_script
from tests.support.speech import RATE, THANKS, silence, voice, vosk_model, wav, whisper_model


def transcribe(
    data: Path, file: Path, *options: str, language: str = "zh"
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hotline", "transcribe", str(file), "--data", str(data), *options]
    environment = os.environ | {"HOTLINE_SPEECH_LANGUAGE": language, "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("call.wav", {"format": "WAV", "subtype": "ULAW"}),
        ("call.mp3", {"format": "MP3", "subtype": "MPEG_LAYER_III"}),
        ("call.alaw", {"format": "RAW", "subtype": "ALAW"}),
    ],
)
def test_what_a_telephone_system_recorded_becomes_text(
    tmp_path: Path, name: str, coding: dict[str, str]
) -> None:
    spoken = soundfile.SoundFile(
        str(tmp_path / name),
        "w",
        samplerate=RATE,
        channels=1,
        subtype=coding["subtype"],
        format=coding["format"],
    )
    with spoken as file:
        file.buffer_write(voice(THANKS), dtype="int16")
    options = ["--engine", "vosk", "--model", str(vosk_model()), "--json"]
    done = transcribe(tmp_path / "data", tmp_path / name, *options)
    assert done.returncode == 0, done.stderr
    text = json.loads(done.stdout)
    assert text["seconds"] == pytest.approx(5.5, abs=0.2)
    assert (text["engine"], text["legs"]) == ("vosk", ["mono"])
    assert all(one["text"] and one["start_s"] < one["end_s"] for one in text["segments"])
    assert text["segments"]
    assert not (tmp_path / "data").exists(), "reading a file leaves nothing behind"


def test_whisper_understands_what_is_said(tmp_path: Path) -> None:
    file = wav(tmp_path / "call.wav", silence(1) + voice(THANKS))
    options = ["--engine", "faster-whisper", "--model", str(whisper_model())]
    done = transcribe(tmp_path / "data", file, *options, language="en")
    assert done.returncode == 0, done.stderr
    assert "thank you" in done.stdout.lower()


def test_the_two_sides_are_told_apart(tmp_path: Path) -> None:
    script = write_script(tmp_path / "script", anyone=["你好", "路灯不亮"])
    file = wav(tmp_path / "call.wav", voice(THANKS), silence(7) + voice(THANKS))
    done = transcribe(tmp_path / "data", file, "--engine", ENGINE, "--model", str(script))
    assert done.returncode == 0, done.stderr
    lines: Sequence[Sequence[str]] = [line.split() for line in done.stdout.splitlines()]
    assert [line[1:] for line in lines] == [["left", "你好"], ["right", "路灯不亮"]]
    assert lines[0][0].startswith("00:00.")


def test_silence_is_no_error_and_no_text(tmp_path: Path) -> None:
    script = write_script(tmp_path / "script", anyone=["never said"])
    file = wav(tmp_path / "quiet.wav", silence(3))
    done = transcribe(tmp_path / "data", file, "--engine", ENGINE, "--model", str(script), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["segments"] == []


def test_what_cannot_be_done_is_one_clear_line_and_exit_code_1(tmp_path: Path) -> None:
    script = str(write_script(tmp_path / "script", anyone=["!die"]))
    good = wav(tmp_path / "good.wav", voice(THANKS))
    text, empty = tmp_path / "text.wav", wav(tmp_path / "empty.wav", b"")
    text.write_text("no sound")
    scripted = ["--engine", ENGINE, "--model", script]
    for file, options, words in (
        (text, scripted, "is no sound file that can be read"),
        (empty, scripted, "holds no sound"),
        (tmp_path / "absent.wav", scripted, "There is no file"),
        (good, scripted, "died"),
        (good, [], "There is no speech model at"),
        (good, ["--model", str(whisper_model())], "is not a model of vosk"),
        (good, ["--engine", "module:no.such.engine", "--model", script], "is not installed"),
        (
            good,
            ["--engine", "module:tests.support.scripted_speech", "--model", str(tmp_path)],
            "is not a model",
        ),
    ):
        done = transcribe(tmp_path / "data", file, *options)
        assert done.returncode == 1, (file, options)
        assert done.stdout == ""
        assert words in done.stderr
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) == 1


def test_an_engine_that_nobody_knows_is_said(tmp_path: Path) -> None:
    done = transcribe(tmp_path / "data", wav(tmp_path / "a.wav", voice(THANKS)), "--engine", "siri")
    assert done.returncode == 1
    assert "siri is none of vosk, faster-whisper, sherpa-onnx" in done.stderr
