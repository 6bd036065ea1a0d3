"""The load of benchmark 1: a scripted exchange and the agents' pages, in a process of their own.

    python -m bench.screen_pop.load

Reads one JSON object from standard input after it has printed its port, and prints what it measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import aiohttp

from hotline.web.guard import STAFF_COOKIE, cookie_at_port
from telephony import dialplan
from tests.support.ami_exchange import AmiExchange, Caller

RECORDED = Path(__file__).parents[1] / "data" / "ami_call.txt"
NOISE = {"arrives": 14, "offer": 6, "offered": 6, "ends": 14}
"""Events of a call that tell the product nothing, by where they stand: 40."""
RING_SECONDS = 0.5
"""Then the caller hangs up, so that agents are free again without a wrap-up."""
DECIDES_SECONDS = 0.02
"""When nobody decides: from the arrival to the offer."""
SETTLES_SECONDS = 3.0
"""After all agents have become ready."""
PATIENCE = 15.0


def noise() -> Iterator[bytes]:
    """Events as the product's own configuration lets them through, for ever."""
    whole = RECORDED.read_text("utf-8")
    blocks = [block for block in whole.split("\n\n") if block.startswith("Event: ")]
    quiet = [b for b in blocks if not b.startswith(("Event: UserEvent", "Event: Hangup", "Event: DeviceSt"))]
    return cycle([block.strip().replace("\n", "\r\n").encode() + b"\r\n\r\n" for block in quiet])


