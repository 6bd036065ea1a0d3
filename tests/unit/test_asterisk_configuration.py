"""From settings to configuration files: ports, places, values; without any Asterisk."""

from __future__ import annotations

import array
import socket
import wave
from pathlib import Path

import pytest

from hotline.errors import ConfigurationError
from telephony import dialplan
from telephony.asterisk.portblock import Ports, choose_ports, read_ports
from telephony.asterisk.render import TEMPLATES, Folders, fill, plain
from telephony.carrier.speech import convert


def test_each_folder_has_ports_of_its_own_and_keeps_them(tmp_path: Path) -> None:
    first = choose_ports(tmp_path / "one", "127.0.0.1")
    assert choose_ports(tmp_path / "one", "127.0.0.1") == first == read_ports(tmp_path / "one")
    with socket.socket() as other:
        other.bind(("127.0.0.1", first.ami))
        other.listen()
        assert choose_ports(tmp_path / "one", "127.0.0.1").ami != first.ami


def test_a_block_that_was_asked_for_and_is_taken_is_refused(tmp_path: Path) -> None:
    free = choose_ports(tmp_path, "127.0.0.1")
    with socket.socket() as other:
        other.bind(("127.0.0.1", free.http))
        other.listen()
        with pytest.raises(ConfigurationError) as refused:
            choose_ports(tmp_path, "127.0.0.1", free.sip)
    assert refused.value.code == "telephony_ports"


def test_sound_has_its_own_part_of_the_block() -> None:
    ports = Ports.block(5060)
    assert (ports.sip, ports.wss, ports.rtp_first, ports.rtp_last) == (5060, 5061, 5080, 6059)


@pytest.mark.parametrize("value", ["a\nb", "a\r", "a\x00b", " a", "a "])
def test_a_value_that_would_be_another_line_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        plain("trunk_password", value)
    assert (refused.value.code, refused.value.params["name"]) == ("telephony_value", "trunk_password")


def test_a_comment_sign_in_a_value_is_kept() -> None:
    assert plain("trunk_password", "p;a\\b") == "p\\;a\\b"


@pytest.mark.parametrize("name", ["a,b", "a;b", "a'b", "a$b", "a`b", "a|b"])
def test_a_folder_that_means_something_to_the_dialplan_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Folders(tmp_path / name, tmp_path / "run").make()
    assert refused.value.code == "telephony_folder"
    assert not (tmp_path / name).exists()


def test_a_folder_may_have_a_chinese_name_with_blanks(tmp_path: Path) -> None:
    Folders(tmp_path / "\u70ed\u7ebf 1", tmp_path / "run").make()
    assert (tmp_path / "\u70ed\u7ebf 1" / "etc").is_dir()


def test_a_template_without_value_is_a_defect() -> None:
    assert fill("bind = @HOST@:1", {"HOST": "::1"}) == "bind = ::1:1"
    with pytest.raises(KeyError):
        fill("@UNKNOWN@", {})


def test_the_dialplan_and_the_program_use_the_same_words() -> None:
    rules = (TEMPLATES / "extensions.conf").read_text("utf-8")
    events = (dialplan.NEW, dialplan.WAIT, dialplan.OFFER, dialplan.MISS, dialplan.UP, dialplan.AGENT_GONE)
    for event in (*events, dialplan.FALLBACK, dialplan.GONE, dialplan.LEG):
        assert f"UserEvent({event}," in rules
    for context in (dialplan.OUTBOUND_CONTEXT, dialplan.AGENT_CONTEXT, dialplan.CITIZEN_CONTEXT):
        assert f"[{context}]" in rules
    for digit in (dialplan.HAND_OVER, dialplan.ANNOUNCE, dialplan.END, dialplan.SEND_BACK):
        assert f"exten => {digit},1," in rules
    for variable in (*dialplan.CHANNEL_VARIABLES, dialplan.AGENT, dialplan.SAY, dialplan.HEARTBEAT):
        assert variable in rules
    manager = (TEMPLATES / "manager.conf").read_text("utf-8")
    assert f"channelvars = {','.join(dialplan.CHANNEL_VARIABLES)}\n" in manager


@pytest.mark.parametrize(
    ("rate", "width", "channels"), [(8000, 2, 1), (44100, 2, 2), (16000, 1, 1), (6000, 3, 1)]
)
def test_a_citizen_speaks_any_wav_file(tmp_path: Path, rate: int, width: int, channels: int) -> None:
    source, target = tmp_path / "in.wav", tmp_path / "out.wav"
    value = (
        (200).to_bytes(1, "little") if width == 1 else (0x4800 << 8 * (width - 2)).to_bytes(width, "little")
    )
    with wave.open(str(source), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(value * channels * rate)
    assert convert(source, target) == pytest.approx(1.0, abs=0.001)
    with wave.open(str(target), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert set(array.array("h", file.readframes(8000))) == {0x4800}


def test_what_is_no_wav_file_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "in.wav"
    source.write_bytes(b"ID3 not a wav")
    with pytest.raises(ConfigurationError) as refused:
        convert(source, tmp_path / "out.wav")
    assert refused.value.code == "wav_unreadable"
