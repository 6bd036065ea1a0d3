"""The message catalogues: complete in both languages, and neither short of a code nor with one too many."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import hotline.errors
from hotline.catalogues import server_catalogue
from hotline.errors import DomainError
from hotline.web.catalogue import LANGUAGES, Catalogue, choose_language

HOTLINE = Path(hotline.errors.__file__).parent
FOLDERS = sorted(HOTLINE.glob("*/messages"))
ERRORS = {
    name: kind
    for name, kind in vars(hotline.errors).items()
    if isinstance(kind, type) and issubclass(kind, DomainError)
}


@dataclass(frozen=True)
class Use:
    """A code in the source, with the names of its parameters; None where they are put together elsewhere."""

    code: str
    params: frozenset[str] | None
    where: str


def messages(folder: Path, language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((folder / f"{language}.json").read_text("utf-8"))
    return texts


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def trees() -> Iterator[tuple[str, ast.AST]]:
    for folder in (HOTLINE, *(HOTLINE.parent / plugin for plugin in ("nlp", "telephony"))):
        for file in sorted(folder.rglob("*.py")):
            yield str(file.relative_to(HOTLINE.parent)), ast.parse(file.read_text("utf-8"))


def uses() -> Iterator[Use]:
    """Every code that is written out where an error or a field problem is made."""
    for file, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            arguments = dict(enumerate(node.args)) | {k.arg: k.value for k in node.keywords}
            if name == "FieldProblem":
                code, params = arguments.get(1, arguments.get("code")), _keys(arguments.get(2))
            elif name in ERRORS:
                code = arguments.get(1 if name == "InvalidInput" else 0)
                params = None if None in arguments else frozenset(k for k in arguments if isinstance(k, str))
                if code is None:
                    code = ast.Constant(ERRORS[name].default_code)
            elif name == "ValueError" and file.endswith(("api.py", "forms.py")):
                code, params = arguments.get(0), None
            else:
                continue
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield Use(code.value, params, f"{file}:{node.lineno}")


def _keys(node: ast.expr | None) -> frozenset[str] | None:
    if node is None:
        return frozenset()
    if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
        return frozenset(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
    return None


def written() -> tuple[set[str], list[re.Pattern[str]]]:
    """All string constants of the source, and what its f-strings may become."""
    constants: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(p.value) if isinstance(p, ast.Constant) and isinstance(p.value, str) else ".+"
                    for p in node.values
                ]
                if re.fullmatch(r"[a-z_.]{4,}", parts[0].replace("\\", "")):
                    patterns.append(re.compile("".join(parts)))
    return constants, patterns


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_both_languages_have_the_same_codes_with_the_same_placeholders(folder: Path) -> None:
    english, chinese = (messages(folder, language) for language in ("en", "zh-CN"))
    assert english.keys() == chinese.keys()
    differing = [c for c in english if placeholders(english[c]) != placeholders(chinese[c])]
    assert differing == []
    assert [c for texts in (english, chinese) for c, text in texts.items() if not text.strip()] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_the_chinese_is_chinese_and_the_english_is_not(folder: Path) -> None:
    assert [c for c, text in messages(folder, "en").items() if re.search("[\u3400-\u9fff]", text)] == []
    assert [
        c for c, text in messages(folder, "zh-CN").items() if not re.search("[\u3400-\u9fff]", text)
    ] == []


def test_every_code_that_is_raised_has_a_text() -> None:
    known = server_catalogue().codes("en")
    found = list(uses())
    assert len(found) > 50
    assert [f"{use.where}: {use.code}" for use in found if use.code not in known] == []


def test_every_placeholder_is_filled_where_the_code_is_raised() -> None:
    catalogue = server_catalogue()
    assert [
        f"{use.where}: {use.code} lacks {sorted(missing)}"
        for use in uses()
        if use.params is not None and (missing := placeholders(catalogue.text("en", use.code)) - use.params)
    ] == []


def test_no_text_is_left_over() -> None:
    constants, patterns = written()
    codes = server_catalogue().codes("en")
    assert sorted(c for c in codes - constants if not any(p.fullmatch(c) for p in patterns)) == []


def test_an_unknown_code_shows_itself_and_a_missing_parameter_its_name() -> None:
    catalogue = Catalogue({language: {"known": "so many: {count}"} for language in LANGUAGES})
    assert catalogue.text("en", "unknown") == "unknown"
    assert catalogue.text("en", "known") == "so many: {count}"
    assert catalogue.text("en", "known", {"count": 3}) == "so many: 3"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh-CN"),
        ("", "zh-CN"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-TW", "zh-CN"),
        ("fr, en;q=0.5", "en"),
        ("fr", "zh-CN"),
    ],
)
def test_the_language_is_the_first_wanted_one_that_there_is(header: str | None, language: str) -> None:
    assert choose_language(header) == language
