"""What is installed is what the locks name, with hashes, from whatever registry the machine uses."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from scripts.build_ui import ROOT
from tests.support.parts import part_is_missing

LOCKS = ("build.txt", "run.txt", "dev.txt", "bench.txt")
OURS = {"hotline", "telephony", "channels", "nlp", "ivr", "agents-ui", "citizen-hotline"}
"""Our top-level names; most exist in the public registry as projects of other people."""

REGISTRY_HOST = re.compile(
    r"\bpypi\.\w|pythonhosted\.\w|\bregistry\.\w|npmjs\.\w|npmmirror\.\w|yarnpkg\.\w"
    r"|\bmirrors?\.\w+\.\w|deb\.debian\.\w|--(?:extra-)?index-url\s*=?\s*http",
    re.IGNORECASE,
)


def locked(lock: str) -> dict[str, str]:
    """Each entry of a lock: normalised project name → the rest of its entry, with markers and hashes."""
    text = (ROOT / "requirements" / lock).read_text().replace("\\\n", " ")
    entries = (re.match(r"([\w.-]+)(?:\[[^]]*])?==(.*)", line) for line in text.splitlines())
    return {normal(found[1]): found[2] for found in entries if found}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def versions(lock: str) -> dict[str, str]:
    return {name: rest.split()[0] for name, rest in locked(lock).items()}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_an_entry_with_hashes(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert lines
    assert [line for line in lines if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_project_that_would_take_one_of_our_packages_places(lock: str) -> None:
    assert OURS.isdisjoint(locked(lock))


@pytest.mark.parametrize(
    ("smaller", "larger"), [("build.txt", "run.txt"), ("run.txt", "dev.txt"), ("dev.txt", "bench.txt")]
)
def test_a_larger_lock_contains_the_smaller_one(smaller: str, larger: str) -> None:
    assert versions(smaller).items() <= versions(larger).items()


def test_the_run_lock_has_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["build-system"]["requires"]
    names = {normal(re.split(r"[\[<>=~! ;]", requirement)[0]) for requirement in wanted}
    assert names <= set(locked("run.txt"))


def test_every_npm_package_is_locked_by_its_content_and_by_no_address() -> None:
    lock = json.loads((ROOT / "agents_ui" / "package-lock.json").read_text())
    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert len(packages) > 100
    assert [path for path, entry in packages.items() if not entry.get("integrity")] == []
    assert [path for path, entry in packages.items() if "resolved" in entry] == []


def committed_files() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        part_is_missing("the git tree", "run the tests in a clone")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_committed_file_names_a_package_registry_or_mirror() -> None:
    named = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in committed_files()
        if (found := REGISTRY_HOST.search(path.read_text("utf-8", "ignore")))
    ]
    assert named == []
