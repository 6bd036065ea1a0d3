"""The pages are built when a source changed, and taken as they are when told so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import build_ui


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    source = tmp_path / "agents_ui" / "src"
    source.mkdir(parents=True)
    (source / "main.ts").write_text("start()")
    return tmp_path


def put_built_pages(tree: Path) -> None:
    folder = build_ui.output_folder(tree)
    folder.mkdir(parents=True)
    for page in build_ui.PAGES:
        (folder / page).write_text("<!doctype html>")
    (folder / "sources.sha256").write_text(build_ui.digest(tree))


def test_pages_built_from_the_sources_as_they_are_are_current(tree: Path) -> None:
    put_built_pages(tree)
    assert build_ui.is_current(tree)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda ui: (ui / "src/main.ts").write_text("stop()"), id="edited"),
        pytest.param(lambda ui: (ui / "src/more.ts").write_text(""), id="added"),
        pytest.param(lambda ui: (ui / "src/main.ts").rename(ui / "src/other.ts"), id="renamed"),
        pytest.param(lambda ui: (ui / "src/main.ts").unlink(), id="removed"),
    ],
)
def test_a_changed_source_makes_the_pages_stale(tree: Path, change: Callable[[Path], object]) -> None:
    put_built_pages(tree)
    change(tree / "agents_ui")
    assert not build_ui.is_current(tree)


@pytest.mark.parametrize("path", ["node_modules/vue/index.js", "src/main.test.ts"])
def test_installed_packages_and_tests_make_nothing_stale(tree: Path, path: str) -> None:
    put_built_pages(tree)
    file = tree / "agents_ui" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    assert build_ui.is_current(tree)


def test_a_missing_page_makes_the_pages_stale(tree: Path) -> None:
    put_built_pages(tree)
    (build_ui.output_folder(tree) / "citizen.html").unlink()
    assert not build_ui.is_current(tree)


def test_prebuilt_takes_pages_of_any_age(tree: Path) -> None:
    put_built_pages(tree)
    (tree / "agents_ui/src/main.ts").write_text("newer()")
    build_ui.prepare(tree, prebuilt=True)


def test_prebuilt_refuses_when_there_are_no_pages(tree: Path) -> None:
    with pytest.raises(build_ui.UiBuildError, match="HOTLINE_UI=prebuilt, but there are no built pages"):
        build_ui.prepare(tree, prebuilt=True)


def test_npm_gets_a_cache_in_the_tree_when_there_is_no_home(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "")
    monkeypatch.delenv("USERPROFILE", raising=False)
    assert build_ui.npm_environment(tree)["npm_config_cache"] == str(tree / "build" / "npm-cache")
