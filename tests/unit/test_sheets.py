"""Sheets that people fill in a spreadsheet program."""

from __future__ import annotations

import csv
import io

import pytest

from hotline.errors import InvalidInput, TooLarge
from hotline.staff.sheets import (
    MAX_BYTES,
    MAX_ROWS,
    Columns,
    SheetWords,
    decode_sheet,
    read_sheet,
    split_list,
    write_sheet,
)

COLUMNS = Columns(("code", "name"), ("area",))
WORDS = SheetWords()


def problems(text: str) -> list[tuple[int, str, str]]:
    found = read_sheet(text.encode(), COLUMNS, WORDS).problems
    return [(problem.row, problem.column, problem.code) for problem in found]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_a_sheet_is_read_in_the_encodings_that_spreadsheet_programs_write(encoding: str) -> None:
    sheet = read_sheet("代码,名称\r\nU-WS,自来水公司\r\n".encode(encoding), COLUMNS, WORDS)
    assert sheet.problems == ()
    assert [row.cells for row in sheet.rows] == [{"code": "U-WS", "name": "自来水公司", "area": ""}]


@pytest.mark.parametrize(
    "raw", [b"\xff\xfec\x00o\x00", b"code,name\nU-WS,a\x00b\n", b"\x89PNG\r\n\x1a\n\xff\xff"]
)
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_sheet(raw)
    assert [problem.code for problem in refused.value.fields] == ["sheet_encoding"]


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(TooLarge):
        decode_sheet(b"x" * (MAX_BYTES + 1))


def test_columns_may_stand_in_any_order_and_language_and_blank_rows_are_passed_over() -> None:
    sheet = read_sheet("名称,CODE\n\n,\nWater,U-WS\n".encode(), COLUMNS, WORDS)
    assert [(row.number, row.cells["code"]) for row in sheet.rows] == [(4, "U-WS")]


def test_every_broken_row_is_reported_with_the_number_that_the_program_shows() -> None:
    text = 'code,name\nU-WS,"Water\ncompany"\nU-GS\nU-HT,\n,Roads\n'
    assert problems(text) == [
        (3, "", "sheet_cells"),
        (4, "name", "field_missing"),
        (5, "code", "field_missing"),
    ]


def test_the_first_row_must_name_the_columns() -> None:
    assert problems("code,colour\nU-WS,blue\n") == [
        (1, "name", "sheet_column_missing"),
        (1, "colour", "sheet_column_unknown"),
    ]
    assert problems("code,name,name\nU-WS,a,b\n") == [(1, "name", "sheet_column_twice")]


def test_quotation_marks_that_do_not_match_are_reported_where_they_begin() -> None:
    assert problems('code,name\nU-WS,Water\nU-GS,"Gas\n') == [(3, "", "sheet_malformed")]


@pytest.mark.parametrize("text", ["code,name\n", "code,name\n,\n"])
def test_a_sheet_without_rows_is_reported(text: str) -> None:
    assert problems(text) == [(2, "", "sheet_empty")]


def test_a_sheet_has_at_most_so_many_rows() -> None:
    row = "U-WS,Water\n"
    assert problems("code,name\n" + row * MAX_ROWS) == []
    assert problems("code,name\n" + row * (MAX_ROWS + 1)) == [(MAX_ROWS + 2, "", "sheet_too_long")]


@pytest.mark.parametrize("cell", ["=1+1", "+86 393", "-1", "@cmd", "\t=1", '=HYPERLINK("http://x")'])
def test_no_cell_that_is_written_runs_as_a_formula(cell: str) -> None:
    ((first,),) = list(csv.reader(io.StringIO(write_sheet([cell]).decode("utf-8-sig"), newline="")))
    assert first == f"'{cell}"


def test_what_was_written_is_read_back_as_it_was() -> None:
    raw = write_sheet(["code", "name", "area"], [["U-WS", "=Water", None], ["U-GS", '"Gas", a\nb', "+1"]])
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = [tuple(row.cells.values()) for row in read_sheet(raw, COLUMNS, WORDS).rows]
    assert rows == [("U-WS", "=Water", ""), ("U-GS", '"Gas", a\nb', "+1")]


def test_several_values_stand_in_one_cell() -> None:
    assert split_list("agent; dispatcher；班长、 ,") == ["agent", "dispatcher", "班长"]


@pytest.mark.parametrize(("text", "flag"), [("", True), ("是", True), ("NO", False), ("perhaps", None)])
def test_yes_and_no_are_understood_in_both_languages(text: str, flag: bool | None) -> None:
    assert WORDS.flag(text, blank=True) is flag
