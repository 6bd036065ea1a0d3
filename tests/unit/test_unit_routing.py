"""Category × area → unit: ordered rules, and always a unit that exists."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from hotline.cases.model import Urgency
from hotline.cases.taxonomy import load_taxonomy
from hotline.dispatch.routing import (
    Route,
    Routing,
    Rule,
    categories_left,
    read_routing,
    rule_categories,
    shipped_routing,
)

RULES = Routing(
    [
        Rule("EN-01-02", "华龙区", "U-A"),
        Rule("EN-01", "华龙区", "U-B"),
        Rule("EN", "", "U-C"),
        Rule("", "德胜公园", "U-D"),
        Rule("", "", "U-Z"),
    ]
)


@pytest.mark.parametrize(
    ("category", "areas", "route"),
    [
        ("EN-01-02", ("华龙区",), Route("U-A", "rule", "EN-01-02", "华龙区")),
        ("EN-01-01", ("人民办事处", "华龙区"), Route("U-B", "rule", "EN-01", "华龙区")),
        ("EN-01-01", (), Route("U-C", "rule", "EN", "")),
        ("LS-05-02", ("德胜公园",), Route("U-D", "rule", "", "德胜公园")),
        ("LS-05-02", ("华龙区",), Route("U-LS", "default")),
        ("ENX-01", (), Route("U-LS", "default")),
    ],
)
def test_the_first_rule_that_fits_wins_else_the_categorys_own_unit(
    category: str, areas: tuple[str, ...], route: Route
) -> None:
    assert RULES.route(category, areas, "U-LS") == route


@pytest.mark.parametrize(
    ("units", "route"),
    [
        ({"U-B", "U-LS"}, Route("U-B", "rule", "EN-01", "华龙区")),
        ({"U-LS", "U-Z"}, Route("U-LS", "default")),
        ({"U-Z", "U-1"}, Route("U-Z", "catch_all")),
        ({"U-2", "U-1"}, Route("U-1", "any")),
    ],
)
def test_a_unit_that_does_not_exist_is_passed_over(units: set[str], route: Route) -> None:
    assert RULES.route("EN-01-02", ("华龙区",), "U-LS", units) == route


def test_without_any_unit_there_is_no_route() -> None:
    with pytest.raises(ValueError, match="no unit"):
        RULES.route("EN-01-02", (), "U-LS", ())


@pytest.mark.parametrize("text", ["", "category\tunit\n", "category\tarea\tunit\nEN\t\t\n"])
def test_a_wrong_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"line \d"):
        read_routing(text)


class TestWhatShips:
    def test_its_units_are_those_of_the_demo_and_its_categories_exist(self) -> None:
        data = json.loads(files("hotline.demo").joinpath("data/units.json").read_text("utf-8"))
        units = {unit["code"] for unit in data["units"]}
        leaves = load_taxonomy().leaves
        for rule in shipped_routing().rules:
            assert rule.unit in units
            assert any(rule.fits(leaf, [rule.area]) for leaf in leaves), rule

    def test_every_leaf_has_a_unit_wherever_it_is(self) -> None:
        for leaf in load_taxonomy().leaves.values():
            assert shipped_routing().route(leaf.code, (), leaf.unit_code).unit == leaf.unit_code

    def test_enforcement_goes_to_the_bureau_of_the_district(self) -> None:
        assert shipped_routing().route("EN-01-02", ["开发区"], "U-EN").unit == "U-E2"
        assert shipped_routing().route("EN-07-01", ["开发区"], "U-EN").unit == "U-EN"

    def test_the_emergency_rules_leave_emergencies_only_and_each_is_left_by_one(self) -> None:
        emergencies = {leaf.code for leaf in load_taxonomy().leaves.values() if leaf.urgency is Urgency.E0}
        assert set(rule_categories()) == {f"U{number}" for number in range(1, 12)}
        assert set().union(*rule_categories().values()) == emergencies

    def test_rules_that_fire_together_leave_what_fits_any_of_them(self) -> None:
        assert categories_left([]) is None
        assert categories_left(["U2", "U8"]) == frozenset({"GS-01-05", "DR-03-04"})
