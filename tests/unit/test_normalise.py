"""One form for all ways of writing, and the way back to the original."""

from __future__ import annotations

import pytest

from nlp.text.normalise import COLUMNS, normalise, read_dialect, shipped_dialect, standard_text


@pytest.mark.parametrize(
    ("original", "form"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("路灯不亮!!!", "路灯不亮!"),
        ("停水了。。。。几点来?", "停水了.几点来?"),
        ("停水、停气", "停水,停气"),
        ("路 灯  不\t亮", "路灯不亮"),
        ("the  street\nlamp", "the street lamp"),
        ("路\u200b灯\ufeff", "路灯"),
        ("\x00\x07停水\x1b", "停水"),
        ("", ""),
        ("   ", ""),
        ("😀😀", "😀😀"),
    ],
)
def test_width_blanks_and_marks(original: str, form: str) -> None:
    assert normalise(original).text == form


@pytest.mark.parametrize(
    ("original", "form"),
    [
        ("俺家一滴水都冇", "我家一滴水都没"),
        ("水呲恁高", "水喷那么高"),
        ("恁管不管", "你们管不管"),
        ("咋恁贵", "怎么那么贵"),
        ("耽搁半天", "耽搁半天"),
        ("搁路上", "在路上"),
        ("夜个儿", "昨天"),
        ("活节漏水", "活节漏水"),
        ("火节漏水", "活节漏水"),
        ("雨水鼻子堵了", "雨水箅子堵了"),
        ("天然气", "天然气"),
        ("煤器味", "煤气味"),
    ],
)
def test_dialect_and_what_recognisers_hear(original: str, form: str) -> None:
    assert normalise(original).text == form


def test_every_character_knows_what_it_stands_for() -> None:
    said = normalise("喂, 夜个儿 那水呲恁高")
    at = said.text.index("喷那么高")
    start, end = said.span(at, at + 4)
    assert said.original[start:end] == "呲恁高"
    start, end = said.span(said.text.index("昨天"), said.text.index("昨天") + 1)
    assert said.original[start:end] == "夜个儿"


@pytest.mark.parametrize("part", [(0, 0), (-1, 2), (1, 4), (2, 1)])
def test_a_part_that_is_not_there_is_refused(part: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no such part"):
        normalise("路灯亮").span(*part)


def test_the_form_of_a_form_is_the_same() -> None:
    for heard in shipped_dialect().standard:
        once = standard_text(heard)
        assert standard_text(once) == once, heard


def test_the_quick_way_gives_the_same_form() -> None:
    text = "俺 家 ， 嫩赶紧\u3000来Ｘ１看看罢！！"
    assert standard_text(text) == normalise(text).text


def test_a_wrong_table_names_its_line() -> None:
    head = "\t".join(COLUMNS)
    for wrong in ("", "kind\theard\n", f"{head}\ndialect\t俺\n", f"{head}\n" + "dialect\t俺\t我\t\t\n" * 2):
        with pytest.raises(ValueError, match=r"line \d"):
            read_dialect(wrong)
