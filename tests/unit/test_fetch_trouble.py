"""Why no Asterisk could be fetched: what of apt's words is told, how long it is kept, who tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.cli.root import hotline
from hotline.errors import ConfigurationError
from telephony.asterisk.debian import reason_of
from telephony.asterisk.run import Asterisk
from telephony.asterisk.settings import AsteriskSettings
from telephony.asterisk.trouble import FILE, keep_trouble, last_trouble

LAST_LINE = "E: Some index files failed to download. They have been ignored, or old ones used instead."
UNRESOLVED = f"""\
E: Failed to fetch http://archive.invalid/debian/dists/testing/InRelease  Could not resolve 'archive.invalid'
{LAST_LINE}
"""
FAKE_APT = f"""\
#!/bin/sh
case "$*" in
*--print-uris*) echo "'http://archive.invalid/debian/dists/testing/InRelease' archive.invalid_InRelease 0" ;;
*) printf '%s' "{UNRESOLVED}" >&2; exit 100 ;;
esac
"""


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            UNRESOLVED,
            "Failed to fetch http://archive.invalid/debian/dists/testing/InRelease"
            " Could not resolve 'archive.invalid'",
        ),
        (
            f"W: Failed to fetch http://a.invalid/x  Connection timed out.\n{LAST_LINE}",
            "Failed to fetch http://a.invalid/x Connection timed out",
        ),
        (
            f"{LAST_LINE}\nErr:1 http://a.invalid testing InRelease\n  Could not resolve 'a.invalid'\n...",
            "http://a.invalid testing InRelease Could not resolve 'a.invalid'",
        ),
        ("E: the list has no asterisk", "the list has no asterisk"),
        ("E: Failed to fetch http://me:secret@a.invalid/x  403", "Failed to fetch http://a.invalid/x 403"),
        ("Reading package lists...", None),
    ],
    ids=["no name", "no answer", "only the progress tells", "another error", "a password", "nothing"],
)
def test_the_first_telling_line_is_the_reason_and_never_the_last_one(said: str, reason: str | None) -> None:
    assert reason_of(said) == reason


def test_only_what_an_attempt_alone_finds_out_is_kept(tmp_path: Path) -> None:
    keep_trouble(tmp_path, ConfigurationError("asterisk_other_system", system="Windows AMD64"))
    assert last_trouble(tmp_path) is None
    keep_trouble(tmp_path, ConfigurationError("asterisk_no_packages", reason="no answer"))
    kept = last_trouble(tmp_path)
    assert kept is not None
    assert (kept.code, kept.params) == ("asterisk_no_packages", {"reason": "no answer"})
    (tmp_path / FILE).write_text("half a no", "utf-8")
    assert last_trouble(tmp_path) is None


@pytest.fixture
def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without an Asterisk whose mirror cannot be reached; the folder of its data."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("apt-get", FAKE_APT), ("dpkg-deb", "#!/bin/sh\n")):
        (programs / name).write_text(text, "utf-8")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("HOTLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setattr("telephony.asterisk.program.HOST_FOLDERS", ())
    monkeypatch.setattr("telephony.asterisk.fetch._supported", lambda: True)
    return tmp_path / "data"


def told(*command: str) -> str:
    return CliRunner().invoke(hotline, command).stdout


def test_after_a_fetch_that_failed_doctor_and_pbx_status_say_why(unreachable: Path) -> None:
    where = ("--data", str(unreachable))
    assert "hotline run" in told("doctor", *where)
    assert isinstance(CliRunner().invoke(hotline, ["pbx", "start", *where]).exception, ConfigurationError)
    for text in (told("pbx", "status", *where), told("doctor", *where)):
        assert "Could not resolve 'archive.invalid'. Install" in text
        assert "index files" not in text
    shown = json.loads(told("pbx", "status", "--json", *where))
    assert (shown["state"], "Could not resolve" in shown["reason"]) == ("absent", True)


def test_the_first_start_that_has_an_asterisk_forgets_it(
    unreachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asterisk = Asterisk(AsteriskSettings(unreachable, unreachable / "cache", "manager", "accounts"))
    with pytest.raises(ConfigurationError):
        asterisk.start(print)
    assert last_trouble(unreachable) is not None
    monkeypatch.setattr("telephony.asterisk.run.obtain", lambda *_: object())

    def ended_here(*_: object) -> None:
        raise ConfigurationError("telephony_ports")

    monkeypatch.setattr("telephony.asterisk.run.choose_ports", ended_here)
    with pytest.raises(ConfigurationError):
        asterisk.start(print)
    assert last_trouble(unreachable) is None
