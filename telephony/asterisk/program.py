"""The Asterisk program: how to start it, and where its modules and documentation are."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

BINARY = "asterisk"
HOST_FOLDERS = ("/usr/sbin", "/usr/local/sbin")
DOCUMENTATION = "documentation/core-en_US.xml"
HOST_DATA = (Path("/usr/share/asterisk"), Path("/var/lib/asterisk"), Path("/usr/local/share/asterisk"))
MULTIARCH = {
    "x86_64": ("x86_64-linux-gnu", "usr/lib64/ld-linux-x86-64.so.2"),
    "aarch64": ("aarch64-linux-gnu", "usr/lib/ld-linux-aarch64.so.1"),
}
"""By machine: the folder of libraries, and the loader that starts a program with libraries of its own."""


@dataclass(frozen=True)
class Program:
    """``command`` starts it; ``modules`` is None where the binary itself knows; ``data`` holds documentation.

    ``origin`` is "host" or "unpacked".
    """

    command: tuple[str, ...]
    origin: str
    data: Path
    modules: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def host_program(chosen: str = "") -> Program | None:
    """The binary that the operator named or the machine has installed; None when there is none."""
    search = os.pathsep.join((os.environ.get("PATH", ""), *HOST_FOLDERS))
    found = shutil.which(chosen or BINARY, path=search)
    data = next((folder for folder in HOST_DATA if (folder / DOCUMENTATION).is_file()), None)
    if found is None or data is None:
        # Without its documentation Asterisk refuses its own configuration.
        return None
    return Program((found,), "host", data, _module_folder(Path(found)))


def _module_folder(binary: Path) -> Path | None:
    prefix = binary.resolve().parent.parent
    names = [f"lib/{MULTIARCH[m][0]}" for m in (platform.machine(),) if m in MULTIARCH]
    for name in (*names, "lib64", "lib"):
        folder = prefix / name / "asterisk" / "modules"
        if (folder / "chan_pjsip.so").is_file():
            return folder
    return None


def unpacked_program(root: Path) -> Program:
    """The program in a tree of unpacked packages, started through the tree's own loader and libraries."""
    triplet, loader = MULTIARCH[platform.machine()]
    libraries = root / "usr" / "lib" / triplet
    command = (
        str(root / loader),
        "--inhibit-cache",
        "--library-path",
        f"{libraries}{os.pathsep}{libraries / 'asterisk'}",
        "--argv0",
        BINARY,
        str(root / "usr" / "sbin" / BINARY),
    )
    environment = {
        "OPENSSL_CONF": os.devnull,
        "OPENSSL_MODULES": str(libraries / "ossl-modules"),
        "GCONV_PATH": str(libraries / "gconv"),
    }
    data = root / "usr" / "share" / "asterisk"
    return Program(command, "unpacked", data, libraries / "asterisk" / "modules", environment)
