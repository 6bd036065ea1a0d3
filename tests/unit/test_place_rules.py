"""The gazetteer's rules."""

from __future__ import annotations

import pytest

from hotline.places.model import NewPlace, place_problems, search_form, search_text


def codes(place: NewPlace) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in place_problems(place)]


def test_a_place_may_do_without_coordinates() -> None:
    assert codes(NewPlace("road", "五一路")) == []


def test_coordinates_without_their_system_are_refused() -> None:
    assert codes(NewPlace("road", "五一路", lng=115.03, lat=35.76)) == [("crs", "crs_missing")]
    assert codes(NewPlace("road", "五一路", lng=115.03, lat=35.76, crs="CGCS2000")) == []


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (NewPlace("river", "x"), ("kind", "field_choice")),
        (NewPlace("road", ""), ("name", "field_missing")),
        (NewPlace("road", "x" * 81), ("name", "field_too_long")),
        (NewPlace("road", "x", lng=115.0, crs="WGS84"), ("lat", "field_missing")),
        (NewPlace("road", "x", lng=float("nan"), lat=35.0, crs="WGS84"), ("lng", "field_range")),
        (NewPlace("road", "x", lng=115.0, lat=91.0, crs="WGS84"), ("lat", "field_range")),
        (NewPlace("road", "x", lng=115.0, lat=35.0, crs="UTM"), ("crs", "field_choice")),
    ],
)
def test_what_is_wrong_with_a_place_is_named(place: NewPlace, code: tuple[str, str]) -> None:
    assert codes(place) == [code]


def test_names_are_compared_in_one_width_and_case_without_blanks() -> None:
    assert search_form(" Ａ 座 Ｂ１ ") == "a座b1"
    assert search_text("五一路", ["May 1st Rd"]) == "|五一路|may1strd"
