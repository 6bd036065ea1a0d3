"""The roles that ship with the product, against the transition table and the catalogues."""

from __future__ import annotations

from hotline.cases.available_actions import capability, role_capabilities
from hotline.cases.transition import Action
from hotline.catalogues import server_catalogue
from hotline.staff.model import ADMINISTRATION
from hotline.staff.roles import load_defaults
from hotline.web.catalogue import LANGUAGES

DEFAULTS = load_defaults()
VIEWS = {"case.view_all", "case.view_unit"}


def test_every_action_of_the_table_and_every_grant_of_it_is_a_known_capability() -> None:
    known = {code for code in DEFAULTS.capabilities if code.startswith("case.")} - VIEWS
    granted = frozenset().union(*role_capabilities().values())
    assert known == {capability(action) for action in Action} | granted


def test_each_role_may_do_exactly_what_the_table_gives_it() -> None:
    for role in DEFAULTS.roles:
        granted = {code for code in role.capabilities if code.startswith("case.")} - VIEWS
        assert granted == role_capabilities().get(role.code, frozenset()), role.code


def test_roles_carry_known_capabilities_once_and_are_named_in_every_language() -> None:
    for role in DEFAULTS.roles:
        assert set(role.capabilities) <= set(DEFAULTS.capabilities)
        assert len(set(role.capabilities)) == len(role.capabilities)
        assert set(role.name) == set(LANGUAGES)
        assert "taxonomy.view" in role.capabilities


def test_nobody_sees_both_every_case_and_only_those_of_a_unit() -> None:
    for role in DEFAULTS.roles:
        assert ("case.view_all" in role.capabilities) <= (not role.of_unit)
        assert ("case.view_unit" in role.capabilities) <= role.of_unit


def test_the_administrator_administers_and_sees_no_case() -> None:
    admin = next(role for role in DEFAULTS.roles if role.code == "admin")
    assert set(admin.capabilities) >= ADMINISTRATION
    assert not any(code.startswith(("case.", "contact.", "queue.")) for code in admin.capabilities)


def test_every_capability_has_a_name_in_every_language() -> None:
    for language in LANGUAGES:
        known = server_catalogue().codes(language)
        assert {f"capability.{code}" for code in DEFAULTS.capabilities} <= known
