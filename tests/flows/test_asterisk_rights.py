"""Who may do what at the exchange: the product's own account, agents, citizens' browsers, strangers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.asterisk.run import Asterisk
from telephony.asterisk.settings import DEMO_CARRIER
from telephony.carrier.run import Carrier, CitizenCall
from tests.support.ami_socket import AmiSocket
from tests.support.asterisk import (
    STRANGER_HOST,
    Account,
    ari,
    program,
    running_asterisk,
    sip_address,
)
from tests.support.sip import SipPhone
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    with running_asterisk(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture
def ami(asterisk: Asterisk) -> Iterator[AmiSocket]:
    assert asterisk.ports is not None
    with AmiSocket(asterisk.ports.ami, asterisk.ami_login) as session:
        yield session


def outcome(asterisk: Asterisk, folder: Path, called: str, login: tuple[str, str] | None) -> str:
    """How a call from an address that is not the carrier's ends; taken calls are hung up at once."""
    with Carrier(
        program(), folder / "stranger", sip_address(asterisk), host=STRANGER_HOST, login=login
    ) as browser:
        call = browser.place(CitizenCall("12345", called))
        wait_until(lambda: browser.is_answered(call) or browser.report(call) is not None, "an answer")
        if browser.is_answered(call):
            browser.hang_up(call)
        wait_until(lambda: browser.report(call) is not None, "the end")
        report = browser.report(call)
        assert report is not None
        return report.state


@pytest.mark.parametrize(
    "action",
    [
        {"Action": "Command", "Command": "core show channels"},
        {"Action": "Originate", "Channel": "Local/s@acd-gone", "Application": "System", "Data": "touch FILE"},
        {"Action": "Originate", "Channel": "Local/s@acd-gone", "Application": "AGI", "Data": "FILE"},
        {
            "Action": "Originate",
            "Channel": "Local/s@acd-gone",
            "Application": "MixMonitor",
            "Data": "a.wav,,touch FILE",
        },
        {"Action": "MixMonitor", "Channel": "any", "File": "a.wav", "Command": "touch FILE"},
        {"Action": "GetConfig", "Filename": "manager.conf"},
        {"Action": "UpdateConfig", "SrcFilename": "manager.conf", "DstFilename": "manager.conf"},
        {"Action": "ModuleLoad", "Module": "func_shell.so", "LoadType": "load"},
        {"Action": "Reload"},
        {"Action": "DBPut", "Family": "a", "Key": "b", "Val": "c"},
    ],
    ids=lambda action: action["Action"] + action.get("Application", ""),
)
def test_the_products_account_cannot_run_programs_or_change_the_exchange(
    ami: AmiSocket, tmp_path: Path, action: dict[str, str]
) -> None:
    headers = {key: value.replace("FILE", str(tmp_path / "made")) for key, value in action.items()}
    answer = ami.send(headers.pop("Action"), **headers)
    assert answer["Response"] == "Error"
    assert answer["Message"].startswith(("Permission denied", "Originate Access Forbidden"))
    assert not (tmp_path / "made").exists()


def test_shell_in_a_variable_stays_text(ami: AmiSocket, tmp_path: Path) -> None:
    made = tmp_path / "made"
    assert ami.send("Setvar", Variable=f"SHELL(touch {made})", Value="x")["Response"] == "Error"
    ami.send("Setvar", Variable="NAME", Value=f"${{SHELL(touch {made})}}")
    assert ami.send("Getvar", Variable="NAME")["Value"] == f"${{SHELL(touch {made})}}"
    assert not made.exists()


def test_a_wrong_password_is_refused(asterisk: Asterisk) -> None:
    assert asterisk.ports is not None
    with pytest.raises(AssertionError, match="Authentication failed"):
        AmiSocket(asterisk.ports.ami, ("hotline", "wrong"))


def test_accounts_are_made_with_the_password_only(asterisk: Asterisk) -> None:
    assert asterisk.ports is not None
    base = f"http://127.0.0.1:{asterisk.ports.http}/ari"
    assert ari(f"{base}/asterisk/config/dynamic/res_pjsip/auth/none", ("hotline", "wrong")) == 401
    # Of ARI there is nothing but accounts: no calls, no recordings.
    assert ari(f"{base}/channels", asterisk.ari_login) == 404


