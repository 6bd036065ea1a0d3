"""Message catalogues: every text the server shows, by code, in each language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

LANGUAGES = ("zh-CN", "en")
DEFAULT_LANGUAGE = "zh-CN"


class Catalogue:
    """Texts from the slices' ``messages/<language>.json``, by code; ``{name}`` is a placeholder."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        self._texts = texts

    @classmethod
    def load(cls, folders: Iterable[Path]) -> Catalogue:
        """Read every folder; a code given twice with different texts is a ``ValueError``."""
        texts: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
        for folder in folders:
            for language in LANGUAGES:
                for code, text in json.loads((folder / f"{language}.json").read_text("utf-8")).items():
                    if texts[language].setdefault(code, text) != text:
                        raise ValueError(f"{folder}: message {code} is given twice")
        return cls(texts)

    def codes(self, language: str) -> frozenset[str]:
        """Every code there is in ``language``."""
        return frozenset(self._texts[language])

    def text(self, language: str, code: str, params: Mapping[str, Any] | None = None) -> str:
        """The text for ``code``; an unknown code shows itself, so that nothing is ever silent."""
        template = self._texts.get(language, {}).get(code)
        if template is None:
            return code
        return template.format_map(_Shown(params or {}))


class _Shown(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def choose_language(accept_language: str | None) -> str:
    """The first language of the header that there is a catalogue for; Chinese when there is none."""
    for part in (accept_language or "").split(","):
        tag = part.split(";")[0].strip().lower()
        for language in LANGUAGES:
            if tag and language.lower().split("-")[0] == tag.split("-")[0]:
                return language
    return DEFAULT_LANGUAGE
