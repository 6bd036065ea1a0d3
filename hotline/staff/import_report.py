"""What the page gets back from an import, and the routes' common parts."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from hotline.staff.sheets import Columns, RowProblem, SheetWords, write_sheet
from hotline.web.catalogue import Catalogue
from hotline.web.endpoint import Schema


class ImportQuery(Schema):
    """``dry_run``: only report."""

    dry_run: bool = False


class ImportProblem(Schema):
    """One wrong cell, or a whole wrong row when ``column`` is empty; rows are counted from 1, the header."""

    row: int
    column: str
    code: str
    message: str


class ImportReport(Schema):
    """``imported`` is 0 when there is any error: all rows or none."""

    rows: int
    imported: int
    errors: list[ImportProblem]


def import_report(
    rows: int, problems: Iterable[RowProblem], dry_run: bool, catalogue: Catalogue, language: str
) -> ImportReport:
    """Shape the outcome, with messages in the reader's language."""
    errors = [
        ImportProblem(
            row=problem.row,
            column=problem.column,
            code=problem.code,
            message=catalogue.text(language, problem.code, problem.params),
        )
        for problem in problems
    ]
    return ImportReport(rows=rows, imported=0 if errors or dry_run else rows, errors=errors)


def template_response(what: str, columns: Columns, words: SheetWords, language: str) -> web.Response:
    """An empty sheet to fill in, with the column names in the reader's language."""
    return web.Response(
        body=write_sheet([words.label(column, language) for column in columns.all]),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{what}.csv"'},
    )
