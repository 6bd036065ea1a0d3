"""At least one test for every fault of panoramisk that would hurt a citizen.

The other side is the scripted manager interface, over a real socket.
"""

from __future__ import annotations

import ast
import asyncio
import logging
from dataclasses import replace

import pytest

from hotline.errors import Unavailable
from scripts.build_ui import ROOT
from telephony.ami import ordered
from telephony.ami.framing import Framer
from telephony.ami.link import AmiLink, LinkSettings
from telephony.ami.message import AmiMessage
from tests.support.ami_link import NAME, RING, Heard, linked, patient
from tests.support.ami_server import GREETING, SECRET, USER, AmiServer, Connection, Headers, Received, block
from tests.support.waiting import until


def never(_: Connection, __: Received) -> None:
    """A script that leaves the action without an answer."""


# -- a character split between two segments is silently dropped


@pytest.mark.parametrize("cut", range(len(GREETING + RING) + 1))
def test_a_name_survives_any_cut_of_the_stream(cut: int) -> None:
    framer, stream = Framer(), GREETING + RING
    blocks = framer.feed(stream[:cut]) + framer.feed(stream[cut:])
    assert [AmiMessage(one).text("CallerIDName") for one in blocks] == [NAME]


def test_a_name_survives_a_stream_of_single_bytes() -> None:
    framer = Framer()
    blocks = [one for byte in GREETING + RING * 3 for one in framer.feed(bytes([byte]))]
    assert [AmiMessage(one).text("CallerIDName") for one in blocks] == [NAME] * 3


async def test_a_name_split_between_two_segments_arrives(ami: AmiServer, link: AmiLink) -> None:
    names: list[str] = []
    link.register_event("Newchannel", lambda _, event: names.append(event.text("CallerIDName")))
    half = RING.index(NAME.encode()) + 4  # one byte into the second character
    ami.send(RING[:half])
    await until(lambda: link.protocol is not None and link.protocol.framer.held == half, "half has come")
    ami.send(RING[half:])
    await until(lambda: bool(names), "the event has come")
    assert names == [NAME]


def test_bytes_that_are_no_text_cost_no_more_than_themselves() -> None:
    [one] = Framer().feed(GREETING + b"Event: X\r\nName: \xe5\xbc\r\nNext: 1\r\n\r\n")
    assert AmiMessage(one).text("Next") == "1"
    assert AmiMessage(one).text("Name") == "\ufffd"


# -- an unanswered action is sent again after a reconnection


async def test_an_originate_cut_off_is_never_sent_again(ami: AmiServer, link: AmiLink, heard: Heard) -> None:
    ami.on("Originate", lambda _, __: ami.drop())
    reply = await link.call("Originate", {"Channel": "PJSIP/1@trunk", "ChannelId": "ours-1"})
    assert reply.is_unknown
    await until(lambda: heard.log.count("login") == 2, "the link is up again")
    assert (await link.call("Ping")).success  # so all that was to be sent before it has been
    assert len(ami.actions("Originate")) == 1
    assert heard.log == ["login", "lost:closed", "login"]


async def test_without_a_link_nothing_is_kept_for_later(ami: AmiServer, link: AmiLink, heard: Heard) -> None:
    await ami.stop()
    await until(lambda: "lost:closed" in heard.log, "the loss is noticed")
    with pytest.raises(Unavailable, match="line_down"):
        await link.call("Hangup", {"Channel": "1"})
    await ami.listen()
    await until(lambda: heard.log.count("login") == 2, "the link is up again")
    assert (await link.call("Ping")).success
    assert ami.actions("Hangup") == []


# -- a callback that raises kills the connection and loses the rest of the chunk


async def test_a_handler_that_raises_costs_nothing_else(ami: AmiServer, link: AmiLink, heard: Heard) -> None:
    def broken(_: AmiLink, event: AmiMessage) -> None:
        if event.text("Uniqueid") == "1":
            raise ZeroDivisionError

    link.register_event("Newchannel", broken)
    link.register_event("Newchannel", heard.event)
    ami.send(b"".join(block({"Event": "Newchannel", "Uniqueid": str(n)}) for n in (1, 2, 3)))
    await until(lambda: "3" in heard.log, "the last event is handled")
    assert heard.log == ["login", "1", "2", "3"]
    assert ami.accepted == 1
    assert link.queue.failures == 1


