"""Many words sought in a text at once; the time does not depend on how many they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

Value = TypeVar("Value")


class _Node(Generic[Value]):
    __slots__ = ("following", "value")

    def __init__(self) -> None:
        self.following: dict[str, _Node[Value]] = {}
        self.value: Value | None = None


class Trie(Generic[Value]):
    """Words and what they stand for; a word stands for one thing, and that is not None."""

    def __init__(self) -> None:
        self._root: _Node[Value] = _Node()

    def get(self, word: str) -> Value | None:
        """What ``word`` stands for; None when it is not one of ours."""
        node = self._root
        for character in word:
            found = node.following.get(character)
            if found is None:
                return None
            node = found
        return node.value

    def add(self, word: str, value: Value) -> None:
        """Keep ``word``, instead of what it stood for before. ValueError when it is empty."""
        if not word:
            raise ValueError("a word has a character at least")
        node = self._root
        for character in word:
            node = node.following.setdefault(character, _Node())
        node.value = value

    def at(self, text: str, start: int) -> Iterator[tuple[int, Value]]:
        """The ends of the words that begin at ``start`` and what they stand for, the shortest first."""
        node = self._root
        for end in range(start, len(text)):
            following = node.following.get(text[end])
            if following is None:
                return
            node = following
            if node.value is not None:
                yield end + 1, node.value

    def longest_at(self, text: str, start: int) -> tuple[int, Value] | None:
        """The last of ``at``, or None."""
        found = None
        for found in self.at(text, start):  # noqa: B007
            pass
        return found
