"""Obtaining an Asterisk: the machine's own, else one unpacked earlier, else the distribution's packages."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hotline.errors import ConfigurationError
from telephony.asterisk.debian import download, unpack
from telephony.asterisk.program import MULTIARCH, Program, host_program, unpacked_program

Say = Callable[[str], None]
"""Told of progress: one line at a time."""

TREE = "root"


def cache_folder(data: Path) -> Path:
    """Where all instances share unpacked packages: HOTLINE_CACHE, else the user's cache, else ``data``."""
    if chosen := os.environ.get("HOTLINE_CACHE"):
        return Path(chosen).absolute() / "asterisk"
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(base).absolute() / "hotline" / "asterisk"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return data / "asterisk-packages"
    return folder if os.access(folder, os.W_OK) else data / "asterisk-packages"


def present(cache: Path, chosen: str = "") -> Program | None:
    """The Asterisk that is there now, without asking any network; None when there is none."""
    if (program := host_program(chosen)) is not None:
        return program
    if not chosen and _supported() and (cache / TREE).is_dir():
        return unpacked_program(cache / TREE)
    return None


def obtain(cache: Path, say: Say, chosen: str = "") -> Program:
    """``present``, or fetch the packages first (some 80 MB, once per machine).

    Raises ``ConfigurationError``: "asterisk_program" (the one named in the settings is not there),
    "asterisk_other_system" (not a system whose packages could be used), "asterisk_no_packages" (no mirror
    that answers has them; ``reason``).
    """
    if (program := present(cache, chosen)) is not None:
        return program
    if (obstacle := unfetchable(chosen)) is not None:
        raise obstacle
    with _alone(cache):
        if not (cache / TREE).is_dir():
            _fetch(cache, say)
    return unpacked_program(cache / TREE)


def unfetchable(chosen: str = "") -> ConfigurationError | None:
    """Why none could be fetched, without asking any network; None when it may be tried."""
    if chosen:
        return ConfigurationError("asterisk_program", program=chosen)
    if not _supported() or not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return ConfigurationError("asterisk_other_system", system=f"{platform.system()} {platform.machine()}")
    return None


def _supported() -> bool:
    return sys.platform == "linux" and platform.machine() in MULTIARCH


def _fetch(cache: Path, say: Say) -> None:
    for leftover in cache.glob(f"{TREE}-*.new"):
        shutil.rmtree(leftover)
    packages = download(cache / "apt", say)
    fresh = Path(tempfile.mkdtemp(prefix=f"{TREE}-", suffix=".new", dir=cache))
    fresh.chmod(0o755)
    unpack(packages, fresh, say)
    fresh.rename(cache / TREE)
    shutil.rmtree(cache / "apt")


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Two instances that start together fetch once."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
