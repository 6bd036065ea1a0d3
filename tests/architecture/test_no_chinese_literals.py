"""What people read is in catalogues and data files, never in source: not even in a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.build_ui import ROOT

# Ideographs, their punctuation and full-width forms; written so that this file passes its own test.
CHINESE = re.compile("[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
# Words only: a full-width separator that a file may use is no text.
ESCAPED = re.compile(r"\\u\{?(?:3[4-9a-f]|[4-9][0-9a-f]|f[9a])[0-9a-f]{2}", re.I)

SOURCES = ("*.py", "*.ts", "*.tsx", "*.js", "*.vue", "*.css", "*.html")
FOLDERS = ("hotline", "telephony", "channels", "nlp", "ivr", "scripts", "bench", "agents_ui")
NOT_OURS = {"node_modules", "static", "build", "dist", "__pycache__"}


def sources(root: Path) -> Iterator[Path]:
    """Every source file but tests."""
    yield from root.glob("*.py")
    for folder in FOLDERS:
        for pattern in SOURCES:
            for file in (root / folder).rglob(pattern):
                parts = file.relative_to(root).parts
                if NOT_OURS.isdisjoint(parts) and "tests" not in parts and ".test." not in file.name:
                    yield file


def chinese_in(root: Path) -> list[str]:
    """file:line of each line with Chinese, literally or as an escape."""
    return [
        f"{file.relative_to(root)}:{number}: {line.strip()}"
        for file in sources(root)
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if CHINESE.search(line) or ESCAPED.search(line)
    ]


def test_there_is_no_chinese_in_source() -> None:
    assert sum(1 for _ in sources(ROOT)) > 100
    assert chinese_in(ROOT) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("hotline/cases/service.py", 'TITLE = "\u6848\u4ef6"'),
        ("hotline/cases/service.py", "x = 1  # \u6ce8\u91ca"),
        ("hotline/cases/service.py", '"""\u8bf4\u660e"""'),
        ("hotline/cases/service.py", 'TITLE = "\\u6848\\u4ef6"'),
        ("hotline/cases/service.py", 'STOP = "\uff1b"'),
        ("agents_ui/src/desk.ts", 'const title = "\u6848\u4ef6"'),
        ("agents_ui/src/desk.ts", 'const title = "\\u{6848}\\u4EF6"'),
        ("agents_ui/src/Desk.vue", "<template><p>\u6848\u4ef6</p></template>"),
        ("hatch_build.py", "# \u6784\u5efa"),
    ],
)
def test_it_is_found_in_strings_comments_templates_and_escapes(tmp_path: Path, file: str, line: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(line + "\n", "utf-8")
    assert len(chinese_in(tmp_path)) == 1


def test_catalogues_data_and_tests_may_have_it(tmp_path: Path) -> None:
    for file in ("hotline/cases/messages/zh-CN.json", "hotline/cases/data/tree.json", "tests/unit/test_a.py",
                 "agents_ui/src/i18n/zh-CN/staff.json", "agents_ui/src/desk.test.ts"):  # fmt: skip
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("\u6848\u4ef6\n", "utf-8")
    assert chinese_in(tmp_path) == []
