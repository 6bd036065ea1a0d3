"""Accounts, passwords, units and crews: the rules (DOMAIN §0 item 12, §10 item 1)."""

from __future__ import annotations

import pytest

from hotline.errors import FieldProblem
from hotline.staff.model import (
    MUST_CHANGE,
    Known,
    NewUser,
    capabilities_in_force,
    crew_gaps,
    new_user_problems,
    normalise_password,
    password_problem,
    unit_gaps,
)
from hotline.staff.organisation import crew_problems, unit_problems

KNOWN = Known(accounts={"taken"}, roles={"agent": False, "unit_clerk": True}, unit_ids={"u1"})


def codes(problems: list[FieldProblem]) -> set[tuple[str, str]]:
    return {(problem.field, problem.code) for problem in problems}


@pytest.mark.parametrize(
    "password", ["Correct-horse", "correct-horse-7", "CORRECTHORSE-7", "密码 and Letters"]
)
def test_a_password_of_twelve_characters_and_three_classes_will_do(password: str) -> None:
    assert password_problem(password, "li.wei") is None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Short-7", "password_short"),
        ("Elevenchar7", "password_short"),
        ("onlylowercase", "password_simple"),
        ("lowercaseand7", "password_simple"),
        ("Li.Wei-is-here", "password_has_account"),
        ("Aa1-" * 33, "field_too_long"),
    ],
)
def test_other_passwords_are_refused_with_the_reason(password: str, code: str) -> None:
    problem = password_problem(password, "li.wei")
    assert problem is not None
    assert problem.code == code


def test_a_password_typed_full_width_is_the_same() -> None:
    assert normalise_password("Ｃｏｒｒｅｃｔ－７") == "Correct-7"


def test_a_new_account_is_checked_as_a_whole() -> None:
    wrong = NewUser(account="taken", name=" ", password="short", roles=("nobody",), unit_id="u9")
    assert codes(new_user_problems(wrong, KNOWN)) == {
        ("account", "account_taken"),
        ("password", "password_short"),
        ("name", "field_missing"),
        ("roles", "role_unknown"),
        ("unit_id", "unit_unknown"),
    }


@pytest.mark.parametrize("account", ["a", "Li", "li wei", "-li", "李伟", "x" * 41])
def test_an_account_is_short_plain_and_lower_case(account: str) -> None:
    person = NewUser(account, "Li", "Correct-horse-7", ("agent",))
    assert ("account", "account_form") in codes(new_user_problems(person, KNOWN))


def test_a_role_of_a_unit_needs_the_unit() -> None:
    clerk = NewUser("li.wei", "Li", "Correct-horse-7", ("unit_clerk",))
    assert codes(new_user_problems(clerk, KNOWN)) == {("unit_id", "unit_needed")}


def test_an_account_whose_password_must_change_can_do_nothing_else() -> None:
    assert capabilities_in_force({"desk.work"}, must_change_password=True) == {MUST_CHANGE}
    assert capabilities_in_force({"desk.work"}, must_change_password=False) == {"desk.work"}


def test_an_active_unit_has_a_principal_and_a_deputy_for_the_hotline() -> None:
    unit = {"name": "Water", "principal": None, "hotline_deputy": "", "duty_phone": None, "active": True}
    assert codes(unit_gaps(unit)) == {("principal", "unit_incomplete"), ("hotline_deputy", "unit_incomplete")}
    assert unit_problems("U-WS", {**unit, "active": False}, ()) == []


def test_a_unit_is_known_by_one_code_and_called_by_one_number() -> None:
    unit = {"name": "Water", "duty_phone": "call me", "active": False}
    assert codes(unit_problems("U-WS", unit, {"U-WS"})) == {
        ("code", "unit_code_taken"),
        ("duty_phone", "duty_phone_form"),
    }
    assert ("code", "unit_code_form") in codes(unit_problems("water", unit, ()))


def test_an_active_crew_has_a_captain() -> None:
    assert codes(crew_gaps({"captain_id": None})) == {("captain_id", "crew_incomplete")}


def test_captain_and_members_of_a_crew_are_people_of_its_unit() -> None:
    crew = {
        "name": "First",
        "captain_id": "stranger",
        "member_ids": ["ours", "other"],
        "skills": ["juggling"],
        "active": True,
    }
    assert codes(crew_problems(crew, {"First"}, {"ours"})) == {
        ("name", "crew_name_taken"),
        ("captain_id", "not_of_unit"),
        ("member_ids", "not_of_unit"),
        ("skills", "skill_unknown"),
    }
