"""How articles are cut for the search, and what an article may say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hotline.knowledge.model import (
    BODY_WEIGHT,
    KEYWORD_WEIGHT,
    TITLE_WEIGHT,
    Content,
    asked_grams,
    content_problems,
    gram_weights,
    lines_of,
    needed,
    tidy,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
TEXT = st.text(st.one_of(HAN, st.sampled_from("，。！ \n-（）AbＣ1２")), max_size=60)


@given(before=TEXT, word=st.text(HAN, min_size=2, max_size=2), after=TEXT, title=TEXT)
def test_a_word_of_two_characters_is_found_wherever_it_stands(
    before: str, word: str, after: str, title: str
) -> None:
    found = gram_weights(Content("article", title, before + word + after))
    assert set(asked_grams(word)) <= found.keys()


@given(body=TEXT, start=st.integers(0, 60), length=st.integers(1, 20))
def test_every_piece_of_a_body_asks_for_nothing_that_the_body_lacks(
    body: str, start: int, length: int
) -> None:
    assert set(asked_grams(body[start : start + length])) <= gram_weights(Content("script", "", body)).keys()


@given(st.text(max_size=80))
def test_whatever_is_asked_becomes_grams_of_one_or_two_letters_and_digits(text: str) -> None:
    asked = asked_grams(text)
    assert len(set(asked)) == len(asked)
    assert all(1 <= len(gram) <= 2 and gram.isalnum() for gram in asked)


def test_width_and_case_make_no_difference() -> None:
    assert asked_grams("ＡＰＰ 缴费") == asked_grams("app，缴费") == ["ap", "pp", "缴费"]


def test_one_character_asks_for_itself_and_signs_ask_for_nothing() -> None:
    assert asked_grams("水") == ["水"]
    assert asked_grams("？！ — 😀") == []


def test_the_best_place_a_word_stands_in_counts() -> None:
    weights = gram_weights(Content("article", "停水", "停水了，充值失败，找公司", keywords=("充值",)))
    assert (weights["停水"], weights["充值"], weights["公司"]) == (TITLE_WEIGHT, KEYWORD_WEIGHT, BODY_WEIGHT)


def test_a_sentence_finds_what_has_a_third_of_it() -> None:
    assert [needed(n) for n in (1, 2, 3, 4, 7, 79)] == [1, 1, 1, 2, 3, 27]


def test_a_category_stands_under_those_above_it() -> None:
    assert lines_of("WS-01-02") == ("WS", "WS-01", "WS-01-02")
    assert lines_of("WS") == ("WS",)


def test_tidy_keeps_line_breaks_and_drops_what_nobody_meant() -> None:
    content = Content(
        "article", "  停水 \t 通知", " 一 \r\n\r\n- 二  \n", ("WS", "WS"), (" 停 水 ", "", "停 水")
    )
    assert tidy(content) == Content("article", "停水 通知", "一\n\n- 二", ("WS",), ("停 水",))


def test_everything_that_is_wrong_is_told_at_once() -> None:
    bad = Content("poem", "", "x" * 8001, ("WS", "ZZ"), ("k" * 21,), NOW - timedelta(seconds=1))
    found = {(one.field, one.code) for one in content_problems(bad, {"WS"}, NOW)}
    assert found == {
        ("kind", "field_choice"),
        ("title", "field_missing"),
        ("body", "field_too_long"),
        ("categories", "knowledge_category"),
        ("keywords", "field_too_long"),
        ("valid_until", "knowledge_end_past"),
    }
    assert content_problems(Content("notice", "t", "b", valid_until=NOW + timedelta(1)), {"WS"}, NOW) == []
