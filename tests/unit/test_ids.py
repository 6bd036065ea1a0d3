"""Identifiers: unique, in the order of their milliseconds, of the form of UUID version 7."""

from __future__ import annotations

import uuid

import pytest

from hotline.kernel.ids import new_id


def test_an_identifier_is_a_uuid_of_version_7() -> None:
    for _ in range(200):
        made = new_id()
        assert len(made) == 32
        assert made == made.lower()
        parsed = uuid.UUID(made)
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)


def test_no_two_are_the_same() -> None:
    assert len({new_id() for _ in range(5000)}) == 5000


def test_later_ones_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    instants = iter(range(1_700_000_000_000_000_000, 1_700_000_000_200_000_000, 1_000_000))
    monkeypatch.setattr("time.time_ns", lambda: next(instants))
    made = [new_id() for _ in range(200)]
    assert made == sorted(made)
