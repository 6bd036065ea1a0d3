"""The command line as scripts see it: exit codes, and the operator's language."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hotline.cli.output import operator_language


def hotline(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hotline", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_audit_verify_fails_when_a_row_was_changed(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path)]
    assert hotline("seed-demo", *data).returncode == 0
    assert hotline("audit", "verify", *data).returncode == 0
    with sqlite3.connect(tmp_path / "hotline.db") as database:
        database.execute("UPDATE audit_entry SET actor = 'staff:somebody' WHERE seq = 3")
    found = hotline("audit", "verify", *data)
    assert found.returncode == 1
    assert "audit: row 3 is broken" in found.stdout


def test_a_line_that_is_not_understood_and_a_refusal_have_their_own_codes(tmp_path: Path) -> None:
    assert hotline("nonsense").returncode == 2
    assert hotline("--help").returncode == 0
    assert hotline("run", "--data", str(tmp_path / "new"), "--host", "0.0.0.0").returncode == 1  # noqa: S104
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh-CN"),
    ],
)
def test_errors_are_in_the_language_of_the_locale(environment: dict[str, str], language: str) -> None:
    assert operator_language(environment) == language
