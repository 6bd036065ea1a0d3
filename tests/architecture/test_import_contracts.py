"""Who may import whom, and proof that a violation of each rule is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.build_ui import ROOT
from tests.support.imports import PLUGINS, wrong_about_plugins, wrong_in_plugins, wrong_in_ports

LINT = Path(sys.executable).with_name("lint-imports")


def lint_imports(tree: Path) -> tuple[int, str]:
    """The exit code and the output of import-linter for a tree."""
    command = [str(LINT), "--no-cache", "--config", str(tree / "pyproject.toml")]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the core's Python files, to plant violations in."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file in (
        file for part in ("channels", "hotline", "nlp", "telephony") for file in (ROOT / part).rglob("*.py")
    ):
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    return tmp_path


def plant(tree: Path, file: str, line: str) -> None:
    """Adds a line to a module, which is made if there is none."""
    path = tree / file
    for package in path.parents:
        if package == tree:
            break
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
    path.write_text((path.read_text("utf-8") if path.exists() else "") + f"\n{line}\n", "utf-8")


def test_the_contracts_are_kept() -> None:
    code, output = lint_imports(ROOT)
    assert code == 0, output


@pytest.mark.parametrize(
    ("contract", "file", "line"),
    [
        ("Slices form one DAG", "hotline/contacts/service.py", "import hotline.cases.service"),
        ("Slices form one DAG", "hotline/cases/service.py", "def f() -> None:\n    import hotline.intake"),
        ("Slices form one DAG", "hotline/contacts/model.py", "import hotline.staff.model"),
        ("Slices form one DAG", "hotline/surveys/model.py", "import hotline.desk.service"),
        ("Slices form one DAG", "hotline/kernel/ids.py", "import hotline.web.app"),
        ("Slices form one DAG", "hotline/intake/service.py", "import hotline.main"),
        ("Slices form one DAG", "hotline/shelves/model.py", "NEW_PACKAGE_IN_NO_LAYER = 1"),
        ("Inside a slice", "hotline/contacts/service.py", "import hotline.contacts.api"),
        ("Inside a slice", "hotline/contacts/store.py", "import hotline.contacts.service"),
        ("Inside a slice", "hotline/contacts/model.py", "import hotline.contacts.store"),
        ("Inside a slice", "hotline/contacts/events.py", "import hotline.contacts.model"),
        ("Rules are plain Python", "hotline/contacts/model.py", "import sqlalchemy"),
        ("Rules are plain Python", "hotline/contacts/events.py", "import hotline.kernel.db"),
        ("Rules are plain Python", "hotline/cases/deadlines.py", "import aiohttp"),
        ("Rules are plain Python", "hotline/queue/routing.py", "import asyncpg"),
        ("The kernel knows no web", "hotline/ports/clock.py", "import pydantic"),
        ("The kernel knows no web", "hotline/kernel/bus.py", "import aiohttp"),
        ("Plugins know ports", "telephony/asterisk/run.py", "import hotline.config"),
        ("Plugins know ports", "telephony/asterisk/run.py", "import sqlalchemy"),
    ],
)
def test_a_planted_violation_breaks_its_contract(tree: Path, contract: str, file: str, line: str) -> None:
    plant(tree, file, line)
    code, output = lint_imports(tree)
    assert code != 0
    reported = [part for part in output.splitlines() if part.startswith(contract)]
    assert any(part.endswith("BROKEN") for part in reported) or "shelves" in output, output


def test_ports_import_the_standard_library_and_errors_only() -> None:
    assert wrong_in_ports(ROOT) == []


@pytest.mark.parametrize(
    "line", ["import pydantic", "from hotline.kernel import ids", "from ..kernel.db import Tx"]
)
def test_a_port_that_imports_more_is_found(tree: Path, line: str) -> None:
    plant(tree, "hotline/ports/clock.py", line)
    assert len(wrong_in_ports(tree)) == 1


def test_plugins_know_ports_and_errors_only_and_are_known_by_main_only() -> None:
    assert wrong_in_plugins(ROOT) == []
    assert wrong_about_plugins(ROOT) == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_may_import_ports_errors_itself_and_libraries(tree: Path, plugin: str) -> None:
    for line in ("import asyncio", "from hotline.ports.intake import Intake", "import hotline.errors"):
        plant(tree, f"{plugin}/events.py", line)
    plant(tree, f"{plugin}/events.py", f"import {plugin}.other")
    assert wrong_in_plugins(tree) == []


@pytest.mark.parametrize(
    "line",
    [
        "import hotline.cases.service",
        "from hotline import kernel",
        "def late() -> None:\n    from hotline.contacts import service",
        "from telephony import ami",
        "import sqlalchemy as sa",
    ],
)
def test_a_plugin_that_imports_a_slice_another_plugin_or_sql_is_found(tree: Path, line: str) -> None:
    plant(tree, "channels/web.py", line)
    assert len(wrong_in_plugins(tree)) == 1


def test_a_slice_that_imports_a_plugin_is_found(tree: Path) -> None:
    plant(tree, "hotline/main.py", "import channels.web")
    assert wrong_about_plugins(tree) == []
    plant(tree, "hotline/cases/service.py", "import channels.web")
    assert wrong_about_plugins(tree) == ["hotline/cases/service.py: channels.web"]
