"""SIP accounts: made whole or not at all, ended on time even when the server was killed (abuse 24)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from hotline.errors import ConfigurationError, InvalidInput, Unavailable
from hotline.ports.pbx import AccountKind
from telephony.accounts import AriAccounts, AriSettings
from tests.support.ari_server import LOGIN, AriServer, ari_server
from tests.support.clock import MovableClock

HOUR = timedelta(hours=1)


@pytest.fixture
async def ari() -> AsyncIterator[AriServer]:
    async with ari_server() as running:
        yield running


@pytest.fixture
def settings(ari: AriServer, tmp_path: Path) -> AriSettings:
    return AriSettings(ari.url, *LOGIN, tmp_path / "accounts.json")


@pytest.fixture
async def accounts(settings: AriSettings, clock: MovableClock) -> AsyncIterator[AriAccounts]:
    made = AriAccounts(settings, clock)
    yield made
    await made.close()


async def test_an_account_reaches_only_what_its_kind_may(ari: AriServer, accounts: AriAccounts) -> None:
    account = await accounts.create("li.na", AccountKind.AGENT, HOUR)
    await accounts.create("web1", AccountKind.CITIZEN, HOUR)
    assert ari.objects["endpoint", "li.na"]["context"] == "from-agent"
    assert ari.objects["endpoint", "web1"]["context"] == "from-web"
    assert ari.objects["auth", "li.na"]["password"] == account.password


async def test_no_account_lives_longer_than_an_hour(accounts: AriAccounts, clock: MovableClock) -> None:
    account = await accounts.create("li.na", AccountKind.AGENT, timedelta(hours=9))
    assert account.expires_at == clock.now() + HOUR


async def test_an_account_whose_time_is_over_is_removed(
    ari: AriServer, accounts: AriAccounts, clock: MovableClock
) -> None:
    await accounts.create("li.na", AccountKind.AGENT, timedelta(minutes=5))
    await accounts.sweep()
    assert len(ari.objects) == 3
    clock.move(minutes=5)
    await accounts.sweep()
    assert ari.objects == {}


async def test_what_a_killed_server_left_behind_ends_on_time(
    ari: AriServer, settings: AriSettings, accounts: AriAccounts, clock: MovableClock
) -> None:
    account = await accounts.create("li.na", AccountKind.AGENT, HOUR)
    assert account.password not in settings.ledger.read_text("utf-8")
    clock.move(hours=1)
    after_restart = AriAccounts(settings, clock)
    await after_restart.sweep()
    await after_restart.close()
    assert ari.objects == {}


async def test_what_was_half_made_is_removed(ari: AriServer, accounts: AriAccounts) -> None:
    ari.refused.add("endpoint")
    with pytest.raises(Unavailable, match="line_accounts_down"):
        await accounts.create("li.na", AccountKind.AGENT, HOUR)
    assert ari.objects == {}


async def test_an_exchange_that_died_is_given_its_accounts_again(
    ari: AriServer, accounts: AriAccounts, clock: MovableClock
) -> None:
    kept = await accounts.create("li.na", AccountKind.AGENT, HOUR)
    await accounts.create("zhao.min", AccountKind.AGENT, HOUR)
    await accounts.create("web1", AccountKind.CITIZEN, timedelta(minutes=5))
    await accounts.revoke("zhao.min")
    clock.move(minutes=5)
    ari.objects.clear()
    await accounts.restore()
    assert {name for _, name in ari.objects} == {"li.na"}
    assert ari.objects["auth", "li.na"]["password"] == kept.password
    assert ari.objects["endpoint", "li.na"]["context"] == "from-agent"


async def test_an_exchange_that_lives_on_keeps_its_accounts_as_they_are(
    ari: AriServer, accounts: AriAccounts
) -> None:
    await accounts.create("li.na", AccountKind.AGENT, HOUR)
    ari.objects["endpoint", "li.na"]["context"] = "mark"
    await accounts.restore()
    assert ari.objects["endpoint", "li.na"]["context"] == "mark"


async def test_an_account_made_before_our_own_start_waits_for_its_page_to_ask_again(
    ari: AriServer, settings: AriSettings, accounts: AriAccounts, clock: MovableClock
) -> None:
    await accounts.create("li.na", AccountKind.AGENT, HOUR)
    ari.objects.clear()
    after_restart = AriAccounts(settings, clock)
    await after_restart.restore()
    await after_restart.close()
    assert ari.objects == {}
    assert settings.ledger.read_text("utf-8") == "{}"


@pytest.mark.parametrize("user", ["trunk", "../endpoint/x", "a b", "a&b", ""])
async def test_a_name_that_could_harm_makes_no_account(
    ari: AriServer, accounts: AriAccounts, user: str
) -> None:
    for act in (accounts.create(user, AccountKind.AGENT, HOUR), accounts.revoke(user)):
        with pytest.raises(InvalidInput, match="agent_unsafe"):
            await act
    assert ari.objects == {}


def test_accounts_are_made_on_this_machine_only(tmp_path: Path, clock: MovableClock) -> None:
    with pytest.raises(ConfigurationError, match="ari_not_loopback"):
        AriAccounts(AriSettings("http://192.0.2.1:8088", *LOGIN, tmp_path / "accounts.json"), clock)


async def test_calls_for_an_agent_at_a_desk_phone_ring_at_the_phones_address_under_the_phones_password(
    ari: AriServer, accounts: AriAccounts
) -> None:
    await accounts.create("li.na", AccountKind.AGENT, HOUR)
    await accounts.use_desk_phone("li.na", "desk-front", HOUR)
    endpoint = ari.objects["endpoint", "li.na"]
    assert (endpoint["aors"], endpoint["auth"]) == ("desk-front", "desk-front")
    assert endpoint["context"] == "from-agent"
    assert [name for _, name in ari.objects] == ["li.na"]  # nothing that a browser could register at


async def test_an_agent_who_goes_back_to_the_browser_leaves_the_desk_phone(
    ari: AriServer, accounts: AriAccounts
) -> None:
    await accounts.use_desk_phone("li.na", "desk-front", HOUR)
    account = await accounts.create("li.na", AccountKind.AGENT, HOUR)
    assert ari.objects["endpoint", "li.na"]["aors"] == "li.na"
    assert ari.objects["auth", "li.na"]["password"] == account.password
    await accounts.revoke("li.na")
    assert ari.objects == {}
