"""Legs of a call become one file: the caller left, agents right, each where it began."""

from __future__ import annotations

import array
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hotline.recordings.mixing import Leg, NoSound, measure, mix, outline
from hotline.recordings.model import LINK_LASTS, is_link_good, sign_link

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
RATE = 8000


def flat(path: Path, level: int, seconds: float) -> Path:
    """A leg whose samples all have one level."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array.array("h", [level] * int(RATE * seconds)).tobytes())
    return path


def sides(path: Path) -> tuple[array.array[int], array.array[int]]:
    with wave.open(str(path), "rb") as file:
        assert file.getnchannels() == 2
        samples = array.array("h", file.readframes(file.getnframes()))
    return samples[0::2], samples[1::2]


def test_each_side_is_in_its_own_channel_from_the_moment_it_began(tmp_path: Path) -> None:
    caller = Leg(flat(tmp_path / "c.wav", 1000, 3), NOON, True)
    agent = Leg(flat(tmp_path / "a.wav", 2000, 1), NOON + timedelta(seconds=1.5), False)
    sound = mix([caller, agent], tmp_path / "mixed" / "m.wav")
    left, right = sides(tmp_path / "mixed" / "m.wav")
    assert (sound.seconds, set(left)) == (3.0, {1000})
    at = int(1.5 * RATE)
    assert (right[at - 1], right[at], right[at + RATE - 1], right[at + RATE]) == (0, 2000, 2000, 0)


def test_two_agents_at_the_same_time_are_heard_together_and_never_wrap_around(tmp_path: Path) -> None:
    ann = Leg(flat(tmp_path / "a.wav", 30000, 1), NOON, False)
    bob = Leg(flat(tmp_path / "b.wav", 30000, 1), NOON + timedelta(seconds=0.5), False)
    mix([ann, bob], tmp_path / "m.wav")
    _, right = sides(tmp_path / "m.wav")
    assert (right[0], right[int(0.6 * RATE)], right[int(1.4 * RATE)]) == (30000, 32767, 30000)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"\0" * 200])
def test_a_file_without_sound_is_no_success(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "leg.wav").write_bytes(content)
    with pytest.raises(NoSound):
        measure(tmp_path / "leg.wav")
    with pytest.raises(NoSound):
        measure(tmp_path / "absent.wav")


def test_nothing_is_written_when_there_is_nothing_to_hear(tmp_path: Path) -> None:
    silent = Leg(flat(tmp_path / "s.wav", 0, 0), NOON, True)
    with pytest.raises(NoSound):
        mix([silent], tmp_path / "m.wav")
    assert not (tmp_path / "m.wav").exists()


def test_the_outline_shows_each_side(tmp_path: Path) -> None:
    mix([Leg(flat(tmp_path / "c.wav", 16384, 1), NOON, True)], tmp_path / "m.wav")
    left, right = outline(tmp_path / "m.wav", 10)
    assert (len(left), set(left), set(right)) == (10, {0.5}, {0.0})


def test_a_link_is_one_persons_for_one_recording_for_ten_minutes() -> None:
    key = b"k" * 32
    token = sign_link(key, "rec", "ann", NOON + LINK_LASTS)
    assert is_link_good(key, token, "rec", "ann", NOON + LINK_LASTS)
    assert not is_link_good(key, token, "rec", "ann", NOON + LINK_LASTS + timedelta(seconds=1))
    assert not is_link_good(key, token, "rec", "bob", NOON)
    assert not is_link_good(key, token, "other", "ann", NOON)
    assert not is_link_good(b"x" * 32, token, "rec", "ann", NOON)
    later = f"{int(NOON.timestamp()) + 9999}.{token.partition('.')[2]}"
    assert not is_link_good(key, later, "rec", "ann", NOON)
    assert not is_link_good(key, "nonsense", "rec", "ann", NOON)
