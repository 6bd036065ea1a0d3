"""The list of desk phones: names, passwords, owners, one file for the operator's eyes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.errors import ConfigurationError, Conflict, InvalidInput, NotFound
from telephony.desk_phones import DeskPhones


@pytest.fixture
def phones(tmp_path: Path) -> DeskPhones:
    return DeskPhones(tmp_path / "telephony" / "desk-phones.json")


def test_each_phone_has_its_own_long_password_and_keeps_it(phones: DeskPhones) -> None:
    made = [phones.add("window"), phones.add("attic", owner="user-1")]
    assert len({one.password for one in made}) == 2
    assert all(len(one.password) >= 20 for one in made)
    assert phones.all() == sorted(made, key=lambda one: one.name)
    assert phones.find("attic").owner == "user-1"


def test_nobody_but_the_operator_may_read_the_file(phones: DeskPhones, tmp_path: Path) -> None:
    made = phones.add("window")
    phones.add("attic")
    file = tmp_path / "telephony" / "desk-phones.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert made.password not in repr(made)


def test_what_was_removed_is_gone(phones: DeskPhones) -> None:
    phones.add("window")
    phones.remove("window")
    assert phones.all() == []
    with pytest.raises(NotFound):
        phones.remove("window")


@pytest.mark.parametrize("name", ["", "Window", "a b", "-a", "a-", "a]\n[trunk", "x" * 33, "窗口"])
def test_a_name_stands_in_a_configuration_file_and_has_nothing_that_means_something_there(
    phones: DeskPhones, name: str
) -> None:
    with pytest.raises(InvalidInput):
        phones.add(name)


def test_a_name_is_given_once(phones: DeskPhones) -> None:
    phones.add("window")
    with pytest.raises(Conflict):
        phones.add("window")


def test_a_file_that_cannot_be_read_is_said(phones: DeskPhones, tmp_path: Path) -> None:
    phones.add("window")
    (tmp_path / "telephony" / "desk-phones.json").write_text("{", "utf-8")
    with pytest.raises(ConfigurationError) as told:
        phones.all()
    assert told.value.code == "desk_phones_unreadable"
