"""Desk phones at a real Asterisk: they register for good, ring when the product is gone, and dial nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from telephony.asterisk.run import Asterisk
from telephony.carrier.run import Carrier, CitizenCall
from telephony.desk_phones import DeskAccount, DeskPhones
from tests.support.ami_socket import AmiSocket
from tests.support.asterisk import (
    PHONE_HOST,
    citizens,
    loudness,
    program,
    running_asterisk,
    sip_address,
    tone,
)
from tests.support.sip import SipPhone
from tests.support.waiting import wait_until

CITIZEN, AGENT = 440.0, 1000.0
EXTENSION = "8001"


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    folder = tmp_path_factory.mktemp("desk-phones")
    notice = folder / "telephony" / "sounds" / "zh"
    notice.mkdir(parents=True)
    tone(notice / "recording-notice.wav", 300, 0.4)
    with running_asterisk(folder / "telephony") as running:
        yield running


@pytest.fixture
def phone(asterisk: Asterisk) -> Iterator[DeskAccount]:
    """A desk phone that was added while the exchange was running."""
    phones = DeskPhones(asterisk.settings.desk_phones)
    added = phones.add("front")
    asterisk.desk_phones_changed()
    yield added
    phones.remove("front")
    asterisk.desk_phones_changed()


@contextmanager
def device(asterisk: Asterisk, folder: Path, account: DeskAccount) -> Iterator[Carrier]:
    """What rings: it answers after a second and speaks."""
    voice = tone(folder / "agent.wav", AGENT, 1.0)
    server = sip_address(asterisk)
    with (
        Carrier(program(), folder / "device", server, host=PHONE_HOST, answer=voice) as carrier,
        SipPhone(server) as sip,
    ):
        assert sip.register(account.user, account.password, at=f"{EXTENSION}@{carrier.address}") == 200
        yield carrier


def test_a_phone_registers_with_its_own_password_and_with_no_other(
    asterisk: Asterisk, phone: DeskAccount
) -> None:
    with SipPhone(sip_address(asterisk)) as sip:
        assert sip.register(phone.user, "not-" + phone.password) == 401
        assert sip.register(phone.user, phone.password) == 200
        assert sip.register("desk-attic", phone.password) == 401


def test_a_phone_that_was_removed_registers_no_more(asterisk: Asterisk) -> None:
    phones = DeskPhones(asterisk.settings.desk_phones)
    gone = phones.add("cellar")
    asterisk.desk_phones_changed()
    with SipPhone(sip_address(asterisk)) as sip:
        assert sip.register(gone.user, gone.password) == 200
        phones.remove("cellar")
        asterisk.desk_phones_changed()
        assert sip.register(gone.user, gone.password) == 401


@pytest.mark.parametrize("called", ["13800138000", "hotline", "s", "none", "desk-front", "900"])
def test_a_phone_can_dial_nothing_with_its_password(
    asterisk: Asterisk, phone: DeskAccount, called: str
) -> None:
    with SipPhone(sip_address(asterisk)) as sip:
        status, call = sip.call(called, phone.user, phone.password)
    assert call is None
    assert 400 <= status < 500


def test_without_the_product_a_caller_reaches_the_desk_phone_and_is_recorded(
    asterisk: Asterisk, phone: DeskAccount, tmp_path: Path
) -> None:
    assert asterisk.ports is not None
    voice = tone(tmp_path / "citizen.wav", CITIZEN)
    with (
        citizens(asterisk, tmp_path) as carrier,
        device(asterisk, tmp_path, phone),
        AmiSocket(asterisk.ports.ami, asterisk.ami_login) as ami,
    ):
        carrier.place(CitizenCall("13800138000", wav=voice, repeat=True, stay=12))
        up = ami.user_event("AcdUp", Agent=phone.user)
        assert up["Fallback"] == "1"
        ami.wait_for(lambda e: e.get("UserEvent") == "AcdGone", "the end")
    legs = f"{up['Call']}~*.wav"
    folder = asterisk.settings.recordings
    wait_until(lambda: len(list(folder.glob(legs))) == 2, "both legs are complete")
    [citizen] = folder.glob(f"{up['Call']}~caller~*.wav")
    [agent] = folder.glob(f"{up['Call']}~{phone.user}~*.wav")
    assert loudness(citizen, CITIZEN) > 5 * loudness(citizen, AGENT)
    assert loudness(agent, AGENT) > 5 * loudness(agent, CITIZEN)
