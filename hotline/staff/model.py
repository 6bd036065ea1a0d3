"""Rules about accounts, units and crews; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from hotline.errors import FieldProblem

PASSWORD_LEAST = 12
PASSWORD_MOST = 128
PASSWORD_CLASSES = 3
PASSWORD_HISTORY = 5
"""DOMAIN §10 item 1: so many former passwords may not come back."""

SKILLS = (
    *("water_leak", "water_meter", "gas_emergency", "gas_indoor", "heat_indoor", "heat_pipe"),
    *("electric_light", "manhole", "asphalt", "drain_jet", "pump", "confined_space", "tree_cut"),
    *("glass_highwork", "snow_plow", "enforcement_evidence"),
)
"""DOMAIN §8.1."""

MUST_CHANGE = "password.must_change"
"""The only capability of an account whose first password was given by somebody else."""
ADMINISTRATION = frozenset({"admin.users", "admin.roles"})
"""Whoever has both can give all others back; the last such account cannot be taken away."""

_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}", re.ASCII)
_UNIT_CODE = re.compile(r"[A-Z][A-Z0-9]{0,7}(-[A-Z0-9]{1,8}){1,2}", re.ASCII)
_DUTY_PHONE = re.compile(r"\+?[0-9][0-9 \-]{4,19}", re.ASCII)


class UserChanges(TypedDict, total=False):
    """What may be changed of an account; absent keys stay as they are."""

    name: str
    unit_id: str | None
    roles: Sequence[str]
    active: bool


class UnitFields(TypedDict, total=False):
    """What describes a unit besides its code."""

    name: str
    group: str | None
    industry: str | None
    principal: str | None
    hotline_deputy: str | None
    duty_phone: str | None
    area: str | None
    active: bool


class CrewFields(TypedDict, total=False):
    """What describes a crew besides its unit."""

    name: str
    captain_id: str | None
    skills: Sequence[str]
    member_ids: Sequence[str]
    active: bool


@dataclass(frozen=True)
class NewUser:
    """An account to be made. A password given by somebody else must be changed first.

    ``demo``: the password is published with the product, so the account must not be open to a network.
    """

    account: str
    name: str
    password: str
    roles: tuple[str, ...]
    unit_id: str | None = None
    must_change_password: bool = True
    demo: bool = False


def normalise_account(text: str) -> str:
    """Accounts are compared in lower case without surrounding blanks."""
    return text.strip().lower()


def normalise_password(text: str) -> str:
    """The same password typed on two keyboards is the same (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def account_problem(account: str) -> str | None:
    """``account`` is normalised; the code of what is wrong with it."""
    return None if _ACCOUNT.fullmatch(account) else "account_form"


def unit_code_problem(code: str) -> str | None:
    """Codes are like those of DOMAIN appendix A, e.g. ``U-WS``."""
    return None if _UNIT_CODE.fullmatch(code) else "unit_code_form"


def duty_phone_problem(phone: str) -> str | None:
    """Digits with blanks or hyphens; extensions and short numbers are possible."""
    return None if _DUTY_PHONE.fullmatch(phone) else "duty_phone_form"


def password_problem(password: str, account: str, field: str = "password") -> FieldProblem | None:
    """DOMAIN §10 item 1: at least 12 characters of 3 classes, and not built on the account's name."""
    text = normalise_password(password)
    if len(text) < PASSWORD_LEAST:
        return FieldProblem(field, "password_short", {"least": PASSWORD_LEAST})
    if len(text) > PASSWORD_MOST:
        return FieldProblem(field, "field_too_long", {"max_length": PASSWORD_MOST})
    if len({_class_of(character) for character in text}) < PASSWORD_CLASSES:
        return FieldProblem(field, "password_simple", {"classes": PASSWORD_CLASSES})
    if len(account) >= 4 and account in text.lower():
        return FieldProblem(field, "password_has_account")
    return None


def _class_of(character: str) -> str:
    if character.isascii() and character.isdigit():
        return "digit"
    if character.isascii() and character.isalpha():
        return "upper" if character.isupper() else "lower"
    return "other"


def unit_gaps(unit: Mapping[str, Any]) -> list[FieldProblem]:
    """DOMAIN §0 item 12: an active unit has a principal and a deputy who answers for the hotline."""
    return [
        FieldProblem(field, "unit_incomplete") for field in ("principal", "hotline_deputy") if not unit[field]
    ]


def crew_gaps(crew: Mapping[str, Any]) -> list[FieldProblem]:
    """DOMAIN §0 item 12: an active crew has a captain."""
    return [] if crew["captain_id"] else [FieldProblem("captain_id", "crew_incomplete")]


def unknown_skills(skills: Iterable[str]) -> list[str]:
    """Those that are none of ``SKILLS``."""
    return [skill for skill in skills if skill not in SKILLS]


def capabilities_in_force(granted: Iterable[str], *, must_change_password: bool) -> frozenset[str]:
    """What an account may do now: nothing but change its password, as long as it must."""
    return frozenset({MUST_CHANGE}) if must_change_password else frozenset(granted)


@dataclass(frozen=True)
class Known:
    """What a new account is checked against. ``roles``: code → whether its holders belong to a unit."""

    accounts: Collection[str]
    roles: Mapping[str, bool]
    unit_ids: Collection[str]


def new_user_problems(new: NewUser, known: Known) -> list[FieldProblem]:
    """Everything that is wrong with an account before it is made; ``new.account`` is normalised."""
    problems = []
    if code := account_problem(new.account):
        problems.append(FieldProblem("account", code))
    elif new.account in known.accounts:
        problems.append(FieldProblem("account", "account_taken", {"account": new.account}))
    if problem := password_problem(new.password, new.account):
        problems.append(problem)
    return [*problems, *person_problems(new.name, new.roles, new.unit_id, known)]


def person_problems(name: str, roles: Sequence[str], unit_id: str | None, known: Known) -> list[FieldProblem]:
    """What is wrong with the parts of an account that may change later."""
    problems = []
    if not name.strip():
        problems.append(FieldProblem("name", "field_missing"))
    if not roles:
        problems.append(FieldProblem("roles", "field_missing"))
    problems += [
        FieldProblem("roles", "role_unknown", {"role": code}) for code in roles if code not in known.roles
    ]
    if unit_id is None and any(known.roles.get(code) for code in roles):
        problems.append(FieldProblem("unit_id", "unit_needed"))
    if unit_id is not None and unit_id not in known.unit_ids:
        problems.append(FieldProblem("unit_id", "unit_unknown"))
    return problems