async def test_a_handler_that_hangs_is_given_up(
    ami: AmiServer, link: AmiLink, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordered, "HANDLER_SECONDS", 0.01)

    async def hangs(_: AmiLink, __: AmiMessage) -> None:
        await asyncio.Event().wait()

    link.register_event("Newchannel", hangs)
    link.register_event("Newchannel", heard.event)
    ami.send(RING)
    await until(lambda: "1" in heard.log, "the next handler has run")


# -- Originate without Async never ends


@pytest.mark.parametrize("given", [{}, {"Async": "false"}, {"async": "0"}])
async def test_an_originate_is_always_asynchronous(
    ami: AmiServer, link: AmiLink, given: dict[str, str]
) -> None:
    ami.on("Originate", lambda connection, action: connection.answer(action, Message="queued"))
    assert (await link.call("Originate", {"Channel": "Local/1@x", **given})).success
    assert ami.actions("Originate")[0].all("Async") == ["true"]


# -- no timeouts; a missing pong is ignored; pending pings leak


async def test_an_action_without_an_answer_ends_as_unknown(ami: AmiServer, link: AmiLink) -> None:
    ami.on("Status", never)
    reply = await link.call("Status", within=0.01)
    assert reply.is_unknown
    assert not reply.success
    assert link.protocol is not None
    assert link.protocol.responses == {}


async def test_so_does_one_sent_in_the_old_way(ami: AmiServer, heard: Heard) -> None:
    ami.on("Status", never)
    async with linked(replace(patient(ami), answer_within=0.2), heard) as link:
        assert (await link.send_action({"Action": "Status"})).is_unknown


async def test_a_late_answer_is_nobodys(ami: AmiServer, link: AmiLink) -> None:
    late: list[tuple[Connection, Received]] = []
    ami.on("Status", lambda connection, action: late.append((connection, action)))
    assert (await link.call("Status", within=0.01)).is_unknown
    for connection, action in late:
        connection.answer(action, Message="late")
    ami.on("Status", lambda connection, action: connection.answer(action, Message="in time"))
    assert (await link.call("Status")).message == "in time"


async def test_a_missing_pong_is_a_lost_link(ami: AmiServer, heard: Heard) -> None:
    # The next try may find the server still silent: it must not be waited for either.
    impatient = replace(patient(ami), ping_every=0.01, pong_within=0.2, answer_within=0.5)
    async with linked(impatient, heard) as link:
        pending = [asyncio.ensure_future(link.send_action({"Action": "Ping"})) for _ in range(3)]
        ami.mute = True
        await until(lambda: "lost:silent" in heard.log, "the silence is noticed")
        assert all(reply.response is None or reply.success for reply in await asyncio.gather(*pending))
        with pytest.raises(Unavailable, match="line_down"):
            await link.call("Ping")
        ami.mute = False
        await until(lambda: heard.log[-1] == "login", "the link is up again")


def test_a_dead_link_is_noticed_within_ten_seconds() -> None:
    settings = LinkSettings("127.0.0.1", 1, USER, SECRET)
    assert settings.ping_every + settings.pong_within <= 10


# -- async callbacks finish out of order


async def test_events_are_handled_in_their_order_however_long_each_takes(
    ami: AmiServer, link: AmiLink, heard: Heard
) -> None:
    go_on = asyncio.Event()

    async def handle(_: AmiLink, event: AmiMessage) -> None:
        if event.text("Uniqueid") == "1":
            await go_on.wait()
        heard.log.append(event.text("Uniqueid"))

    link.register_event("Newchannel", handle)
    link.register_event("Hangup", handle)
    ami.send(RING + block({"Event": "Hangup", "Uniqueid": "2"}))
    assert (await link.call("Ping")).success  # answers overtake: a handler may await one
    await until(lambda: len(link.queue) == 1, "the hang-up waits for its turn")
    assert heard.log == ["login"]
    go_on.set()
    await until(lambda: len(heard.log) == 3, "both are handled")
    assert heard.log == ["login", "1", "2"]


