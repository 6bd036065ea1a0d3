"""The exchange starts, stands beside others, outlives us, and comes back after a crash."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.certificates import make_certificate
from hotline.errors import ConfigurationError
from telephony.asterisk.fetch import obtain, present
from telephony.asterisk.run import Asterisk
from telephony.asterisk.settings import AsteriskSettings, Trunk
from telephony.asterisk.spool import repair
from telephony.carrier.run import CitizenCall
from tests.support.ami_socket import AmiSocket
from tests.support.asterisk import asterisk_settings, citizens, is_alive, running_asterisk, tone
from tests.support.waiting import wait_until

START = """
import sys, time
from pathlib import Path
from telephony.asterisk.run import Asterisk
from telephony.asterisk.settings import AsteriskSettings
folder, cache, manager, accounts = sys.argv[1:]
Asterisk(AsteriskSettings(Path(folder), Path(cache), manager, accounts)).start(lambda line: None)
print("started", flush=True)
time.sleep(600)
"""


UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: sip\r\n\r\n"
)


def ami(asterisk: Asterisk) -> AmiSocket:
    assert asterisk.ports is not None
    return AmiSocket(asterisk.ports.ami, asterisk.ami_login)


def test_it_starts_and_says_where_it_is(tmp_path: Path) -> None:
    with running_asterisk(tmp_path) as asterisk:
        status = asterisk.status()
        assert status.state == "running"
        assert status.pid == asterisk.pid
        assert status.calls == 0
        assert status.version
        assert "up" in asterisk.ask("core show uptime").lower()
        with ami(asterisk) as session:
            assert session.banner.startswith("Asterisk Call Manager/")
        complaints = (tmp_path / "asterisk" / "log" / "messages.log").read_text()
        assert [line for line in complaints.splitlines() if "ERROR" in line or "WARNING" in line] == []
        asterisk.stop()
        assert asterisk.status().state == "stopped"


def test_two_run_side_by_side(tmp_path: Path) -> None:
    with running_asterisk(tmp_path / "one") as one, running_asterisk(tmp_path / "two") as two:
        assert one.ports is not None
        assert two.ports is not None
        assert set(dataclasses.astuple(one.ports)).isdisjoint(dataclasses.astuple(two.ports))
        with ami(one) as first, ami(two) as second:
            assert first.send("Ping")["Response"] == second.send("Ping")["Response"] == "Success"


def test_a_second_start_adopts_the_one_that_runs(tmp_path: Path) -> None:
    with running_asterisk(tmp_path) as asterisk:
        again = Asterisk(asterisk.settings)
        assert again.start(print).pid == asterisk.pid
        assert again.ports == asterisk.ports


@pytest.fixture
def orphan(tmp_path: Path) -> Iterator[Asterisk]:
    """An exchange whose starter was killed."""
    settings = asterisk_settings(tmp_path)
    arguments = [str(settings.folder), str(settings.cache), settings.ami_password, settings.ari_password]
    with subprocess.Popen([sys.executable, "-c", START, *arguments], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"started\n"
        starter.kill()
    asterisk = Asterisk(settings)
    yield asterisk
    asterisk.kill()


def test_it_outlives_a_killed_starter_and_is_adopted(orphan: Asterisk) -> None:
    pid = orphan.pid
    assert pid is not None
    assert os.getsid(pid) == pid
    assert orphan.start(print).pid == pid
    with ami(orphan) as session:
        assert session.send("Ping")["Response"] == "Success"


def test_after_a_crash_it_starts_again_and_repairs_what_was_being_recorded(tmp_path: Path) -> None:
    with running_asterisk(tmp_path) as asterisk:
        with citizens(asterisk, tmp_path) as carrier, ami(asterisk) as session:
            voice = tone(tmp_path / "voice.wav", 440)
            carrier.place(CitizenCall("13800138000", wav=voice, repeat=True))
            recording = Path(session.user_event("AcdLeg", session.beat, Leg="caller")["File"])
            growing = recording.parent / "live" / recording.name
            wait_until(lambda: growing.exists() and growing.stat().st_size > 40_000, "some is recorded")
            pid, ports = asterisk.pid, asterisk.ports
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: asterisk.pid is None, "it is dead")
        assert not recording.exists()
        status = asterisk.start(print)
        assert status.state == "running"
        assert status.pid != pid
        assert status.ports == ports
        with wave.open(str(recording), "rb") as file:
            assert file.getnframes() > 8000
        assert not growing.exists()


def test_a_file_without_sound_is_no_recording(tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    assert not repair(empty)


def test_where_none_can_be_had_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("telephony.asterisk.program.HOST_FOLDERS", ())
    assert present(tmp_path / "cache") is None
    with pytest.raises(ConfigurationError) as refused:
        obtain(tmp_path / "cache", print)
    assert refused.value.code == "asterisk_other_system"
    with pytest.raises(ConfigurationError) as refused:
        obtain(tmp_path / "cache", print, "/nowhere/asterisk")
    assert refused.value.code == "asterisk_program"
    nowhere = AsteriskSettings(tmp_path, tmp_path / "cache", "manager", "accounts")
    assert Asterisk(nowhere).status().state == "absent"


def test_a_real_carrier_is_settings_only(tmp_path: Path) -> None:
    trunk = Trunk("127.0.0.9:5070", "line-01", "p;a\\;ss", "tcp", ("127.0.0.9", "127.0.1.0/24"))
    with running_asterisk(tmp_path, trunk=trunk, public_address="198.51.100.7") as asterisk:
        assert "127.0.0.9:5070" in asterisk.ask("pjsip show registrations")
        endpoint = asterisk.ask("pjsip show endpoint trunk")
        assert "sip:127.0.0.9:5070" in endpoint
        assert "127.0.1.0/24" in endpoint
        assert "p;a\\;ss" in asterisk.ask("pjsip show auth trunk")
        assert "198.51.100.7" in asterisk.ask("pjsip show transport udp")


def test_browsers_telephones_are_served_over_tls(tmp_path: Path) -> None:
    files = make_certificate(tmp_path / "tls", ["127.0.0.1"])
    secure = {"certificate": files.certificate, "certificate_key": files.key}
    with running_asterisk(tmp_path / "exchange", **secure) as asterisk:
        scheme, port = asterisk.browser_path
        assert scheme == "wss"
        context = ssl.create_default_context(cafile=str(files.ca))
        with (
            socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as browser,
        ):
            browser.sendall(UPGRADE)
            answer = browser.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101")
        assert b"Sec-WebSocket-Protocol: sip" in answer


def hotline(data: Path, *arguments: str) -> dict[str, object]:
    """The JSON that a command prints."""
    command = [sys.executable, "-m", "hotline", *arguments, "--data", str(data), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_the_command_line_starts_asks_calls_and_stops_it(tmp_path: Path) -> None:
    asterisk_settings(tmp_path)
    assert hotline(tmp_path, "pbx", "status")["state"] == "stopped"
    started = hotline(tmp_path, "pbx", "start")
    pid = started["pid"]
    assert isinstance(pid, int)
    try:
        assert started["state"] == "running"
        assert hotline(tmp_path, "pbx", "start")["pid"] == pid
        assert "System uptime" in str(hotline(tmp_path, "pbx", "cli", "core show uptime")["answer"])
        voice = tone(tmp_path / "voice.wav", 440, 0.5)
        call = ["demo", "call", "--wav", str(voice), "--from", "13800138000", "--press", "1", "--stay", "1"]
        called = hotline(tmp_path, *call)
        assert (called["from"], called["state"]) == ("13800138000", "answered")
    finally:
        assert hotline(tmp_path, "pbx", "stop")["state"] == "stopped"
    assert not is_alive(pid)
