"""Where a number is from."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.calls.areas import Area, AreaKind, Areas
from hotline.errors import ConfigurationError

AREAS = Areas()


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("03938812345", "Puyang, Henan"),
        ("+86 393 8812345", None),  # nobody dials the area code without its 0 here
        ("0393-8812345", "Puyang, Henan"),
        ("037165812345", "Zhengzhou / Kaifeng, Henan"),
        ("01062345678", "Beijing"),
        ("02162345678", "Shanghai"),
        ("099112345678", "Ürümqi, Xinjiang"),
        ("0890123456", None),
    ],
)
def test_a_land_line_is_from_where_its_area_code_is(number: str, name: str | None) -> None:
    area = AREAS.of(number)
    assert (area.name or {}).get("en") == name


def test_the_areas_name_comes_in_both_languages() -> None:
    assert AREAS.of("03938812345") == Area(
        kind=AreaKind.LANDLINE, name={"zh-CN": "河南濮阳", "en": "Puyang, Henan"}
    )


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("13800138000", AreaKind.MOBILE),
        ("+8613800138000", AreaKind.MOBILE),
        ("8812345", AreaKind.LOCAL),
        ("10086", AreaKind.OTHER),
        ("+12025550123", AreaKind.OTHER),
        ("", AreaKind.OTHER),
    ],
)
def test_what_cannot_be_known_is_left_open(number: str, kind: AreaKind) -> None:
    assert AREAS.of(number) == Area(kind=kind, name=None)


def test_a_site_may_bring_data_for_mobiles_and_the_longest_prefix_counts(tmp_path: Path) -> None:
    file = tmp_path / "number_areas.csv"
    file.write_text("\ufeffprefix,zh-CN,en\n1380013,北京,Beijing\n138,全国,China\n", "utf-8")
    areas = Areas(file)
    assert areas.of("13800138000").name == {"zh-CN": "北京", "en": "Beijing"}
    assert areas.of("13900138000").name is None
    assert areas.of("03938812345").name is not None


@pytest.mark.parametrize(
    "content", ["number,place\n", "prefix,zh-CN,en\nabc,a,b\n", "prefix,zh-CN,en\n139,,\n"]
)
def test_data_that_is_none_is_said_at_the_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "number_areas.csv"
    file.write_text(content, "utf-8")
    with pytest.raises(ConfigurationError, match="number_areas_unreadable"):
        Areas(file)
    with pytest.raises(ConfigurationError, match="number_areas_unreadable"):
        Areas(tmp_path / "absent.csv")
