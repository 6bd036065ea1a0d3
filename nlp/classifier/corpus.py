"""The corpus: original utterances with what they are, in tables with provenance (nlp/data/corpus)."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from hotline.errors import FieldProblem, InvalidInput
from hotline.ports.classifier import Category

REQUIRED = ("leaf", "request_type", "urgency", "text")
COLUMNS = (*REQUIRED, "source")


@dataclass(frozen=True, slots=True)
class Example:
    """An utterance: ``category`` is a leaf, ``request_type`` the core's code, ``source`` who wrote it."""

    category: str
    request_type: str
    urgency: str
    text: str
    source: str = ""
    title: str = ""


class InvalidCorpus(InvalidInput):
    """The table cannot be used; each problem's field is ``<file> row <line>.<column>``."""

    default_code = "invalid_corpus"


def read_examples(
    text: str, words: Mapping[str, str], categories: Iterable[Category] = (), name: str = "corpus"
) -> list[Example]:
    """Read a table with ``REQUIRED`` columns, tab-separated; ``title`` and ``source`` may be there as well.

    ``words`` translates the table's request types into codes (a code itself will do). With ``categories``
    every row must name one of them. Raises ``InvalidCorpus`` that names every wrong cell.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = next(rows, [])
    if not set(REQUIRED) <= set(header):
        expected = ", ".join(REQUIRED)
        raise InvalidCorpus([FieldProblem(f"{name} row 1", "row_wrong_columns", {"expected": expected})])
    known = {category.code for category in categories}
    codes = {**words, **{code: code for code in words.values()}}
    examples: list[Example] = []
    problems: list[FieldProblem] = []
    for line, cells in enumerate(rows, start=2):
        if len(cells) != len(header):
            problems.append(
                FieldProblem(f"{name} row {line}", "row_wrong_column_count", {"count": len(cells)})
            )
            continue
        row = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
        wrong = list(_wrong(row, codes, known))
        problems += [FieldProblem(f"{name} row {line}.{column}", code) for column, code in wrong]
        if not wrong:
            examples.append(_example(row, codes))
    if problems:
        raise InvalidCorpus(problems)
    return examples


def read_folder(
    folder: Traversable | Path, words: Mapping[str, str], categories: Iterable[Category] = ()
) -> list[Example]:
    """Every ``*.tsv`` of a folder, in the order of their names; none when there is no such folder."""
    if not folder.is_dir():
        return []
    found: list[Example] = []
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".tsv"):
            found += read_examples(file.read_text("utf-8"), words, categories, file.name)
    return found


def training_folder() -> Traversable:
    """Where the texts to learn from stand in this package."""
    return files("nlp").joinpath("data/corpus/train")


def held_out_folder() -> Traversable:
    """Where the texts to be judged by stand: by another hand, never learnt from."""
    return files("nlp").joinpath("data/corpus/heldout")


def digest(examples: Iterable[Example]) -> str:
    """Sixteen hex digits that stand for the content."""
    whole = hashlib.sha256()
    for one in examples:
        for part in (one.category, one.request_type, one.title, one.text):
            whole.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return whole.hexdigest()[:16]


def _wrong(
    row: Mapping[str, str], codes: Mapping[str, str], known: frozenset[str] | set[str]
) -> Iterator[tuple[str, str]]:
    if not row["text"]:
        yield "text", "field_missing"
    if row["request_type"] not in codes:
        yield "request_type", "field_choice"
    if known and row["leaf"] not in known:
        yield "leaf", "field_choice"
    if row["urgency"] not in ("E0", "E1", "N"):
        yield "urgency", "field_choice"


def _example(row: Mapping[str, str], codes: Mapping[str, str]) -> Example:
    return Example(
        category=row["leaf"],
        request_type=codes[row["request_type"]],
        urgency=row["urgency"],
        text=row["text"],
        source=row.get("source", ""),
        title=row.get("title", ""),
    )
