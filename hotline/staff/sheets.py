"""Tables that people fill in a spreadsheet program: reading and writing CSV.

Reading takes UTF-8 with or without a byte order mark, or GB18030 (what Chinese spreadsheet programs write).
Row numbers are those that the program shows; row 1 holds the column names, in any language and order.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from hotline.errors import FieldProblem, InvalidInput, TooLarge

MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 5000

_FORMULA = re.compile(r"^[=+\-@\t\r]")
"""A cell that begins so is run as a formula when the file is opened."""
_GUARDED = re.compile(r"^'(?=[=+\-@\t\r])")
_LIST = re.compile(r"[;|\uff1b\u3001\uff0c,]")


@dataclass(frozen=True)
class SheetRow:
    """One row: ``cells`` by column name, trimmed, empty where the sheet has no such column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class RowProblem:
    """What is wrong in a cell, or the whole row when ``column`` is empty; ``code`` is in the catalogues."""

    row: int
    column: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """What was read. When there are problems, ``rows`` are those that could be read in spite of them."""

    rows: tuple[SheetRow, ...]
    problems: tuple[RowProblem, ...]


@dataclass(frozen=True)
class Columns:
    """What a sheet holds; ``required`` columns must be there, and their cells filled."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


class SheetWords:
    """The words people write in sheets, from the data file: column names, yes and no."""

    def __init__(self) -> None:
        data = json.loads(files("hotline.staff").joinpath("data/sheet_words.json").read_text("utf-8"))
        self._labels: dict[str, dict[str, str]] = data["columns"]
        self._flags = dict.fromkeys(data["yes"], True) | dict.fromkeys(data["no"], False)

    def label(self, column: str, language: str) -> str:
        """A column's name in a language."""
        return self._labels[column][language]

    def columns(self, known: Iterable[str]) -> dict[str, str]:
        """Every way to write the columns → their names."""
        written = {label.lower(): name for name in known for label in self._labels[name].values()}
        return written | {name: name for name in known}

    def flag(self, text: str, blank: bool) -> bool | None:
        """Yes or no; ``blank`` for an empty cell; None when it is neither."""
        return self._flags.get(text.lower()) if text else blank


def split_list(cell: str) -> list[str]:
    """Several values in one cell, apart by semicolon, comma (also full-width) or vertical bar."""
    return [part.strip() for part in _LIST.split(cell) if part.strip()]


def decode_sheet(raw: bytes) -> str:
    """The text of an uploaded file; ``InvalidInput`` when it is in no encoding we know, or binary."""
    if len(raw) > MAX_BYTES:
        raise TooLarge("body_too_large", most=MAX_BYTES)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise InvalidInput([FieldProblem("", "sheet_encoding")])


def read_sheet(raw: bytes, columns: Columns, words: SheetWords) -> Sheet:
    """Read a sheet; what is wrong with its form stands in ``problems``, row by row."""
    lines = csv.reader(io.StringIO(decode_sheet(raw), newline=""), strict=True)
    number, rows, problems = 1, [], []
    try:
        header = _header(next(lines, []), columns, words)
        problems += _header_problems(header, columns)
        if problems:
            return Sheet((), tuple(problems))
        for number, cells in enumerate(lines, start=2):
            if number > MAX_ROWS + 1:
                return Sheet((), (RowProblem(number, "", "sheet_too_long", {"most": MAX_ROWS}),))
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                counts = {"expected": len(header), "found": len(cells)}
                problems.append(RowProblem(number, "", "sheet_cells", counts))
                continue
            row = _row(number, header, cells, columns)
            problems += [RowProblem(number, c, "field_missing") for c in columns.required if not row.cells[c]]
            rows.append(row)
    except csv.Error:
        problems.append(RowProblem(number + 1, "", "sheet_malformed"))
    if not rows and not problems:
        problems.append(RowProblem(2, "", "sheet_empty"))
    return Sheet(tuple(rows), tuple(problems))


def _header(cells: Sequence[str], columns: Columns, words: SheetWords) -> list[str]:
    written = words.columns(columns.all)
    return [written.get(cell.strip().lower(), f"?{cell.strip()}") for cell in cells]


def _header_problems(header: Sequence[str], columns: Columns) -> list[RowProblem]:
    problems = [RowProblem(1, c, "sheet_column_missing") for c in columns.required if c not in header]
    for place, name in enumerate(header):
        if name.startswith("?"):
            problems.append(RowProblem(1, name[1:], "sheet_column_unknown"))
        elif name in header[:place]:
            problems.append(RowProblem(1, name, "sheet_column_twice"))
    return problems


def _row(number: int, header: Sequence[str], cells: Sequence[str], columns: Columns) -> SheetRow:
    read = {name: _GUARDED.sub("", cell.strip()) for name, cell in zip(header, cells, strict=True)}
    return SheetRow(number, {name: read.get(name, "") for name in columns.all})


def write_sheet(header: Sequence[str], rows: Iterable[Sequence[object]] = ()) -> bytes:
    """CSV that spreadsheet programs open rightly: with a byte order mark; no cell runs as a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for cells in (header, *rows):
        writer.writerow([_guard("" if cell is None else str(cell)) for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def _guard(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
