"""Benchmark: from a citizen's message to the alarm on the agent's page.

    python bench/bench_alarm.py [--messages 30] [--crowd 4] [--rounds 6]

Starts a real hotline in a process of its own (SQLite, the shipped rules, no model), prints one JSON object.
``message_to_alarm_ms`` counts from before the citizen's request until the alarm has come over the agent's
WebSocket, one conversation at a time; ``answer_ms`` is how long the citizen's request itself took.
``crowd`` is the same while that many conversations are written to at once. ``check_ms`` is the rules' share:
one check of the longest message, of 4000 characters, in this process. More than 60 citizens at one address
are turned away in a quarter of an hour: ``messages`` and ``crowd * rounds`` together must not exceed that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nlp.emergency.engine import RuleEngine
from tests.support.people import Person, people
from tests.support.running import RunningHotline, demo_password, running_hotline

GAS = "\N{CJK UNIFIED IDEOGRAPH-7164}\N{CJK UNIFIED IDEOGRAPH-6C14}\N{CJK UNIFIED IDEOGRAPH-5473}"
"""The smell of gas."""
SETTINGS = {"HOTLINE_SPEECH_ENGINE": "off", "HOTLINE_CLASSIFIER": "false"}
LONGEST = 4000


async def one(lead: aiohttp.ClientSession, citizen: Person) -> tuple[float, float]:
    """Seconds until the alarm was shown, and until the citizen's request was answered."""
    await citizen.arrive()
    conversation_id = (await citizen.say("hello"))["conversation_id"]
    async with lead.ws_connect("/api/live") as socket:
        watch = {"type": "watch", "watch": "w", "feed": "suggestions", "key": conversation_id}
        await socket.send_json(watch)
        await socket.receive_json()
        begun = time.perf_counter()
        shown, answered = await asyncio.gather(_alarm(socket), _said(citizen))
        return shown - begun, answered - begun


async def _alarm(socket: aiohttp.ClientWebSocketResponse) -> float:
    while True:
        message: dict[str, Any] = await socket.receive_json()
        if any("/alarm:" in entity["id"] for entity in message.get("upserts", ())):
            return time.perf_counter()


async def _said(citizen: Person) -> float:
    await citizen.say(GAS)
    return time.perf_counter()


def figures(seconds: list[float]) -> dict[str, float]:
    """Milliseconds."""
    in_order = sorted(value * 1000 for value in seconds)
    return {
        "median": round(statistics.median(in_order), 1),
        "p95": round(in_order[int(len(in_order) * 0.95)], 1),
        "most": round(in_order[-1], 1),
    }


def check_ms() -> float:
    """The rules on the longest message, median of several."""
    rules, text = RuleEngine(), (GAS * LONGEST)[: LONGEST - 1]
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        rules.check(text)
        taken.append((time.perf_counter() - begun) * 1000)
    return round(statistics.median(taken), 2)


async def measure(hotline: RunningHotline, messages: int, crowd: int, rounds: int) -> dict[str, Any]:
    """All figures."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(hotline.url, cookie_jar=jar) as lead, people(hotline.url) as person:
        account = {"account": "shift_lead", "password": demo_password()}
        (await lead.post("/api/session", json=account)).raise_for_status()
        alone = [await one(lead, person()) for _ in range(messages)]
        together = []
        for _ in range(rounds):
            together += await asyncio.gather(*(one(lead, person()) for _ in range(crowd)))
    return {
        "messages": messages,
        "message_to_alarm_ms": figures([shown for shown, _ in alone]),
        "answer_ms": figures([answered for _, answered in alone]),
        "crowd": {"conversations": crowd, **figures([shown for shown, _ in together])},
        "check_ms": check_ms(),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="From a message to the alarm")
    parser.add_argument("--messages", type=int, default=30)
    parser.add_argument("--crowd", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_hotline(Path(folder) / "data", SETTINGS) as hotline,
    ):
        print(json.dumps(asyncio.run(measure(hotline, **vars(options))), indent=2))


if __name__ == "__main__":
    main()
