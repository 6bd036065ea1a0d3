"""The category tree (DOMAIN §4.1, §4.3)."""

from __future__ import annotations

from collections import Counter

import pytest

from hotline.cases.model import RequestType, Urgency
from hotline.cases.sla import SLA_POLICIES
from hotline.cases.taxonomy import COLUMNS, InvalidTaxonomy, load_taxonomy, read_request_types, read_taxonomy

UNITS = {
    "U-WS",
    "U-GS",
    "U-HT",
    "U-MU",
    "U-DR",
    "U-LT",
    "U-SN",
    "U-SL",
    "U-LS",
    "U-DP",
    "U-WW",
    "U-EN",
    "U-DC",
}
WORDS = {"求助": RequestType.HELP, "投诉": RequestType.COMPLAINT}
GOOD = {
    "code": "WS-01-02",
    "l1": "WS",
    "l1_name": "供水",
    "l2": "WS-01",
    "l2_name": "停水与水压",
    "name": "单户停水",
    "urgency": "N",
    "sla": "HH6",
    "request_types": "投诉/求助",
    "std_map_approx": "—",
    "cues": "就俺家没水;邻居都有水",
    "default_unit": "自来水公司",
    "default_unit_code": "U-WS",
}


def table(*rows: dict[str, str]) -> str:
    return "\n".join("\t".join(cells) for cells in [COLUMNS, *(row.values() for row in rows)]) + "\n"


def problems(*rows: dict[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidTaxonomy) as refused:
        read_taxonomy(table(*rows), WORDS, UNITS)
    return [(problem.field, problem.code) for problem in refused.value.fields]


class TestTheTreeThatShips:
    def test_it_has_fifteen_sectors_sixty_four_groups_and_193_leaves(self) -> None:
        tree = load_taxonomy(UNITS)
        groups = [group for sector in tree.sectors for group in sector.groups]
        assert (len(tree.sectors), len(groups), len(tree.leaves)) == (15, 64, 193)
        assert sum(len(group.leaves) for group in groups) == 193

    def test_urgencies_are_spread_as_the_specification_says(self) -> None:
        spread = Counter(leaf.urgency for leaf in load_taxonomy().leaves.values())
        assert spread == {Urgency.E0: 31, Urgency.E1: 37, Urgency.N: 125}

    def test_every_leaf_has_a_limit_a_unit_and_a_request_type(self) -> None:
        for leaf in load_taxonomy().leaves.values():
            assert leaf.sla in SLA_POLICIES
            assert leaf.unit_code in UNITS
            assert leaf.request_types

    def test_a_leaf_is_read_whole(self) -> None:
        leaf = load_taxonomy().leaf("WS-02-01")
        assert leaf is not None
        assert (leaf.sector_code, leaf.group_code, leaf.name) == ("WS", "WS-02", "主管道爆管")
        assert (leaf.urgency, leaf.sla, leaf.unit_code) == (Urgency.E0, "EM+MJ24", "U-WS")
        assert leaf.request_types == (RequestType.HELP,)
        assert leaf.standard == "突发:自来水管破裂"
        assert leaf.cues == ("路上喷水", "水柱", "水呲多高", "马路淹了")

    def test_an_unknown_code_has_no_leaf(self) -> None:
        assert load_taxonomy().leaf("WS-99-99") is None


class TestReadingATable:
    def test_the_version_follows_the_content(self) -> None:
        first = read_taxonomy(table(GOOD), WORDS, UNITS)
        assert read_taxonomy(table(GOOD), WORDS, UNITS).tax_version == first.tax_version
        changed = read_taxonomy(table(GOOD | {"name": "单户无水"}), WORDS, UNITS)
        assert changed.tax_version != first.tax_version

    def test_a_dash_is_no_mapping(self) -> None:
        assert read_taxonomy(table(GOOD), WORDS).leaves["WS-01-02"].standard == ""

    @pytest.mark.parametrize(
        ("wrong", "problem"),
        [
            ({"code": "WS-1-2"}, ("row 2.code", "field_pattern")),
            ({"code": "WS-02-02"}, ("row 2.code", "row_outside_its_group")),
            ({"urgency": "E2"}, ("row 2.urgency", "field_choice")),
            ({"sla": "HH7"}, ("row 2.sla", "field_choice")),
            ({"request_types": "求助/闲聊"}, ("row 2.request_types", "field_choice")),
            ({"request_types": ""}, ("row 2.request_types", "field_choice")),
            ({"default_unit_code": "U-XX"}, ("row 2.default_unit_code", "field_choice")),
            ({"name": " "}, ("row 2.name", "field_missing")),
        ],
    )
    def test_a_wrong_field_is_named_with_its_row(
        self, wrong: dict[str, str], problem: tuple[str, str]
    ) -> None:
        assert problems(GOOD | wrong) == [problem]

    def test_every_bad_row_is_named_at_once(self) -> None:
        assert problems(GOOD, GOOD, GOOD | {"code": "WS-01-03", "sla": "X", "l2_name": "水压"}) == [
            ("row 3.code", "row_duplicate"),
            ("row 4.sla", "field_choice"),
            ("row 4.l2_name", "row_contradicts_earlier"),
        ]

    @pytest.mark.parametrize("text", ["", "code\tname\n", "\n".join(["\t".join(COLUMNS), "WS-01-02\tWS"])])
    def test_a_table_of_another_shape_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidTaxonomy):
            read_taxonomy(text, WORDS)

    def test_an_empty_table_is_refused(self) -> None:
        assert problems() == [("row 2", "field_missing")]

    def test_the_words_for_request_types_are_data(self) -> None:
        assert read_request_types("word\trequest_type\n求助\thelp\n") == {"求助": RequestType.HELP}
