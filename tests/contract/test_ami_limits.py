"""What the link refuses to send, to hold or to believe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from hotline.errors import InvalidInput
from telephony.ami import ordered
from telephony.ami.action import MAX_LINE
from telephony.ami.framing import MAX_BLOCK, Framer, GarbledStreamError
from telephony.ami.link import AmiLink
from telephony.ami.message import AmiMessage
from tests.support.ami_link import RING, Heard, linked, patient
from tests.support.ami_server import GREETING, AmiServer, block
from tests.support.waiting import until


async def test_memory_is_bounded_and_nothing_is_lost_when_handlers_are_slow(
    ami: AmiServer, link: AmiLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordered, "HIGH", 200)
    monkeypatch.setattr(ordered, "LOW", 50)
    monkeypatch.setattr(ordered, "HANDLER_SECONDS", 60.0)
    go_on, handled, most = asyncio.Event(), 0, 0

    async def slow(_: AmiLink, event: AmiMessage) -> None:
        nonlocal handled, most
        await go_on.wait()
        assert event.text("Uniqueid") == str(handled)
        handled, most = handled + 1, max(most, len(link.queue))

    link.register_event("Newchannel", slow)
    total = 50_000
    ami.send(b"".join(block({"Event": "Newchannel", "Uniqueid": str(n)}) for n in range(total)))
    await until(lambda: link.queue.is_full, "the reader pauses")
    go_on.set()
    await until(lambda: handled == total, "every event is handled, in order")
    assert most < total / 2
    assert link.queue.failures == 0


async def test_a_queue_that_stays_full_is_a_lost_link(
    ami: AmiServer, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordered, "HIGH", 10)
    go_on = asyncio.Event()
    async with linked(replace(patient(ami), ping_every=0.01, pong_within=0.1), heard) as link:

        async def slow(_: AmiLink, __: AmiMessage) -> None:
            await go_on.wait()

        link.register_event("Newchannel", slow)
        ami.send(RING * 100)
        await until(lambda: link.trouble == "overrun", "the link is given up")
        go_on.set()
        await until(lambda: heard.log.count("login") >= 2, "the link is up again")


@pytest.mark.parametrize("stream", [b"SSH-2.0-OpenSSH_9.9\r\n", b"x" * 5_000])
def test_another_protocol_is_refused(stream: bytes) -> None:
    with pytest.raises(GarbledStreamError):
        Framer().feed(stream)


def test_a_block_without_end_is_refused() -> None:
    framer = Framer()
    with pytest.raises(GarbledStreamError):
        framer.feed(GREETING + b"x" * (MAX_BLOCK + 1))


# -- CR, LF or NUL in a value is a second action


@pytest.mark.parametrize(
    "fields",
    [
        {"Channel": "PJSIP/1\r\nAction: Originate"},
        {"Channel": "PJSIP/1\n"},
        {"Channel": "PJSIP/1\r"},
        {"Channel": "PJSIP/1\0"},
        {"Channel\r\nAction": "Originate"},
        {"Channel: 1\r\nX": "1"},
        {"Variable": ["a=1", "b=2\r\nAction: Hangup"]},
        {"Channel": "\ud800"},
        {"Channel": "x" * MAX_LINE},
    ],
)
async def test_an_unsafe_value_is_refused_and_nothing_is_sent(
    ami: AmiServer, link: AmiLink, fields: dict[str, str | list[str]]
) -> None:
    for send in _ways(link):
        with pytest.raises(InvalidInput, match="line_value_unsafe"):
            send("Setvar", fields)
    with pytest.raises(InvalidInput, match="line_value_unsafe"):
        await link.call("Setvar\r\nAction: Logoff", {})
    assert (await link.call("Ping")).success
    assert {action.name for action in ami.received} == {"Login", "Ping"}


def _ways(link: AmiLink) -> list[Callable[[str, dict[str, str | list[str]]], object]]:
    return [
        lambda name, fields: link.call(name, fields).send(None),
        lambda name, fields: link.send_action({"Action": name, **fields}),
    ]


async def test_pings_leave_nothing_behind(ami: AmiServer, heard: Heard) -> None:
    async with linked(replace(patient(ami), ping_every=0.001), heard) as link:
        await until(lambda: len(ami.actions("Ping")) > 20, "there were many pings")
        assert link.protocol is not None
        assert len(link.protocol.responses) <= 1


async def test_a_server_that_never_greets_is_left(ami: AmiServer, heard: Heard) -> None:
    ami.mute = True
    async with linked(replace(patient(ami), answer_within=0.05), heard, up=False):
        await until(lambda: "lost:silent" in heard.log, "the silence is noticed")
        ami.mute = False
        await until(lambda: heard.log[-1] == "login", "the link is up")
