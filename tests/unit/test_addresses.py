"""Addresses in what citizens say; the cases are a table. Empty cells say: not said, or no address at all."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.ports.gazetteer import GazetteerEntry
from nlp.addresses.finder import GrammarAddressFinder
from nlp.addresses.numerals import Numerals

DATA = Path(__file__).parent / "data" / "address_cases.tsv"
PLACES = Path(__file__).parents[2] / "hotline/demo/data/places.json"
PARTS = (
    "road",
    "cross_road",
    "number",
    "community",
    "building",
    "unit",
    "room",
    "poi",
    "relation",
    "district",
)

with DATA.open(encoding="utf-8", newline="") as lines:
    CASES = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def entries() -> list[GazetteerEntry]:
    places = json.loads(PLACES.read_text("utf-8"))["places"]
    return [
        GazetteerEntry(one["kind"], one["name"], tuple(one["aliases"]), one["district"]) for one in places
    ]


FINDER = GrammarAddressFinder(entries())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_the_table_of_cases(case: dict[str, str]) -> None:
    found = FINDER.find(case["text"])
    if not case["span"]:
        assert found is None, case["about"]
        return
    assert found is not None
    assert found.text == case["span"] == case["text"][found.start : found.end]
    assert {part: getattr(found, part) for part in PARTS} == {part: case[part] for part in PARTS}


def test_a_place_brings_its_district_and_its_own_name() -> None:
    finder = GrammarAddressFinder([GazetteerEntry("community", "金堤花园", ("金堤",), "华龙区")])
    found = finder.find("俺住金堤三号楼")
    assert found is not None
    assert (found.community, found.building, found.district, found.known) == ("金堤花园", "3", "华龙区", True)


def test_the_district_that_is_said_stands() -> None:
    finder = GrammarAddressFinder([GazetteerEntry("road", "黄河路", (), "华龙区")])
    found = finder.find("开州办事处黄河路")
    assert found is not None
    assert found.district == "开州办事处"


def test_unknown_names_are_not_said_to_be_known() -> None:
    known, unknown = FINDER.find("黄河路没水"), FINDER.find("金堤路没水")
    assert known is not None
    assert unknown is not None
    assert (known.known, unknown.known) == (True, False)


def test_the_fullest_of_several_is_found_and_all_are_told() -> None:
    text = "从黄河路过来,到绿城小区3号楼2单元停下"
    found = FINDER.find(text)
    assert found is not None
    assert found.community == "绿城小区"
    assert [one.text for one in FINDER.all(text)] == ["黄河路", "绿城小区3号楼2单元"]


class TestNamesAsTheySound:
    """What recognisers write: suggested beside what was heard, and never put in its place."""

    @pytest.mark.parametrize(
        ("text", "heard", "name"),
        [
            ("绿成路有个坑", "绿成路", "绿城路"),
            ("在石画路口", "石画路", "石化路"),
            ("五一撸没水", "五一撸", "五一路"),
            ("德圣公园对面", "德圣公园", "德胜公园"),
        ],
    )
    def test_it_is_suggested(self, text: str, heard: str, name: str) -> None:
        found = FINDER.find(text)
        assert found is not None
        [suggestion] = found.suggestions
        assert (suggestion.heard, suggestion.name) == (heard, name)
        assert text[suggestion.start : suggestion.end] == heard
        assert heard in (found.road, found.poi)
        assert not found.known

    @pytest.mark.parametrize("text", ["黄河路没水", "挖开的路没填"])
    def test_names_that_are_right_and_words_between_are_left_alone(self, text: str) -> None:
        assert [one.suggestions for one in FINDER.all(text) if one.suggestions] == []


@given(st.text(max_size=200))
def test_any_text_is_answered_and_spans_lie_within_it(text: str) -> None:
    before = 0
    for found in FINDER.all(text):
        assert before <= found.start < found.end <= len(text)
        assert text[found.start : found.end] == found.text
        before = found.end


@given(
    st.lists(st.sampled_from(["黄河路", "与", "建设路", "口", "小区", "三号楼", "12", "号", "的", ",", "东"]))
)
def test_parts_in_any_order_are_answered(parts: list[str]) -> None:
    FINDER.all("".join(parts))


@pytest.mark.parametrize("unit", ["黄河路", "金堤路与", "三号楼", "小区", "绿成路", "一"])
def test_a_hundred_kilobytes_are_read(unit: str) -> None:
    FINDER.find(unit * (100_000 // len(unit.encode())))


class TestNumerals:
    NUMERALS = Numerals({"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "五": 5, "八": 8}, "十百千")

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("128", "128"),
            ("五零一", "501"),
            ("十二", "12"),
            ("二十", "20"),
            ("一百二十八", "128"),
            ("三百零五", "305"),
            ("两千", "2000"),
        ],
    )
    def test_they_are_read_as_values_or_one_by_one(self, text: str, number: str) -> None:
        assert self.NUMERALS.read(text) == number

    @pytest.mark.parametrize("text", ["", "x", "一x", "１"])
    def test_what_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="no number"):
            self.NUMERALS.read(text)
