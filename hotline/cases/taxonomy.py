"""The category tree: three levels, its leaves carrying unit, urgency and SLA (DOMAIN §4.1, §4.3).

The tree is data with a version; a case keeps the version and code it was filed under. A table with anything
wrong in it is refused whole, and the error names every bad row.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from hotline.cases.model import RequestType, Urgency
from hotline.cases.sla import SLA_POLICIES
from hotline.errors import FieldProblem, InvalidInput

COLUMNS = (
    *("code", "l1", "l1_name", "l2", "l2_name", "name", "urgency", "sla"),
    *("request_types", "std_map_approx", "cues", "default_unit", "default_unit_code"),
)
_LEAF_CODE = re.compile(r"(?P<l2>(?P<l1>[A-Z]{2})-\d{2})-\d{2}", re.ASCII)
_NO_MAPPING = "\N{EM DASH}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A category a case can be filed under. ``standard`` is the approximate GB/T 30428.2 name, or empty."""

    code: str
    group_code: str
    sector_code: str
    name: str
    urgency: Urgency
    sla: str
    request_types: tuple[RequestType, ...]
    standard: str
    cues: tuple[str, ...]
    unit_name: str
    unit_code: str


@dataclass(frozen=True, slots=True)
class Group:
    """Second level, e.g. ``WS-02``."""

    code: str
    name: str
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Sector:
    """First level, e.g. ``WS``."""

    code: str
    name: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Taxonomy:
    """One version of the tree, in the table's order."""

    tax_version: str
    sectors: tuple[Sector, ...]
    leaves: Mapping[str, Leaf]

    def leaf(self, code: str) -> Leaf | None:
        """The leaf of this code, if this version has it."""
        return self.leaves.get(code)

    @property
    def codes(self) -> frozenset[str]:
        """The codes of every level."""
        groups = {leaf.group_code for leaf in self.leaves.values()}
        sectors = {leaf.sector_code for leaf in self.leaves.values()}
        return frozenset(groups | sectors | self.leaves.keys())


class InvalidTaxonomy(InvalidInput):
    """The table cannot be used; each problem's field is ``row <line>.<column>``."""

    default_code = "invalid_taxonomy"


def load_taxonomy(unit_codes: Iterable[str] | None = None) -> Taxonomy:
    """The tree that ships with the product; ``unit_codes`` are the units there are, None for no check."""
    data = files("hotline.cases").joinpath("data")
    words = read_request_types(data.joinpath("request_types.tsv").read_text("utf-8"))
    return read_taxonomy(data.joinpath("taxonomy.tsv").read_text("utf-8"), words, unit_codes)


def read_request_types(text: str) -> dict[str, RequestType]:
    """The table ``word<TAB>request_type``: what the category table calls each request type."""
    return {row["word"]: RequestType(row["request_type"]) for _, row in _rows(text, ("word", "request_type"))}


def read_taxonomy(
    text: str, words: Mapping[str, RequestType], unit_codes: Iterable[str] | None = None
) -> Taxonomy:
    """Read and check a category table (tab-separated, first line the column names of ``COLUMNS``).

    Its version is the digest of its content, so that two tables never share one.
    """
    units = None if unit_codes is None else frozenset(unit_codes)
    problems: list[FieldProblem] = []
    names: dict[str, str] = {}
    leaves: dict[str, Leaf] = {}
    for line, row in _rows(text, COLUMNS):
        wrong = [*_wrong_fields(row, words, units), *_wrong_names(row, names)]
        if row["code"] in leaves:
            wrong.append(("code", "row_duplicate"))
        if wrong:
            problems += [
                FieldProblem(f"row {line}.{column}", code, {"value": row[column]}) for column, code in wrong
            ]
        else:
            leaves[row["code"]] = _leaf(row, words)
    if problems or not leaves:
        raise InvalidTaxonomy(problems or [FieldProblem("row 2", "field_missing")])
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Taxonomy(digest, _tree(leaves.values(), names), leaves)


def _rows(text: str, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = next(lines, [])
    if tuple(header) != columns:
        raise InvalidTaxonomy([FieldProblem("row 1", "row_wrong_columns", {"expected": ", ".join(columns)})])
    for line, cells in enumerate(lines, start=2):
        if len(cells) != len(columns):
            raise InvalidTaxonomy(
                [FieldProblem(f"row {line}", "row_wrong_column_count", {"count": len(cells)})]
            )
        yield line, {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}


def _wrong_fields(
    row: Mapping[str, str], words: Mapping[str, RequestType], units: frozenset[str] | None
) -> Iterator[tuple[str, str]]:
    code = _LEAF_CODE.fullmatch(row["code"])
    if code is None:
        yield "code", "field_pattern"
    elif (code["l1"], code["l2"]) != (row["l1"], row["l2"]):
        yield "code", "row_outside_its_group"
    if row["urgency"] not in set(Urgency):
        yield "urgency", "field_choice"
    if row["sla"] not in SLA_POLICIES:
        yield "sla", "field_choice"
    if any(word not in words for word in row["request_types"].split("/")):
        yield "request_types", "field_choice"
    if units is not None and row["default_unit_code"] not in units:
        yield "default_unit_code", "field_choice"
    for column in ("l1_name", "l2_name", "name", "default_unit_code"):
        if not row[column]:
            yield column, "field_missing"


def _wrong_names(row: Mapping[str, str], names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for column in ("l1", "l2"):
        name = row[f"{column}_name"]
        if names.setdefault(f"{column}:{row[column]}", name) != name:
            yield f"{column}_name", "row_contradicts_earlier"


def _leaf(row: Mapping[str, str], words: Mapping[str, RequestType]) -> Leaf:
    return Leaf(
        code=row["code"],
        group_code=row["l2"],
        sector_code=row["l1"],
        name=row["name"],
        urgency=Urgency(row["urgency"]),
        sla=row["sla"],
        request_types=tuple(words[word] for word in row["request_types"].split("/")),
        standard=row["std_map_approx"].removeprefix(_NO_MAPPING),
        cues=tuple(cue for cue in row["cues"].split(";") if cue),
        unit_name=row["default_unit"],
        unit_code=row["default_unit_code"],
    )


def _tree(leaves: Iterable[Leaf], names: Mapping[str, str]) -> tuple[Sector, ...]:
    sectors: dict[str, dict[str, list[Leaf]]] = {}
    for leaf in leaves:
        sectors.setdefault(leaf.sector_code, {}).setdefault(leaf.group_code, []).append(leaf)
    return tuple(
        Sector(
            sector,
            names[f"l1:{sector}"],
            tuple(Group(code, names[f"l2:{code}"], tuple(members)) for code, members in groups.items()),
        )
        for sector, groups in sectors.items()
    )
