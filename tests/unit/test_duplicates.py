"""Possible duplicates: what two citizens tell of one thing is alike, whatever words they choose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.duplicates import SIMILAR, Account, similar

OPEN = (
    Account("a", "黄河路与建设路交叉口井盖没了,电动车差点掉进去", "井盖缺失"),
    Account("b", "俺家暖气片冰凉,屋里十五度", "暖气不热"),
    Account("c", "建设路口那个窨井盖丢了,晚上看不见很危险", "井盖丢失"),
)


def keys(body: str, title: str = "", most: int = 5) -> list[str]:
    return [one.key for one in similar(Account("new", body, title), OPEN, most)]


def test_the_same_thing_in_other_words_is_found_the_likest_first() -> None:
    assert keys("黄河路建设路口井盖没了,快来", "井盖没了") == ["a", "c"]


def test_another_thing_is_not() -> None:
    assert keys("垃圾箱满了三天没人清运", "垃圾满溢") == []


def test_the_title_counts_twice() -> None:
    plain, titled = (similar(Account("n", "快来人看看", title), OPEN[:1]) for title in ("", "井盖缺失"))
    assert plain == []
    assert titled[0].cosine >= SIMILAR


def test_only_the_beginning_of_a_long_text_is_compared() -> None:
    assert keys("啊" * 300 + OPEN[0].body) == []


def test_dialect_is_no_difference() -> None:
    [found] = similar(Account("n", "俺家没水"), [Account("m", "我家没水")])
    assert found.cosine == pytest.approx(1)


def test_a_case_is_not_its_own_duplicate_and_there_are_at_most_so_many() -> None:
    assert similar(OPEN[0], OPEN[:1]) == []
    assert len(keys("黄河路建设路口井盖没了", most=1)) == 1


@pytest.mark.parametrize("body", ["", "啊", "😀😀", "。。。"])
def test_what_says_nothing_is_like_nothing(body: str) -> None:
    assert keys(body) == []


@given(st.text(max_size=300), st.text(max_size=50))
def test_any_text_is_like_itself_and_never_more(body: str, title: str) -> None:
    for found in similar(Account("n", body, title), [Account("m", body, title)]):
        assert SIMILAR <= found.cosine <= 1