@pytest.fixture
def browser(asterisk: Asterisk) -> Iterator[tuple[str, str]]:
    """A short-lived account of the citizen page."""
    account = Account(asterisk, "web1", context="from-web")
    account.create()
    yield account.user, account.password
    account.delete()


def test_a_citizens_browser_reaches_the_one_line(
    asterisk: Asterisk, ami: AmiSocket, browser: tuple[str, str], tmp_path: Path
) -> None:
    assert outcome(asterisk, tmp_path, "hotline", browser) == "answered"
    new = ami.user_event("AcdNew")
    assert (new["Called"], new["CallerIDName"]) == ("web", "web1")
    assert "12345" not in new["CallerIDNum"]


@pytest.mark.parametrize("called", ["12345", "web1", "13800138000", "trunk", "s", "fallback"])
def test_a_citizens_browser_reaches_nothing_else(
    asterisk: Asterisk, browser: tuple[str, str], tmp_path: Path, called: str
) -> None:
    assert outcome(asterisk, tmp_path, called, browser) != "answered"


@pytest.mark.parametrize("called", ["13800138000", "hotline", "8001"])
def test_an_agents_telephone_dials_nothing_by_itself(asterisk: Asterisk, tmp_path: Path, called: str) -> None:
    account = Account(asterisk, "8001", context="from-agent")
    account.create()
    try:
        assert outcome(asterisk, tmp_path, called, (account.user, account.password)) != "answered"
    finally:
        account.delete()


def test_a_withdrawn_account_a_wrong_password_and_a_stranger_are_refused(
    asterisk: Asterisk, tmp_path: Path
) -> None:
    account = Account(asterisk, "web2", context="from-web")
    account.create()
    assert outcome(asterisk, tmp_path, "hotline", ("web2", "wrong")) != "answered"
    assert outcome(asterisk, tmp_path, "hotline", ("web2", account.password)) == "answered"
    account.delete()
    assert outcome(asterisk, tmp_path, "hotline", ("web2", account.password)) != "answered"
    assert outcome(asterisk, tmp_path, "12345", None) != "answered"


FORGED = "\r\n\r\nEvent: UserEvent\r\nUserEvent: AcdNew\r\nUniqueid: forged\r\nX: "
"""What Asterisk would write into its events, were it let to unescape an address."""


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800138000", "13800138000"),
        ("+8613800138000", "+8613800138000"),
        ("13800138000;phone-context=+86", "13800138000"),
        ("anonymous", ""),
        ("300&PJSIP/trunk/13800138000", ""),
        ("${SHELL(id)}", ""),
        ("1" * 60, ""),
        ("13800138000" + FORGED, ""),
        ("1)},2" + FORGED, ""),
    ],
)
def test_a_callers_number_is_a_number_or_withheld_and_forges_no_event(
    asterisk: Asterisk, ami: AmiSocket, number: str, shown: str
) -> None:
    with SipPhone(sip_address(asterisk), host=DEMO_CARRIER) as citizen:
        status, call = citizen.call("12345", number, name="${SHELL(id)}")
        assert (status, call is None) == (200, False)
        assert call is not None
        new = ami.user_event("AcdNew")
        assert new["CallerIDNum"].replace("<unknown>", "") == shown
        assert citizen.hang_up(call) == 200
        ami.user_event("AcdGone", Uniqueid=new["Uniqueid"])
    assert {event.get("Uniqueid") for event in ami.events} <= {None, new["Uniqueid"]}
    assert not any("X" in event for event in ami.events)


def test_what_is_dialled_forges_no_event(asterisk: Asterisk, ami: AmiSocket) -> None:
    account = Account(asterisk, "8001", context="from-agent")
    account.create()
    try:
        with SipPhone(sip_address(asterisk)) as agent:
            assert agent.call("8002" + FORGED, "8001", account.password)[0] == 404
    finally:
        account.delete()
    with SipPhone(sip_address(asterisk), host=DEMO_CARRIER) as carrier:
        assert carrier.call("12345" + FORGED, "13800138000")[0] == 404
    assert ami.send("Ping")["Response"] == "Success"
    assert [event for event in ami.events if "Uniqueid" in event] == []
