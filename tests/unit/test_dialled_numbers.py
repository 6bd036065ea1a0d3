"""What may be dialled, how often, and what may stand in a dial string."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hotline.errors import Conflict, Forbidden, InvalidInput, TooMany
from hotline.ports.pbx import Callback
from telephony.allowance import Allowance
from telephony.dialling import Dialler, DialSettings
from telephony.numbers import NumberRules, safe_agent, safe_call_id, safe_sound


@pytest.mark.parametrize(
    ("given", "dialled"),
    [
        ("13800138000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("0086 13800138000", "13800138000"),
        (" 138 0013 8000 ", "13800138000"),
        ("010-62345678", "01062345678"),
        ("0571 8712 3456", "057187123456"),
        ("85712345", "85712345"),
        ("6571234", "6571234"),
    ],
)
def test_numbers_of_citizens_are_dialled(given: str, dialled: str) -> None:
    assert NumberRules().dialable(given) == dialled


@pytest.mark.parametrize(
    "number",
    [
        "300&PJSIP/trunk/13800138000",
        "13800138000@trunk",
        "13800138000,1",
        "13800138000\r\nAction: Originate",
        "13800138000\n",
        "138\x0000138000",
        "${SHELL(id)}",
        "\uff11\uff13\uff18\uff10\uff10\uff11\uff13\uff18\uff10\uff10\uff10",
        "\u0661\u0663800138000",
        "PJSIP/300",
        "*72",
        "1",
        "",
        "1" * 40,
        "13800138000/n",
    ],
)
def test_what_is_no_number_is_unsafe(number: str) -> None:
    with pytest.raises(InvalidInput, match="number_unsafe"):
        NumberRules().dialable(number)


@pytest.mark.parametrize(
    "number",
    [
        "+1 900 555 0123", "00442071234567", "+442071234567", "0085212345678", "16812345", "057116812345",
        "95588", "9612345", "4008123456", "8008123456789", "110", "12345", "+8616812345", "1380013800",
        "0138001380001",
    ],
)  # fmt: skip
def test_premium_international_and_short_numbers_are_not_on_the_list(number: str) -> None:
    with pytest.raises(Forbidden, match="number_not_allowed"):
        NumberRules().dialable(number)


def test_a_site_may_have_its_own_list() -> None:
    rules = NumberRules(allowed=(r"8[0-9]{3}",))
    assert rules.dialable("8001") == "8001"
    with pytest.raises(Forbidden, match="number_not_allowed"):
        rules.dialable("13800138000")


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (
            safe_agent,
            ["li.na", "8001", "a-b_c"],
            ["", "trunk", "Trunk", "a&PJSIP/trunk", "a@b", "a b", "x" * 65],
        ),
        (safe_call_id, ["1795368985.0", "call-1"], ["", "a,b", "a b", "a\n", "${X}", "PJSIP/trunk-1;2"]),
        (
            safe_sound,
            ["hotline/all-busy", "beep"],
            ["", "/etc/passwd", "../x", "a&b", "a,b", "${X}", "a/", "a.b"],
        ),
    ],
)
def test_names_in_a_dial_string_are_names(
    check: Callable[[str], str], good: list[str], bad: list[str]
) -> None:
    assert [check(name) for name in good] == good
    for name in bad:
        with pytest.raises(InvalidInput, match="_unsafe"):
            check(name)


def test_a_hundred_calls_a_minute_are_capped() -> None:
    allowance, dialled, waits = Allowance(10), 0, []
    for attempt in range(100):
        try:
            allowance.spend("li.na", attempt * 0.6)
            dialled += 1
        except TooMany as error:
            waits.append(error.params["retry_after"])
    assert dialled == 10
    assert (max(waits), min(waits)) == (54, 1)
    allowance.spend("wang", 59.4)  # another person's allowance
    allowance.spend("li.na", 60.0)  # the first is a minute ago


def test_who_has_spent_nothing_for_a_minute_is_forgotten() -> None:
    allowance = Allowance(10)
    for person in range(1_000):
        allowance.spend(str(person), float(person))
    assert len(allowance._spent) <= 60


def callback(call_id: str = "call-1", **changes: str) -> Callback:
    return Callback(**{"call_id": call_id, "number": "13800138000", "agent": "li.na", "requested_by": "li.na"}
                    | changes)  # type: ignore[arg-type]  # fmt: skip


async def test_an_id_is_dialled_once() -> None:
    dialler = Dialler(DialSettings())
    dialler.action(dialler.admit(callback(), 0.0))
    with pytest.raises(Conflict, match="originate_repeated"):
        dialler.admit(callback(), 1.0)


def test_a_refused_number_costs_no_allowance() -> None:
    dialler = Dialler(DialSettings(per_minute=1))
    with pytest.raises(Forbidden):
        dialler.admit(callback(number="+1 900 555 0123"), 0.0)
    with pytest.raises(InvalidInput):
        dialler.admit(callback(agent="trunk"), 0.0)
    assert dialler.admit(callback(number="+86 13800138000"), 0.0).number == "13800138000"
