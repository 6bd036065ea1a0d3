"""The live sound of each side of a running call, on the real Asterisk."""

from __future__ import annotations

import array
import asyncio
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hotline.ports.audiosink import RATE, Leg
from hotline.ports.callsink import CallAnswered, CallEnded, CallWaiting
from hotline.ports.pbx import Outcome
from telephony.ami.link import LinkSettings
from telephony.asterisk.run import Asterisk
from telephony.carrier.run import Carrier, CitizenCall
from telephony.pbx import AmiPbx
from tests.support.asterisk import citizens, loudness, running_asterisk, telephone, tone
from tests.support.line import Told, product_at, settings_for
from tests.support.waiting import until

CITIZEN, AGENT = 440.0, 1000.0
CLEAR, NOTHING = 2000.0, 200.0
PHONE = "8001"


class Ear:
    """A sink that keeps what it hears."""

    def __init__(self) -> None:
        self.pcm = bytearray()
        self.has_ended = False

    def frame(self, pcm: bytes) -> None:
        self.pcm += pcm

    def ended(self) -> None:
        self.has_ended = True

    async def hears(self, seconds: float = 3.0) -> None:
        """For so long."""
        wanted = len(self.pcm) + int(seconds * RATE) * 2
        await until(lambda: len(self.pcm) > wanted, f"{seconds} s more were heard")

    def loudness(self, pitch: float, folder: Path) -> float:
        """The amplitude of a pitch in what was heard."""
        samples = array.array("h", bytes(self.pcm))[::2]
        path = folder / "heard.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE // 2)
            file.writeframes(samples.tobytes())
        return loudness(path, pitch)


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    folder = tmp_path_factory.mktemp("exchange")
    (folder / "sounds" / "zh").mkdir(parents=True)
    tone(folder / "sounds" / "zh" / "recording-notice.wav", 300, 0.4)
    with running_asterisk(folder) as running:
        yield running


@pytest.fixture(scope="module")
def carrier(asterisk: Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carrier]:
    folder = tmp_path_factory.mktemp("town")
    with (
        citizens(asterisk, folder) as running,
        telephone(asterisk, folder, PHONE, tone(folder / "a.wav", AGENT, 1)),
    ):
        yield running


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def pbx(asterisk: Asterisk, told: Told, tmp_path: Path) -> AsyncIterator[AmiPbx]:
    assert asterisk.ports is not None
    link = LinkSettings("127.0.0.1", asterisk.ports.ami, *asterisk.ami_login)
    ari = (f"http://127.0.0.1:{asterisk.ports.http}", *asterisk.ari_login)
    async with product_at(settings_for(tmp_path, link, ari), told) as connected:
        yield connected


@pytest.fixture
async def call(pbx: AmiPbx, carrier: Carrier, told: Told, tmp_path: Path) -> AsyncIterator[str]:
    """A call in which both sides speak."""
    citizen = carrier.place(CitizenCall("13800138000", wav=tone(tmp_path / "c.wav", CITIZEN), repeat=True))
    call_id = (await told.until(CallWaiting)).call_id
    assert await pbx.offer(call_id, PHONE) is Outcome.DONE
    await told.until(CallAnswered, call_id)
    yield call_id
    await asyncio.to_thread(carrier.hang_up, citizen)
    await told.until(CallEnded, call_id)


async def test_each_leg_is_heard_by_itself(pbx: AmiPbx, call: str, tmp_path: Path) -> None:
    citizen, agent = Ear(), Ear()
    assert await pbx.tap(call, Leg.CITIZEN, citizen) is Outcome.DONE
    assert await pbx.tap(call, Leg.AGENT, agent) is Outcome.DONE
    await asyncio.gather(citizen.hears(), agent.hears())
    assert citizen.loudness(CITIZEN, tmp_path) > CLEAR
    assert citizen.loudness(AGENT, tmp_path) < NOTHING
    assert agent.loudness(AGENT, tmp_path) > CLEAR
    assert agent.loudness(CITIZEN, tmp_path) < NOTHING


async def test_a_tap_ends_with_the_call_and_not_the_other_way_round(
    pbx: AmiPbx, call: str, told: Told
) -> None:
    first, second = Ear(), Ear()
    assert await pbx.tap(call, Leg.CITIZEN, first) is Outcome.DONE
    await first.hears(0.5)
    pbx.untap(call, Leg.CITIZEN)
    await until(lambda: first.has_ended, "the tap has ended")
    assert [one.call_id for one in await pbx.snapshot()] == [call]
    assert await pbx.tap(call, Leg.CITIZEN, second) is Outcome.DONE
    await second.hears(0.5)
    assert not told.of(CallEnded)
    assert await pbx.hang_up(call) is Outcome.DONE
    await told.until(CallEnded, call)
    await until(lambda: second.has_ended, "the tap ends with its leg")


async def test_there_is_nothing_to_hear_of_a_call_that_is_not_there(pbx: AmiPbx) -> None:
    assert await pbx.tap("no-such-call", Leg.CITIZEN, Ear()) is Outcome.GONE


async def test_whoever_connects_without_being_asked_is_not_heard(pbx: AmiPbx, call: str) -> None:
    ear = Ear()
    assert await pbx.tap(call, Leg.CITIZEN, ear) is Outcome.DONE
    port = pbx.taps.port
    for said in (b"\x01\x00\x10" + bytes(16), b"\x12\x02\x80" + b"\x7f" * 640, b"GET / HTTP/1.1\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
    await ear.hears(0.5)
