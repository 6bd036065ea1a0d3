"""Makes the .venv that `make run` and `make test` use, from the locks in requirements/ alone.

`python scripts/bootstrap.py run` installs what the product needs, builds its pages and installs it as an
editable package; `test` adds what checks and tests it; `locks` installs only the packages of the latter.
A step whose lock or sources did not change since it last ended well is skipped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps"
QUIETLY = ("--disable-pip-version-check", "--no-input")
LOCKS = {"run": "run.txt", "test": "dev.txt", "locks": "dev.txt"}


class BootstrapError(Exception):
    """A step failed; the message says why and what to do."""


def venv_python(venv: Path = VENV) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def say(what: str) -> None:
    print(f"==> {what}", file=sys.stderr, flush=True)


def run(what: str, command: list[str]) -> None:
    """Runs one step, its output on ours. Raises BootstrapError when it fails."""
    if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode != 0:
        raise BootstrapError(f"{what} failed; its own message is above")


def is_usable_venv() -> bool:
    """Whether .venv works, is of this Python's version, and was made where it now is."""
    if not venv_python().exists() or not is_done("place", str(VENV)):
        return False
    probe = [str(venv_python()), "-c", "import sys; print(*sys.version_info[:2])"]
    found = subprocess.run(probe, capture_output=True, text=True)
    return found.stdout.split() == [str(part) for part in sys.version_info[:2]]


def make_venv() -> None:
    """A virtual environment of this Python; one that was moved or lost its Python is made anew."""
    if is_usable_venv():
        return
    say(f"making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise BootstrapError(
            f"{made.stdout}{made.stderr}\nThis Python cannot make virtual environments. "
            "On Debian and Ubuntu: apt install python3-venv"
        )
    mark_done("place", str(VENV))


def sha256(*paths: Path) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.read_bytes())
    return whole.hexdigest()


def is_done(step: str, digest: str) -> bool:
    stamp = STAMPS / step
    return stamp.is_file() and stamp.read_text() == digest


def mark_done(step: str, digest: str) -> None:
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / step).write_text(digest)


def install_lock(lock: str) -> None:
    """Installs one lock with its hashes checked; dev.txt contains all of run.txt."""
    path = ROOT / "requirements" / lock
    digest = sha256(path)
    if is_done(lock, digest):
        return
    say(f"installing the Python packages of requirements/{lock}")
    pip_showing_downloads("--require-hashes", "-r", str(path))
    mark_done(lock, digest)
    if lock == "dev.txt":
        mark_done("run.txt", sha256(ROOT / "requirements" / "run.txt"))


def pip(what: str, *arguments: str) -> None:
    run(what, [str(venv_python()), "-m", "pip", "install", "--quiet", *QUIETLY, *arguments])


def pip_showing_downloads(*arguments: str) -> None:
    """One line for each file that comes over the network: on a slow line this step takes minutes."""
    command = [str(venv_python()), "-m", "pip", "install", *QUIETLY, "--progress-bar", "off", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip().startswith(("Downloading", "Installing collected")):
                print(f"    {line.strip().split(':')[0]}", file=sys.stderr, flush=True)
    if process.returncode != 0:
        raise BootstrapError("installing the Python packages failed; pip's own message is above")


def build_pages(step: str) -> None:
    wanted = "tools" if step == "test" else "build"
    run("building the pages", [str(venv_python()), str(ROOT / "scripts" / "build_ui.py"), wanted])


def install_project() -> None:
    """Editable: the sources in this tree are what runs. The hashed build tools are there already."""
    digest = sha256(ROOT / "pyproject.toml", ROOT / "hatch_build.py", ROOT / "hotline" / "__init__.py")
    if is_done("project", digest):
        return
    say("installing hotline")
    pip("installing hotline", "--no-build-isolation", "--no-deps", "--no-index", "-e", str(ROOT))
    mark_done("project", digest)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print(__doc__, file=sys.stderr)
        return 2
    step, began = arguments[0], time.monotonic()
    fresh = not is_usable_venv()
    if fresh:
        say("first time: this takes a few minutes and is not repeated")
    try:
        make_venv()
        install_lock(LOCKS[step])
        if step != "locks":
            build_pages(step)
            install_project()
    except BootstrapError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if fresh:
        say(f"ready after {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
