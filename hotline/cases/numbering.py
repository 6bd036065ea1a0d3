"""Case numbers: ``LL`` + date + five-digit serial of the day + Luhn check digit (DOMAIN §1.5).

``LL20261122-00031-2``: the check digit covers every digit before it, so that a number read over the phone
with one digit wrong or two neighbours swapped is noticed.
"""

from __future__ import annotations

import re
from datetime import date

PREFIX = "LL"
MAX_SERIAL = 99_999
_CASE_NO = re.compile(rf"{PREFIX}(?P<date>\d{{8}})-(?P<serial>\d{{5}})-(?P<check>\d)", re.ASCII)


def format_case_no(day: date, serial: int) -> str:
    """The number of the ``serial``-th case (1-99999) of a city date; ValueError outside that range."""
    if not 1 <= serial <= MAX_SERIAL:
        raise ValueError(f"a day numbers its cases 1 to {MAX_SERIAL}, not {serial}")
    digits = f"{day:%Y%m%d}{serial:05}"
    return f"{PREFIX}{digits[:8]}-{digits[8:]}-{luhn_digit(digits)}"


def is_valid_case_no(text: str) -> bool:
    """Whether this is a case number: its form, an existing date, a serial above zero, the check digit."""
    match = _CASE_NO.fullmatch(text)
    if match is None or int(match["serial"]) == 0:
        return False
    try:
        date.fromisoformat(match["date"])
    except ValueError:
        return False
    return luhn_digit(match["date"] + match["serial"]) == match["check"]


def luhn_digit(digits: str) -> str:
    """The digit that makes ``digits`` followed by it pass the Luhn test."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