@dataclass
class Pops:
    """When each call's ring was written, and when its agent had it, in seconds of the monotonic clock."""

    written: dict[str, float] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    unknown: int = 0
    first: float = 0.0
    last: float = 0.0
    """When the first counted call came, and when the last one was shown."""
    at_begin: float = 0.0
    at_end: float = 0.0
    """Seconds of processor time that the server had used, before the first call and after the last."""

    def see(self, call_id: str, known: bool) -> None:
        """An agent's page shows the call as ringing."""
        if call_id in self.written and call_id not in self.shown:
            self.shown[call_id] = self.last = time.perf_counter()
            self.unknown += not known

    def report(self, warm: int, counted: int, rate: float) -> dict[str, Any]:
        """Milliseconds of the calls after the first ``warm``, and how many a second were shown."""
        ids = [f"call-{n}" for n in range(warm, warm + counted)]
        took = sorted((self.shown[one] - self.written[one]) * 1000 for one in ids if one in self.shown)
        span = max(counted / rate, self.last - self.first)
        return {
            "asked_per_second": rate,
            "shown_per_second": round(len(took) / span, 1),
            "calls": counted,
            "not_shown": counted - len(took),
            "without_contact": self.unknown,
            "p50_ms": round(took[len(took) // 2], 2) if took else None,
            "p99_ms": round(took[int(len(took) * 0.99)], 2) if took else None,
            "cpu_ms_per_call": round((self.at_end - self.at_begin) * 1000 / (warm + counted), 2),
        }


class Exchange(AmiExchange):
    """Citizens who call at a steady rate, ring for a while, and hang up."""

    def __init__(self, pops: Pops, agents: list[str]) -> None:
        super().__init__()
        self.pops = pops
        self._noise = noise()
        self._agents = cycle(agents)
        self._ended = 0
        self._one_ended = asyncio.Event()
        self.phones = dict.fromkeys(agents, "")  # registered; they ring until the caller hangs up

    def arrives(self, call_id: str, number: str, decide: bool) -> None:
        """A citizen calls. ``decide``: here it is said who is rung, for a peer that cannot say so."""
        self._hum("arrives")
        caller = Caller(call_id, number)
        caller.variables |= {dialplan.ID: call_id, dialplan.CALL: call_id, dialplan.STATE: "new",
                             dialplan.SINCE: f"{self.now():.0f}", dialplan.CALLED: "12345"}  # fmt: skip
        self.callers[call_id] = caller
        self.tell(caller, dialplan.NEW, Called="12345")
        self.wait(caller)
        if decide:
            loop = asyncio.get_running_loop()
            loop.call_later(DECIDES_SECONDS, self._ring, caller, next(self._agents))

    def _ring(self, caller: Caller, agent: str) -> None:
        self._hum("offer")
        self.pops.written[caller.call_id] = time.perf_counter()
        super()._ring(caller, agent)
        self._hum("offered")
        asyncio.get_running_loop().call_later(RING_SECONDS, self._gives_up, caller)

    def _gives_up(self, caller: Caller) -> None:
        self._hum("ends")
        self.hang_up(caller)
        self._ended += 1
        self._one_ended.set()

    async def all_ended(self, count: int) -> None:
        """So many callers have been rung for, and have given up."""
        while self._ended < count:
            self._one_ended.clear()
            await self._one_ended.wait()

    def _hum(self, where: str) -> None:
        self.send(b"".join(next(self._noise) for _ in range(NOISE[where])))


async def page(http: aiohttp.ClientSession, order: dict[str, Any], agent: dict[str, str], pops: Pops) -> None:
    """One agent's page: makes the agent ready, and reads ``my.calls``."""
    product = order["side"] == "ours"
    port = int(order["url"].rpartition(":")[2])
    headers = {"Cookie": f"{cookie_at_port(STAFF_COOKIE, port)}={agent['token']}"} if product else {}
    socket = await http.ws_connect(f"{order['url']}/api/live?agent={agent['id']}", headers=headers)
    if product:
        await socket.send_json({"type": "watch", "watch": "calls", "feed": "my.calls"})
        assert (await socket.receive_json())["type"] == "snapshot"
        headers["X-CSRF-Token"] = agent["csrf"]
        async with http.put(f"{order['url']}/api/agent/state", json={"state": "ready"}, headers=headers) as a:
            assert a.status == 200, await a.text()
    order["opened"].release()
    async for message in socket:
        look(message.data, pops)


def look(text: str, pops: Pops) -> None:
    """Note what the message shows as ringing, of either side."""
    message = json.loads(text)
    if message.get("Event") == "UserEvent":
        pops.see(message["Uniqueid"], True)
    for change in message.get("upserts", ()):
        call = change["data"]
        if call["state"] == "ring":
            pops.see(call["id"], call["contact"]["name"] is not None)


async def calls(exchange: Exchange, order: dict[str, Any]) -> None:
    """All of them, each at its moment, whatever became of those before."""
    loop, numbers, pops = asyncio.get_running_loop(), cycle(order["numbers"]), exchange.pops
    await asyncio.sleep(SETTLES_SECONDS)
    pops.at_begin = processor_time(order["pid"])
    print(json.dumps({"begins": True}), flush=True)
    began = loop.time()
    for n in range(order["warm"] + order["calls"]):
        await asyncio.sleep(began + n / order["rate"] - loop.time())
        if n == order["warm"]:
            pops.first = time.perf_counter()
        exchange.arrives(f"call-{n}", next(numbers), order["side"] == "bare")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await exchange.all_ended(order["warm"] + order["calls"])
    pops.at_end = processor_time(order["pid"])


def processor_time(pid: int) -> float:
    """Seconds that a process has used so far, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def run() -> None:
    """One run against one side."""
    pops = Pops()
    given = json.loads(sys.stdin.readline())
    async with Exchange(pops, [agent["id"] for agent in given["agents"]]) as exchange:
        print(json.dumps({"ami": exchange.port}), flush=True)
        order = json.loads(await asyncio.to_thread(sys.stdin.readline)) | given
        order["opened"] = asyncio.Semaphore(0)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            pages = [asyncio.create_task(page(http, order, one, pops)) for one in given["agents"]]
            for _ in pages:
                await order["opened"].acquire()
            await calls(exchange, order)
            for one in pages:
                one.cancel()
            await asyncio.gather(*pages, return_exceptions=True)
    print(json.dumps(pops.report(order["warm"], order["calls"], order["rate"])), flush=True)


if __name__ == "__main__":
    asyncio.run(run())
