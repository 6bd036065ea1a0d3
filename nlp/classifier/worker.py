"""The process in which the classifier trains and answers: ``python -m nlp.classifier.worker``.

It speaks in lines of JSON. First it is told ``Order``; it says what it does (``training`` or ``loading``,
then ``ready`` with the model's version), and answers every line of questions with a line of proposals. It
ends with its standard input.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from hotline.ports.classifier import Category, Question
from nlp.classifier.corpus import read_folder, training_folder
from nlp.classifier.model import Reader
from nlp.classifier.training import SEED, load_or_train, model_path, version_of

GENTLER = 5
"""Calls go first (nice)."""


@dataclass(frozen=True)
class Order:
    """What to learn: ``words`` translates the corpus' request types; models are kept in ``folder``.

    ``corpus`` is a folder of tables, "" for the one that ships; ``own_corpus`` one more, which may not exist.
    """

    categories: tuple[Category, ...]
    words: Mapping[str, str]
    folder: str = ""
    corpus: str = ""
    own_corpus: str = ""
    seed: int = SEED

    def line(self) -> bytes:
        """As it is told."""
        return json.dumps(asdict(self), ensure_ascii=True).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Order:
        """What ``line`` wrote."""
        told = json.loads(line)
        told["categories"] = tuple(category_of(one) for one in told["categories"])
        return cls(**told)


def category_of(told: Mapping[str, Any]) -> Category:
    """A category as JSON has it."""
    return Category(
        code=told["code"],
        names=tuple(told["names"]),
        urgency=told["urgency"],
        request_types=tuple(told["request_types"]),
        cues=tuple(told["cues"]),
    )


def prepare(order: Order, say: Say) -> Reader:
    """The model that was ordered, loaded or made. Raises ``InvalidCorpus``, ValueError or OSError."""
    corpus = Path(order.corpus) if order.corpus else training_folder()
    examples = read_folder(corpus, order.words, order.categories)
    if order.own_corpus:
        examples += read_folder(Path(order.own_corpus), order.words, order.categories)
    folder = Path(order.folder) if order.folder else None
    version = version_of(examples, order.categories, order.seed)
    is_kept = folder is not None and model_path(folder, version).exists()
    say({"state": "loading" if is_kept else "training"})
    model = load_or_train(folder, examples, order.categories, order.seed)
    reader = model.reader()
    reader.propose(Question("-"))  # reads the dictionary now, not at the first citizen
    return reader


class Say:
    """One object a line."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def __call__(self, what: Mapping[str, Any]) -> None:
        self._out.write(json.dumps(what, ensure_ascii=True).encode() + b"\n")
        self._out.flush()


def serve(lines: IO[bytes], say: Say) -> int:
    """Obey one order and answer until the lines end; the exit code."""
    first = lines.readline()
    if not first:
        return 0
    try:
        reader = prepare(Order.read(first), say)
    except Exception as error:
        say({"state": "failed", "reason": f"{type(error).__name__}: {error}"})
        return 1
    say({"state": "ready", "model": reader.model.version})
    for line in lines:
        asked = json.loads(line)
        questions = [Question(text, title, among) for text, title, among in asked["questions"]]
        say({"id": asked["id"], "proposals": [asdict(reader.propose(one)) for one in questions]})
    return 0


def main() -> int:
    """Standard output is for answers alone: what a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.nice(GENTLER)
    return serve(sys.stdin.buffer, Say(answers))


if __name__ == "__main__":
    sys.exit(main())