async def test_the_login_goes_before_every_event_of_its_connection(ami: AmiServer, heard: Heard) -> None:
    def in_one_segment(connection: Connection, action: Received) -> None:
        connection.answer(action)
        connection.send(RING)

    ami.on("Login", in_one_segment)
    link = AmiLink(patient(ami), heard.login, heard.lost)
    link.register_event("Newchannel", heard.event)
    link.connect()
    await until(lambda: "1" in heard.log, "the event is handled")
    await link.close()
    assert heard.log == ["login", "1"]


async def test_a_handler_may_await_an_answer_and_an_event(ami: AmiServer, link: AmiLink) -> None:
    """Both are settled by the reader; in the ordered queue the handler would wait for itself."""
    done: list[bool] = []

    def offer(connection: Connection, action: Received) -> None:
        connection.answer(action)
        ami.event("UserEvent", UserEvent="AcdOffer", Uniqueid="1")

    ami.on("PlayDTMF", offer)

    async def handle(_: AmiLink, event: AmiMessage) -> None:
        with link.expecting("AcdOffer", event.text("Uniqueid")) as seen:
            await link.call("PlayDTMF", {"Channel": "1", "Digit": "D"})
            done.append((await seen).text("UserEvent") == "AcdOffer")

    link.register_event("Newchannel", handle)
    ami.send(RING)
    await until(lambda: done == [True], "the handler has seen its event")


# -- close() leaves a reconnection pending; a bad password retries for ever in silence


async def test_close_ends_a_pending_reconnection(ami: AmiServer, heard: Heard) -> None:
    async with linked(patient(ami), heard) as link:
        await ami.stop()
        await until(lambda: "lost:refused" in heard.log, "it tries to reconnect")
        await link.close()
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("ami-")] == []


async def test_a_bad_password_is_told_and_tried_again_slowly(
    ami: AmiServer, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    async with linked(replace(patient(ami), secret="wrong"), heard, up=False) as link:
        await until(lambda: len(ami.actions("Login")) >= 3, "it tries again")
        assert link.trouble == "bad_password"
        assert heard.log == ["lost:bad_password"]
        ami.secret = "wrong"
        await until(lambda: heard.log[-1] == "login", "it gets in once the password is right")
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == [f"Asterisk at 127.0.0.1:{ami.port} refuses the password of {USER!r}"]
    assert LinkSettings("", 0, "", "").retry_refused >= 30
    assert "wrong" not in caplog.text


# -- an event with a pending ActionID bypasses the handlers


async def test_an_event_with_a_pending_action_reaches_the_handlers_too(ami: AmiServer, link: AmiLink) -> None:
    seen: list[str] = []

    def event_first(connection: Connection, action: Received) -> None:
        ami.event("OriginateResponse", ActionID=action["ActionID"], Uniqueid="ours-1")
        connection.answer(action)

    ami.on("Originate", event_first)
    link.register_event("OriginateResponse", lambda _, event: seen.append(event.text("Uniqueid")))
    assert (await link.call("Originate", {"ChannelId": "ours-1"})).success
    await until(lambda: seen == ["ours-1"], "the handler has it")


async def test_a_list_is_collected_whole(ami: AmiServer, link: AmiLink) -> None:
    rows: list[Headers] = [{"Channel": f"PJSIP/{n}"} for n in range(50)]
    ami.on("CoreShowChannels", lambda connection, action: connection.rows(action, "CoreShowChannel", rows))
    reply = await link.call("CoreShowChannels")
    assert [row.text("Channel") for row in reply.rows] == [row["Channel"] for row in rows]


async def test_a_list_that_breaks_off_is_unknown(ami: AmiServer, link: AmiLink) -> None:
    ami.on("CoreShowChannels", lambda connection, action: connection.answer(action, EventList="start"))
    assert (await link.call("CoreShowChannels", within=0.01)).is_unknown


# -- CallManager and its FastAGI server


def test_what_must_not_be_used_is_not_imported() -> None:
    for file in (ROOT / "telephony").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {"CallManager", "fast_agi", "panoramisk.call_manager", "panoramisk.fast_agi"}.isdisjoint(
                names
            ), file
