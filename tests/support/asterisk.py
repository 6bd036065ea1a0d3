"""A real Asterisk for tests, with citizens and telephones that are Asterisks too.

with running_asterisk(tmp_path) as asterisk, citizens(asterisk, tmp_path) as carrier:
    carrier.place(CitizenCall("13800138000", wav=tone(tmp_path / "voice.wav", 440)))
"""

from __future__ import annotations

import array
import base64
import json
import math
import secrets
import urllib.error
import urllib.request
import wave
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hotline.errors import ConfigurationError
from telephony.asterisk.fetch import cache_folder, obtain
from telephony.asterisk.program import Program
from telephony.asterisk.run import Asterisk
from telephony.asterisk.settings import AsteriskSettings
from telephony.carrier.run import Carrier
from tests.support.parts import part_is_missing

PHONE_HOST = "127.0.0.3"
"""Where agents' telephones stand; the carrier has 127.0.0.2."""
STRANGER_HOST = "127.0.0.4"
RATE = 8000


def program() -> Program:
    """The Asterisk of this machine, fetched once into the cache that all clones share."""
    try:
        return obtain(_cache(), print)
    except ConfigurationError as error:
        part_is_missing("Asterisk", str(error))


def _cache() -> Path:
    return cache_folder(Path(__file__).parents[2] / "build")


def asterisk_settings(folder: Path, **changes: Any) -> AsteriskSettings:
    """Settings of an exchange below ``folder``; short patience, so that tests need little."""
    program()
    plain = AsteriskSettings(folder, _cache(), "manager-" + "m" * 24, "accounts-" + "a" * 24, ring=4)
    return replace(plain, **changes)


@contextmanager
def running_asterisk(folder: Path, **changes: Any) -> Iterator[Asterisk]:
    """An exchange with its state in ``folder``, gone at the end."""
    asterisk = Asterisk(asterisk_settings(folder, **changes))
    try:
        asterisk.start(print)
        yield asterisk
    finally:
        asterisk.kill()


def sip_address(asterisk: Asterisk) -> str:
    """host:port of the exchange."""
    assert asterisk.ports is not None
    return f"127.0.0.1:{asterisk.ports.sip}"


@contextmanager
def citizens(asterisk: Asterisk, folder: Path) -> Iterator[Carrier]:
    """The carrier through which citizens call."""
    with Carrier(program(), folder / "carrier", sip_address(asterisk)) as carrier:
        yield carrier


@contextmanager
def telephone(asterisk: Asterisk, folder: Path, agent: str, voice: Path | None = None) -> Iterator[Carrier]:
    """An agent's telephone that is online, answers after a second and speaks ``voice``.

    ``agent`` are digits; ending in 0000 it is busy, in 1111 nobody answers.
    """
    with Carrier(
        program(), folder / f"phone-{agent}", sip_address(asterisk), host=PHONE_HOST, answer=voice
    ) as phone:
        account = Account(asterisk, agent, context="from-agent", contact=f"sip:{agent}@{phone.address}")
        account.create()
        try:
            yield phone
        finally:
            account.delete()


class Account:
    """A SIP account made over ARI, as the product makes them."""

    def __init__(
        self, asterisk: Asterisk, user: str, *, context: str, password: str = "", contact: str = ""
    ) -> None:
        assert asterisk.ports is not None
        self.user, self.password = user, password or secrets.token_hex(8)
        self._base = f"http://127.0.0.1:{asterisk.ports.http}/ari/asterisk/config/dynamic/res_pjsip"
        self._login = asterisk.ari_login
        endpoint = {"context": context, "auth": user, "aors": user, "disallow": "all", "allow": "alaw"}
        endpoint |= {"direct_media": "no", "rtp_symmetric": "yes", "device_state_busy_at": "1"}
        if contact:
            endpoint.pop("auth")  # a telephone that stands fast sends us nothing
        self._objects: dict[str, dict[str, str]] = {
            "auth": {"auth_type": "userpass", "username": user, "password": self.password},
            "aor": {"contact": contact} if contact else {"max_contacts": "1"},
            "endpoint": endpoint,
        }

    def create(self) -> None:
        for kind, fields in self._objects.items():
            wanted = [{"attribute": name, "value": value} for name, value in fields.items()]
            assert self._ask("PUT", kind, {"fields": wanted}) == 200

    def delete(self) -> None:
        for kind in reversed(self._objects):
            assert self._ask("DELETE", kind, None) in (204, 404)

    def _ask(self, method: str, kind: str, body: Mapping[str, Any] | None) -> int:
        content = None if body is None else json.dumps(body).encode()
        return ari(f"{self._base}/{kind}/{self.user}", self._login, method, content)


def ari(address: str, login: tuple[str, str], method: str = "GET", content: bytes | None = None) -> int:
    """The HTTP status of one ARI request."""
    secret = base64.b64encode(":".join(login).encode()).decode()
    headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, content, headers, method=method)  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def tone(path: Path, pitch: float, seconds: float = 4.0) -> Path:
    """A WAV file with one tone (Hz), to be recognised in a recording."""
    count = int(RATE * seconds)
    samples = array.array("h", (int(9000 * math.sin(2 * math.pi * pitch * i / RATE)) for i in range(count)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def loudness(recording: Path, pitch: float) -> float:
    """How much of a pitch (Hz) a recording has: its amplitude, by Goertzel's method, in the best 0.2 s."""
    with wave.open(str(recording), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        samples = array.array("h", file.readframes(file.getnframes()))
    part = RATE // 5
    return max(
        (_amplitude(samples[i : i + part], pitch) for i in range(0, len(samples) - part, part)), default=0
    )


def _amplitude(samples: array.array[int], pitch: float) -> float:
    factor = 2 * math.cos(2 * math.pi * pitch / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = last * last + before * before - factor * last * before
    return 2 * math.sqrt(max(power, 0.0)) / len(samples)


def is_alive(pid: int) -> bool:
    """Whether a process runs; of a dead one that nobody has collected, the command line is empty."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False
