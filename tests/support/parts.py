"""What a test does when a real part it needs is not on this machine."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def part_is_missing(part: str, remedy: str) -> NoReturn:
    """Ends the test: as a failure under CI=true, where every part must be real, else as a skip."""
    told = f"{part} is missing: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(told, pytrace=False)
    pytest.skip(told)
