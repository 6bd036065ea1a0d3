"""Cutting Chinese text into words, behind a small interface."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Protocol

with warnings.catch_warnings():
    # Version 0.42.1 is not written for the newest Pythons, which say so at its import.
    warnings.simplefilter("ignore")
    import jieba


class Segmenter(Protocol):
    """Cuts text into words."""

    def words(self, text: str) -> list[str]:
        """The words of ``text`` in order; put together they are ``text``."""
        ...


class _Dictionary(jieba.Tokenizer):  # type: ignore[misc]
    """jieba's own keeps its dictionary in the machine's temporary folder, where others can write."""

    initialized: bool

    def initialize(self, dictionary: str | None = None) -> None:
        """Read the dictionary that ships with jieba; once."""
        with self.lock:
            if not self.initialized:
                self.FREQ, self.total = self.gen_pfdict(self.get_dict_file())
                self.initialized = True


class JiebaSegmenter:
    """jieba with words of our own: the trade's and the city's. The dictionary is read at the first text."""

    def __init__(self, own_words: Iterable[str] = ()) -> None:
        self._own = tuple(dict.fromkeys(word for word in own_words if len(word) > 1))
        self._dictionary = _Dictionary()
        self._ready = False

    def words(self, text: str) -> list[str]:
        """See ``Segmenter``."""
        if not self._ready:
            self._dictionary.initialize()
            for word in self._own:
                self._dictionary.add_word(word)
            self._ready = True
        found: list[str] = self._dictionary.lcut(text)
        return found
