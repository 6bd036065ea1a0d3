"""Models from the network or from disk: resumed, checked, unpacked safely, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any

from hotline.errors import ConfigurationError
from nlp.speech.folders import digest, engine_of

BLOCK = 1 << 18
SILENT_SECONDS = 60
RECORD = "hotline-model.json"
"""In the folder of models beside the model: what it was when it was fetched."""
LARGEST_BYTES = 20_000_000_000
SCHEMES = ("http://", "https://", "file://")
ONE_FOLDER = 1

Progress = Callable[[int, int | None], None]
"""Bytes that are there, and of how many; None: the server does not say."""


@dataclass(frozen=True)
class Installed:
    """A model in the folder of models. ``digest`` is over its files, ``archive`` over what they came in."""

    name: str
    engine: str
    digest: str
    archive: str
    url: str


def fetch(
    folder: Path, name: str, engine: str, url: str, sha256: str | None, progress: Progress
) -> Installed:
    """Fetch the archive at ``url`` into ``folder/name``.

    An earlier attempt is gone on with where the server can. Raises ``ConfigurationError``: "model_exists",
    "model_url", "model_unreachable", "model_checksum" (the archive is removed), "model_archive" (damaged, or
    it would write elsewhere), "model_of_other_engine".
    """
    target = folder / name
    if target.exists():
        raise ConfigurationError("model_exists", model=str(target))
    if not url.startswith(SCHEMES):
        raise ConfigurationError("model_url", url=url)
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f".{name}.part"
    _download(url, archive, progress)
    found = _sha256(archive)
    if sha256 is not None and found != sha256.lower():
        archive.unlink()
        raise ConfigurationError("model_checksum", expected=sha256.lower(), found=found)
    fresh = folder / f".{name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        model = _unpacked(archive, fresh)
        if (of := engine_of(model)) != engine:
            raise ConfigurationError("model_of_other_engine", engine=engine, found=of or "-")
        installed = Installed(name, engine, digest(model), found, url)
        model.replace(target)
        _record(target).write_text(json.dumps(asdict(installed), indent=2) + "\n", "utf-8")
    except ConfigurationError:
        archive.unlink()
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    archive.unlink()
    return installed


def installed_models(folder: Path) -> list[Installed]:
    """What is in the folder of models; without digests where somebody put it there by hand."""
    found = []
    for model in sorted(folder.iterdir()) if folder.is_dir() else []:
        if not model.is_dir() or model.name.startswith("."):
            continue
        record = recorded(model)
        found.append(record or Installed(model.name, engine_of(model) or "", "", "", ""))
    return found


def recorded(model: Path) -> Installed | None:
    """What was noted when the model was fetched; None when nothing was."""
    try:
        return Installed(**json.loads(_record(model).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _record(model: Path) -> Path:
    return model.parent / f"{model.name}.{RECORD}"


def _download(url: str, archive: Path, progress: Progress) -> None:
    have = archive.stat().st_size if archive.exists() else 0
    try:
        with _answer(url, have) as (answer, begins_at):
            length = answer.headers.get("Content-Length")
            total = begins_at + int(length) if length is not None else None
            with archive.open("ab" if begins_at else "wb") as file:
                _copy(answer, file, begins_at, total, progress)
    except (OSError, HTTPException) as error:
        raise ConfigurationError("model_unreachable", url=url, reason=str(error)) from error


def _copy(answer: Any, file: IO[bytes], have: int, total: int | None, progress: Progress) -> None:
    while block := answer.read(BLOCK):
        file.write(block)
        have += len(block)
        if have > LARGEST_BYTES:
            raise OSError(f"more than {LARGEST_BYTES} bytes")
        progress(have, total)
    if total is not None and have < total:
        raise OSError(f"the connection broke after {have} of {total} bytes")


@contextmanager
def _answer(url: str, have: int) -> Iterator[tuple[Any, int]]:
    """The answer, and from what byte on it is; a server that cannot resume begins anew."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SILENT_SECONDS) as answer:  # noqa: S310 - checked scheme
            resumed = getattr(answer, "status", None) == 206 and _begins_at(answer, have)
            yield answer, have if resumed else 0
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != 416 or not have:
            raise
        # Nothing is left to fetch, or the file is another one by now: the checksum will tell.
        yield _Nothing(), have


def _begins_at(answer: Any, have: int) -> bool:
    return str(answer.headers.get("Content-Range", "")).startswith(f"bytes {have}-")


class _Nothing:
    """An answer without content."""

    headers: dict[str, str] = {}  # noqa: RUF012 - never changed

    def read(self, _size: int) -> bytes:
        return b""


def _unpacked(archive: Path, fresh: Path) -> Path:
    """The model in an archive: all of it, or the one folder in it."""
    fresh.mkdir()
    try:
        if zipfile.is_zipfile(archive):
            _unzip(archive, fresh)
        else:
            _untar(archive, fresh)
    except (
        OSError,
        EOFError,
        ValueError,
        tarfile.TarError,
        zipfile.BadZipFile,
        NotImplementedError,
    ) as error:
        raise ConfigurationError("model_archive", reason=str(error)) from error
    inside = list(fresh.iterdir())
    return inside[0] if len(inside) == ONE_FOLDER and inside[0].is_dir() else fresh


def _untar(archive: Path, fresh: Path) -> None:
    if not hasattr(tarfile, "data_filter"):
        raise ValueError("this Python cannot unpack tar archives safely; 3.11.4 or newer can")
    with tarfile.open(archive) as tar:
        if sum(one.size for one in tar) > LARGEST_BYTES:
            raise ValueError(f"more than {LARGEST_BYTES} bytes")
        tar.extractall(fresh, filter="data")  # refuses what would be written elsewhere


def _unzip(archive: Path, fresh: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        if sum(one.file_size for one in file.infolist()) > LARGEST_BYTES:
            raise ValueError(f"more than {LARGEST_BYTES} bytes")
        root = os.path.realpath(fresh)
        for one in file.infolist():
            place = os.path.realpath(fresh / one.filename)
            if os.path.commonpath([root, place]) != root or "\\" in one.filename:
                raise ValueError(f"{one.filename} would be written elsewhere")
        if (bad := file.testzip()) is not None:
            raise ValueError(f"{bad} is damaged")
        file.extractall(fresh)  # noqa: S202 - every name was looked at


def _sha256(path: Path) -> str:
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            whole.update(block)
    return whole.hexdigest()
