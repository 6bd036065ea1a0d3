"""Case numbers (DOMAIN §1.5)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.cases.numbering import MAX_SERIAL, format_case_no, is_valid_case_no

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
serials = st.integers(1, MAX_SERIAL)


def test_the_example_of_the_specification() -> None:
    assert format_case_no(date(2026, 11, 22), 31) == "LL20261122-00031-2"
    assert is_valid_case_no("LL20261122-00031-2")


@given(days, serials)
def test_every_number_given_out_is_valid(day: date, serial: int) -> None:
    assert is_valid_case_no(format_case_no(day, serial))


@given(days, serials, st.data())
def test_one_wrong_digit_is_noticed(day: date, serial: int, data: st.DataObject) -> None:
    number = format_case_no(day, serial)
    places = [i for i, char in enumerate(number) if char.isdigit()]
    place = data.draw(st.sampled_from(places))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    assert not is_valid_case_no(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "LL20261122-00031",
        "LL20261122-00031-3",
        "ll20261122-00031-2",
        "LL20261122-00031-2 ",
        "LL20261122-00031-2\n",
        "LL20261131-00031-1",
        "LL20261122-00000-0",
        "LL2026112\uff12-00031-2",
    ],
)
def test_anything_else_is_no_case_number(text: str) -> None:
    assert not is_valid_case_no(text)


@pytest.mark.parametrize("serial", [0, -1, MAX_SERIAL + 1])
def test_a_serial_outside_the_day_is_refused(serial: int) -> None:
    with pytest.raises(ValueError, match="a day numbers its cases"):
        format_case_no(date(2026, 11, 22), serial)
