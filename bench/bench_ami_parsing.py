"""Benchmark 3: reading the stream of Asterisk's manager interface, ours beside panoramisk's own reader.

    python bench/bench_ami_parsing.py [--rounds 9] [--calls 400]

Prints one JSON object. The stream is a recorded call (``data/ami_call.txt``, as the product's configuration
sends it), again and again, cut as TCP does. Both sides have the same handlers for the same events and each
handler reads the same headers; ours runs them in order from its queue. Rounds are interleaved.

``panoramisk``  its ``AMIProtocol`` and ``Manager.dispatch``, with all its faults
``ours``        the product's: every fault mended; headers of an event are read when a handler asks for one
``ours_all``    the same with every header of every event read, whether anybody asks or not

Figures are events a second, the median over the rounds; ``ratio`` (1 is to be reached) and ``ratio_all`` are
medians of the ratio to panoramisk within a round. ``names_lost`` counts the events in which the caller's name
came out wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from telephony.ami.link import AmiLink, LinkSettings
from telephony.ami.message import AmiMessage
from telephony.ami.protocol import AmiProtocol
from telephony.calls import EVENTS

CALL = Path(__file__).parent / "data" / "ami_call.txt"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"
SEGMENT = 1448
"""Bytes of a TCP segment on an ordinary network."""


class NoTransport:
    """Takes what is written."""

    def write(self, data: bytes) -> None:
        """Nothing reads it."""

    def pause_reading(self) -> None:
        """The feed below cannot be paused."""

    resume_reading = close = abort = pause_reading

    def get_write_buffer_size(self) -> int:
        return 0


class EagerProtocol(AmiProtocol):
    """Makes a message of every event and reads every header, as panoramisk does, before it looks further."""

    def data_received(self, data: bytes) -> None:
        for block in self.framer.feed(data):
            message = AmiMessage(block)
            assert message.headers
            self.handle_message(message)


class Seen:
    """What the handlers saw."""

    def __init__(self, name: str) -> None:
        self.events = 0
        self.names_lost = 0
        self._name = name

    def see(self, _: Any, event: Any) -> None:
        """Reads what the product reads of an event."""
        self.events += 1
        event["Uniqueid" if "Uniqueid" in event else "Device"]
        if event.get("CallerIDName", self._name) not in {self._name, "<unknown>", ""}:
            self.names_lost += 1


def panoramisk(segments: Sequence[bytes], name: str) -> tuple[float, Seen]:
    """Seconds, and what was seen."""
    seen, manager = Seen(name), Manager()
    for pattern in EVENTS:
        manager.register_event(pattern, seen.see)
    protocol: Any = AMIProtocol()
    protocol.connection_made(NoTransport())
    protocol.factory, protocol.encoding = manager, "utf8"
    began = time.perf_counter()
    for segment in segments:
        protocol.data_received(segment)
    return time.perf_counter() - began, seen


async def _nothing(*_: object) -> None:
    """Nobody logs in here."""


async def ours(segments: Sequence[bytes], name: str, read_all: bool) -> tuple[float, Seen]:
    """Seconds until the last handler has run, and what was seen."""
    seen, done = Seen(name), asyncio.Event()
    link = AmiLink(LinkSettings("", 0, "", ""), _nothing, _nothing)
    for pattern in EVENTS:
        link.register_event(pattern, seen.see)
    protocol = EagerProtocol(link) if read_all else AmiProtocol(link)
    protocol.connection_made(cast(asyncio.Transport, NoTransport()))
    running = asyncio.create_task(link.queue.run())
    began = time.perf_counter()
    for count, segment in enumerate(segments):
        protocol.data_received(segment)
        if count % 45 == 0:  # as often as the loop would turn: it reads at most 64 KiB at a time
            await asyncio.sleep(0)
    link.queue.put("end", done.set)
    await done.wait()
    took = time.perf_counter() - began
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return took, seen


def stream(calls: int) -> tuple[list[bytes], int, str]:
    """The segments, the number of events, the caller's name."""
    call = CALL.read_text("utf-8")
    name = next(line for line in call.splitlines() if line.startswith("CallerIDName: ")).split(": ", 1)[1]
    whole = GREETING + call.replace("\n", "\r\n").encode() * calls
    segments = [whole[at : at + SEGMENT] for at in range(0, len(whole), SEGMENT)]
    return segments, call.count("\nEvent: ") * calls + calls, name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=400)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    segments, events, name = stream(given.calls)
    took: dict[str, list[float]] = {"panoramisk": [], "ours": [], "ours_all": []}
    lost: dict[str, int] = {}
    handled: set[int] = set()
    for _ in range(given.rounds):
        for way, seconds in took.items():
            if way == "panoramisk":
                spent, seen = panoramisk(segments, name)
            else:
                spent, seen = asyncio.run(ours(segments, name, way == "ours_all"))
            seconds.append(spent)
            handled.add(seen.events)
            lost[way] = seen.names_lost
    assert len(handled) == 1, f"not every side handled every event: {handled}"
    assert lost["ours"] == lost["ours_all"] == 0
    result: dict[str, object] = {
        "benchmark": 3,
        "events": events,
        "handled": handled.pop(),
        **{way: round(events / statistics.median(seconds)) for way, seconds in took.items()},
        "ratio": _ratio(took, "ours"),
        "ratio_all": _ratio(took, "ours_all"),
        "names_lost": lost,
    }
    print(json.dumps(result, indent=2))


def _ratio(took: dict[str, list[float]], way: str) -> float:
    within = [peer / mine for peer, mine in zip(took["panoramisk"], took[way], strict=True)]
    return round(statistics.median(within), 2)


if __name__ == "__main__":
    main()
