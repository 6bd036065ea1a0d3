"""A wheel holds our packages and the built pages, and is refused when its hash is another."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from scripts import build_ui
from scripts.build_ui import ROOT

PIP = (sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `pip install .` would install, built from this tree with its built pages."""
    folder = tmp_path_factory.mktemp("wheel")
    build_ui.prepare(ROOT)
    subprocess.run(
        [*PIP, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", folder, ROOT],
        env={**os.environ, "HOTLINE_UI": "prebuilt"},
        check=True,
        stdin=subprocess.DEVNULL,
    )
    (built,) = folder.glob("citizen_hotline-*.whl")
    return built


def packages() -> list[str]:
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    listed: list[str] = targets["wheel"]["packages"]
    return listed


def test_each_of_our_packages_comes_from_the_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([*PIP, "install", "--no-deps", "--no-index", "--target", tmp_path, wheel], check=True)
    for package in packages():
        found = subprocess.run(
            [sys.executable, "-P", "-c", f"import {package}; print({package}.__file__)"],
            cwd=tmp_path.parent,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            check=True,
            capture_output=True,
            text=True,
        )
        assert Path(found.stdout.strip()) == tmp_path / package / "__init__.py"


def test_the_wheel_holds_our_packages_and_nothing_else_at_the_top(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {name for name in tops if not name.endswith(".dist-info")} == set(packages())


def test_the_wheel_holds_the_pages_with_all_that_they_load(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for page in build_ui.PAGES:
            html = archive.read(f"hotline/web/static/ui/{page}").decode()
            loaded = re.findall(r'(?:src|href)="/ui/([^"]+)"', html)
            assert loaded
            assert [path for path in loaded if f"hotline/web/static/ui/{path}" not in names] == []


def test_the_pages_name_no_other_host(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for page in build_ui.PAGES:
            html = archive.read(f"hotline/web/static/ui/{page}").decode()
            assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', html) == []


def test_a_wheel_whose_hash_is_not_the_locked_one_is_refused(wheel: Path, tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    version = wheel.name.split("-")[1]
    lock.write_text(f"citizen-hotline=={version} --hash=sha256:{'0' * 64}\n")
    places = ("--no-index", "--find-links", wheel.parent, "--target", tmp_path / "site")
    refused = subprocess.run(
        [*PIP, "install", "--no-deps", "--require-hashes", *places, "-r", lock],
        capture_output=True,
        text=True,
    )
    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert not (tmp_path / "site" / "hotline").exists()
