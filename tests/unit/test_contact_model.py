"""Citizens' numbers and names (DOMAIN §10: what may be shown of them)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.contacts.model import mask_name, mask_phone, normalise_phone


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800002046", "13800002046"),
        (" 138-0000 2046 ", "13800002046"),
        ("+86 138 0000 2046", "13800002046"),
        ("+8613800002046", "13800002046"),
        ("008613800002046", "13800002046"),
        ("(0391) 356-8168", "03913568168"),
        ("0391-3568168", "03913568168"),
        ("010-65120000", "01065120000"),
        ("３５６８１６８", "3568168"),
        ("（０３９１）３５６－８１６８", "03913568168"),
        ("3568168", "3568168"),
        ("65120000", "65120000"),
    ],
)
def test_a_number_in_any_usual_notation_is_its_digits(text: str, number: str) -> None:
    assert normalise_phone(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "abc", "12345", "110", "138٠٠٠٠2046", "1380000204", "138000020461", "12800002046", "138x0002046",
     "+1 212 555 0100", "300&PJSIP/trunk/13800002046", "13800002046\n13800002047", "'; DROP TABLE contact"],
)  # fmt: skip
def test_what_is_no_number_is_none(text: str) -> None:
    assert normalise_phone(text) is None


@given(st.text(max_size=30))
def test_whatever_is_typed_gives_digits_or_nothing(text: str) -> None:
    number = normalise_phone(text)
    assert number is None or (number.isascii() and number.isdigit() and 7 <= len(number) <= 12)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_mobile_number_shows_its_first_three_and_last_four_digits(number: str) -> None:
    assert mask_phone(number) == f"{number[:3]}****{number[-4:]}"


@pytest.mark.parametrize(("number", "shown"), [("03913568168", "********168"), ("3568168", "****168")])
def test_another_number_shows_its_last_three_digits(number: str, shown: str) -> None:
    assert mask_phone(number) == shown


@pytest.mark.parametrize(
    ("name", "shown"), [("王小明", "王**"), ("王明", "王*"), ("王", "王*"), ("", ""), ("Anna", "A***")]
)
def test_a_name_shows_its_first_character(name: str, shown: str) -> None:
    assert mask_name(name) == shown
