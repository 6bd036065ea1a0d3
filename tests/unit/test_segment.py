"""Cutting text into words."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from nlp.text.segment import JiebaSegmenter

TEXTS = ["路灯不亮已经三天了", "", "  x y ", "😀，abc路123号"]


@pytest.mark.parametrize("text", TEXTS)
def test_the_words_put_together_are_the_text(text: str) -> None:
    assert "".join(JiebaSegmenter().words(text)) == text


def test_own_words_are_kept_whole() -> None:
    assert "濮清南干渠" in JiebaSegmenter(["濮清南干渠"]).words("濮清南干渠水上漂垃圾")


def test_nothing_is_left_in_the_folder_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    JiebaSegmenter().words("路灯不亮")
    assert list(tmp_path.iterdir()) == []
