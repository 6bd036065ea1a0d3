"""``hotline models``: fetched from a real server, resumed, checked, refused, compared."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hotline.cli.root import hotline
from hotline.errors import ConfigurationError
from tests.support.file_server import FileServer, file_server

NAME = "little"
FILES = {"little/am/final.mdl": b"weights" * 20_000, "little/conf/model.conf": b"--beam=10"}


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        running.content = zipped(FILES)
        yield running


def zipped(files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


def tarred(files: dict[str, bytes], **odd: Any) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:bz2") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            for key, value in odd.items():
                setattr(entry, key, value)
            archive.addfile(entry, io.BytesIO(content))
    return whole.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def run(data: Path, *arguments: str) -> Any:
    """What the command printed as JSON."""
    done = CliRunner().invoke(hotline, ["models", *arguments, "--data", str(data), "--json"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return json.loads(done.stdout), done.exit_code


def fetch(data: Path, server: FileServer, *more: str, checksum: str = "") -> Any:
    wanted = checksum or sha256(server.content)
    given = ["fetch", NAME, "--engine", "vosk", "--url", server.url, "--sha256", wanted, *more]
    found, code = run(data, *given)
    assert code == 0
    return found


def refused(data: Path, server: FileServer, *more: str, checksum: str = "") -> str:
    with pytest.raises(ConfigurationError) as error:
        fetch(data, server, *more, checksum=checksum)
    assert not (data / "models" / NAME).exists()
    return error.value.code


def test_a_model_is_fetched_listed_and_verified(tmp_path: Path, server: FileServer) -> None:
    found = fetch(tmp_path, server)
    assert (found["name"], found["engine"], found["archive"]) == (NAME, "vosk", sha256(server.content))
    assert (tmp_path / "models" / NAME / "am" / "final.mdl").read_bytes() == FILES["little/am/final.mdl"]
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [
        NAME,
        f"{NAME}.hotline-model.json",
    ]
    listed, _ = run(tmp_path, "list")
    here = {entry["name"]: entry for entry in listed["models"] if entry["installed"]}
    assert list(here) == [NAME]
    assert run(tmp_path, "verify") == ({"models": {NAME: "ok"}}, 0)
    with pytest.raises(ConfigurationError, match="model_exists"):
        fetch(tmp_path, server)


def test_a_model_that_changed_is_found(tmp_path: Path, server: FileServer) -> None:
    fetch(tmp_path, server)
    (tmp_path / "models" / NAME / "am" / "final.mdl").write_bytes(b"other weights")
    assert run(tmp_path, "verify") == ({"models": {NAME: "changed"}}, 1)


def test_a_model_that_somebody_put_there_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "models" / "own" / "am").mkdir(parents=True)
    (tmp_path / "models" / "own" / "am" / "final.mdl").write_bytes(b"weights")
    assert run(tmp_path, "verify") == ({"models": {"own": "unknown"}}, 0)


def test_a_broken_download_is_gone_on_with(tmp_path: Path, server: FileServer) -> None:
    server.cut_after = 1000
    assert refused(tmp_path, server) == "model_unreachable"
    fetch(tmp_path, server)
    assert server.ranges == [None, "bytes=1000-"]


def test_a_server_that_cannot_resume_begins_anew(tmp_path: Path, server: FileServer) -> None:
    server.cut_after, server.knows_ranges = 1000, False
    assert refused(tmp_path, server) == "model_unreachable"
    fetch(tmp_path, server)


def test_a_download_that_was_complete_is_used(tmp_path: Path, server: FileServer) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / f".{NAME}.part").write_bytes(server.content)
    fetch(tmp_path, server)
    assert server.ranges == [f"bytes={len(server.content)}-"]


def test_a_wrong_checksum_is_refused_and_what_came_is_removed(tmp_path: Path, server: FileServer) -> None:
    assert refused(tmp_path, server, checksum="0" * 64) == "model_checksum"
    assert list((tmp_path / "models").iterdir()) == []
    fetch(tmp_path, server)
    assert server.ranges == [None, None]


def test_without_a_checksum_somebody_has_to_say_so(tmp_path: Path, server: FileServer) -> None:
    given = ["fetch", NAME, "--engine", "vosk", "--url", server.url]
    with pytest.raises(ConfigurationError, match="model_no_checksum"):
        run(tmp_path, *given)
    assert server.ranges == []
    found, _ = run(tmp_path, *given, "--unchecked")
    assert found["archive"] == sha256(server.content)


def bad_archives() -> dict[str, bytes]:
    good = zipped(FILES)
    return {
        "no archive": b"<html>you are offline</html>",
        "cut zip": good[: len(good) // 2],
        "damaged zip": good[:300] + b"?" * 50 + good[350:],
        "zip that climbs": zipped(FILES | {"../../evil": b"x"}),
        "absolute zip": zipped(FILES | {"/tmp/hotline-evil": b"x"}),  # noqa: S108 - must not be written
        "tar that climbs": tarred({"../evil": b"x"}),
        "tar with a link out": tarred({"evil": b""}, type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        "tar with a device": tarred({"evil": b""}, type=tarfile.CHRTYPE),
        "cut tar": tarred(FILES)[:100],
    }


@pytest.mark.parametrize("kind", sorted(bad_archives()))
def test_a_corrupt_or_evil_archive_is_refused(tmp_path: Path, server: FileServer, kind: str) -> None:
    data = tmp_path / "a" / "data"
    data.mkdir(parents=True)
    server.content = bad_archives()[kind]
    assert refused(data, server) == "model_archive"
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "data", "models"]


def test_a_tar_archive_is_as_good(tmp_path: Path, server: FileServer) -> None:
    server.content = tarred(FILES)
    assert fetch(tmp_path, server)["engine"] == "vosk"


def test_an_archive_of_another_engine_is_refused(tmp_path: Path, server: FileServer) -> None:
    server.content = zipped({"m/model.bin": b"x", "m/config.json": b"{}"})
    assert refused(tmp_path, server) == "model_of_other_engine"


def test_a_server_that_has_no_such_file_or_is_not_there(tmp_path: Path, server: FileServer) -> None:
    server.status = 404
    assert refused(tmp_path, server) == "model_unreachable"
    server.url = "http://127.0.0.1:9/model.zip"
    assert refused(tmp_path, server) == "model_unreachable"
    server.url = "gopher://127.0.0.1/model.zip"
    assert refused(tmp_path, server) == "model_url"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["fetch", "no-such-model", "--unchecked"], "model_unknown"),
        (["fetch", "../elsewhere", "--engine", "vosk"], "model_name"),
        (["fetch", "faster-whisper-base", "--unchecked"], "model_no_url"),
    ],
)
def test_what_cannot_be_fetched_is_said(tmp_path: Path, arguments: list[str], code: str) -> None:
    with pytest.raises(ConfigurationError, match=code):
        run(tmp_path, *arguments)
