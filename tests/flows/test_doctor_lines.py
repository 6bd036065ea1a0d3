"""``hotline doctor`` and the health page say what the lines need, and why there are none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.certificates import make_certificate
from hotline.config import load_settings
from hotline.lines import Asterisk, exchange
from tests.support.asterisk import program, tone
from tests.support.line_town import line_health, line_reason
from tests.support.people import eventually
from tests.support.running import RunningHotline, running_hotline

CHECKS = ("telephony", "ports", "manager", "wss", "sounds", "recordings")


def doctor(data: Path, **environment: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and state and detail of what concerns the lines."""
    done = subprocess.run(
        [sys.executable, "-m", "hotline", "doctor", "--json", "--data", str(data)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    findings = {one["check"]: (one["state"], one["detail"]) for one in json.loads(done.stdout)["findings"]}
    assert all("\n" not in detail for _, detail in findings.values()), "one line each"
    return done.returncode, {name: findings[name] for name in CHECKS}


def states(data: Path, **environment: str) -> dict[str, str]:
    return {name: state for name, (state, _) in doctor(data, **environment)[1].items()}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program()
    return tmp_path_factory.mktemp("doctor") / "data"


@pytest.fixture
def asterisk(data: Path) -> Iterator[Asterisk]:
    data.mkdir(exist_ok=True)
    asterisk = exchange(load_settings(data))
    asterisk.start(print)
    yield asterisk
    asterisk.kill()


def test_before_the_first_start_it_makes_nothing(data: Path) -> None:
    _, found = doctor(data)
    state, detail = found.pop("telephony")
    assert (state, "hotline run" in detail) == ("warning", True)
    assert {state for state, _ in found.values()} == {"absent"}
    assert not data.exists()


def test_lines_that_run_are_well(data: Path, asterisk: Asterisk) -> None:
    _, found = doctor(data)
    wanted = dict.fromkeys(CHECKS, "ok") | {"wss": "absent"}
    assert {name: state for name, (state, _) in found.items()} == wanted
    assert found["telephony"][1].startswith("Asterisk 2")
    assert "hours of calls" in found["recordings"][1]
    asterisk.stop()
    assert states(data) == wanted | {"telephony": "warning", "manager": "absent"}


def test_a_password_that_is_not_the_exchanges_is_noticed(data: Path, asterisk: Asterisk) -> None:
    assert asterisk.pid is not None
    key = load_settings(data).secrets_folder / "asterisk-manager.key"
    before = key.read_text("ascii")
    key.write_text("0" * 64, "ascii")
    try:
        code, found = doctor(data)
    finally:
        key.write_text(before, "ascii")
    assert code == 1
    assert found["manager"][0] == "failed"
    assert "bad_password" in found["manager"][1]


def test_an_own_prompt_that_cannot_be_played_is_named_and_not_used(data: Path) -> None:
    own = data / "telephony" / "sounds" / "zh"
    own.mkdir(parents=True, exist_ok=True)
    (own / "nobody-on-duty.wav").write_bytes(b"RIFF no sound")
    tone(own / "after-hours.wav", 300, 0.2)
    asterisk = exchange(load_settings(data))
    try:
        asterisk.start(print)
        state, detail = doctor(data)[1]["sounds"]
        assert (state, "zh/nobody-on-duty.wav" in detail, "after-hours" in detail) == ("warning", True, False)
        played = data / "telephony" / "asterisk" / "share" / "sounds" / "zh" / "hotline"
        assert sorted(file.name for file in played.glob("*[ys].*")) == [
            "after-hours.wav", "all-busy.alaw", "nobody-on-duty.alaw",
        ]  # fmt: skip
    finally:
        asterisk.kill()
        for file in own.iterdir():
            file.unlink()


def test_the_certificate_that_browsers_phones_are_shown_is_looked_at(data: Path) -> None:
    files = make_certificate(data / "tls", ["127.0.0.1"])
    secure = {"HOTLINE_CERTIFICATE": str(files.certificate), "HOTLINE_CERTIFICATE_KEY": str(files.key)}
    given = {"certificate": files.certificate, "certificate_key": files.key}
    asterisk = exchange(load_settings(data, given))
    try:
        asterisk.start(print)
        assert states(data, **secure)["wss"] == "ok"
        make_certificate(data / "tls", ["127.0.0.1"])
        state, detail = doctor(data, **secure)[1]["wss"]
        assert (state, "older certificate" in detail) == ("warning", True)
        files.key.write_text("no key", "ascii")
        assert states(data, **secure)["wss"] == "failed"
    finally:
        asterisk.kill()


def test_where_there_is_no_asterisk_it_says_why(data: Path) -> None:
    assert states(data, HOTLINE_TELEPHONY="false") == dict.fromkeys(CHECKS, "absent")
    state, detail = doctor(data, HOTLINE_ASTERISK="/nowhere/asterisk")[1]["telephony"]
    assert (state, "/nowhere/asterisk" in detail) == ("failed", True)
    state, detail = doctor(data, HOTLINE_CACHE=str(data / "none"), PATH="/nowhere")[1]["telephony"]
    assert (state, "none can be fetched" in detail) == ("absent", True)


@pytest.mark.parametrize(
    ("environment", "reason", "code"),
    [
        ({"HOTLINE_ASTERISK": "/nowhere/asterisk"}, "/nowhere/asterisk", "no_program"),
        ({"HOTLINE_CACHE": "none", "PATH": "/nowhere"}, "none can be fetched", "other_system"),
    ],
    ids=["the one named is not there", "none for this system"],
)
async def test_without_an_exchange_the_rest_runs_and_the_health_page_says_why(
    tmp_path: Path, environment: dict[str, str], reason: str, code: str
) -> None:
    with running_hotline(tmp_path / "data", {"HOTLINE_TELEPHONY": "true", **environment}) as hotline:
        assert await absent(hotline, reason)
        assert await line_reason(hotline) == code


async def absent(hotline: RunningHotline, reason: str) -> bool:
    async def look() -> bool:
        state, detail = await line_health(hotline)
        return state == "absent" and reason in detail

    return bool(await eventually(look, "the health page says why there are no lines"))
