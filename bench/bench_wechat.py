"""Benchmark 4: signed WeChat calls over 32 connections, ours beside a bare FastAPI + uvicorn endpoint.

    python bench/bench_wechat.py [--dir FOLDER] [--rounds 5] [--calls 3000] [--connections 32]

Prints one JSON object. Each server is a process of its own; the caller is this one, with requests made and
signed beforehand, every one with a message id and a nonce of its own. Rounds are interleaved.

``ours``            the product's own application and database file: signature, freshness, XML, one durable
                    unit that deduplicates by message id and by proof; acknowledged after its COMMIT
``ours_entering``   the same while the relay and the other workers bring what was kept into conversations
``fastapi``         the peer: reads the body, answers ``success``; uvicorn with asyncio and h11
``fastapi_fast``    the same with uvloop and httptools

``ratio`` is ours by fastapi (1 is to be reached), ``ratio_fast`` by fastapi_fast: medians over the rounds of
the ratio within a round. The peer needs the packages of ``requirements/bench.txt``; without them its figures
are null.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import psutil

OURS = ("ours", "ours_entering")
PEERS = ("fastapi", "fastapi_fast")
TOKEN = "bench-token"  # noqa: S105
READY = "ready "
DOCUMENT = (
    "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o{sender:027d}]]></FromUserName>"
    "<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[There has been no "
    "water in building {sender} since this morning, when will it be back?]]></Content>"
    "<MsgId>{number}</MsgId></xml>"
)
SENDERS = 500


@dataclass(frozen=True)
class Run:
    """Calls a second, times of answers in milliseconds, and what a call cost the server, in microseconds of
    its processor time: of the three the one that other programs on the machine disturb least."""

    per_second: float
    p50: float
    p99: float
    cpu_us: float


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--serve", choices=(*OURS, *PEERS))
    asked = parser.parse_args()
    if asked.serve in OURS:
        asyncio.run(serve_ours(asked.dir, works=asked.serve == "ours_entering"))
    elif asked.serve:
        serve_peer(fast=asked.serve == "fastapi_fast")
    else:
        print(json.dumps(measure(asked), indent=2))


def measure(asked: argparse.Namespace) -> dict[str, object]:
    """All rounds, and what they come to."""
    has_peer = all(importlib.util.find_spec(name) for name in ("fastapi", "uvicorn"))
    has_fast = has_peer and all(importlib.util.find_spec(name) for name in ("uvloop", "httptools"))
    names = [*OURS, *(["fastapi"] if has_peer else []), *(["fastapi_fast"] if has_fast else [])]
    runs: dict[str, list[Run]] = {name: [] for name in names}
    numbers = count(int(time.time()) * 1_000_000)
    with tempfile.TemporaryDirectory(dir=asked.dir) as folder:
        template = Path(folder) / "template"
        migrated(template)
        for _ in range(asked.rounds):
            for name in names:
                data = Path(folder) / "data"
                shutil.rmtree(data, ignore_errors=True)
                shutil.copytree(template, data)
                with server(name, data) as (port, process):
                    calls = [signed_call(next(numbers)) for _ in range(asked.calls)]
                    runs[name].append(asyncio.run(call_all(port, process, calls, asked.connections)))
    return {
        "calls": asked.calls,
        "connections": asked.connections,
        **{name: summary(found) for name, found in runs.items()},
        "ratio": ratio(runs, "ours", "fastapi"),
        "ratio_fast": ratio(runs, "ours", "fastapi_fast"),
        "ratio_entering": ratio(runs, "ours_entering", "fastapi"),
    }


def summary(runs: list[Run]) -> dict[str, float]:
    """Medians over the rounds."""
    return {
        name: round(statistics.median(getattr(run, name) for run in runs), 2)
        for name in ("per_second", "p50", "p99", "cpu_us")
    }


def ratio(runs: dict[str, list[Run]], one: str, other: str) -> float | None:
    """The median of the ratios within a round."""
    pairs = zip(runs.get(one, ()), runs.get(other, ()), strict=False)
    found = [mine.per_second / theirs.per_second for mine, theirs in pairs]
    return round(statistics.median(found), 2) if found else None


def migrated(folder: Path) -> None:
    """An empty hotline's data folder."""
    from hotline.migrations.run import migrate

    folder.mkdir()
    migrate(f"sqlite:///{folder / 'hotline.db'}")


@contextmanager
def server(name: str, data: Path) -> Iterator[tuple[int, psutil.Process]]:
    """A server in its own process, and its port."""
    command = [sys.executable, __file__, "--serve", name, "--dir", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(READY), f"{name} did not start"
        port = int(line.removeprefix(READY))
        until_it_listens(port)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def until_it_listens(port: int) -> None:
    """Wait for the server."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


async def serve_ours(data: Path, *, works: bool) -> None:
    """The product as it is composed, with an account whose platform is not there."""
    from aiohttp import web

    from hotline.config import Settings
    from hotline.main import build

    settings = Settings(
        data=data,
        telephony=False,
        classifier=False,
        speech_engine="off",
        log_level="ERROR",
        wechat_app_id="wxbench",
        wechat_token=TOKEN,
        wechat_secret="bench-secret",  # noqa: S106
        wechat_api_base="http://127.0.0.1:9",
    )
    hotline = build(settings)
    await hotline.prepare()
    runner = web.AppRunner(hotline.app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    if works:
        hotline.supervisor.start()
    print(f"{READY}{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


def serve_peer(*, fast: bool) -> None:
    """FastAPI as one writes it in three lines."""
    import uvicorn
    from fastapi import FastAPI, Request, Response

    app = FastAPI()

    async def take(request: Request) -> Response:
        await request.body()
        return Response("success", media_type="text/plain")

    # The annotations are texts here, so the route is given the classes themselves.
    take.__annotations__ = {"request": Request, "return": Response}
    app.post("/channels/wechat")(take)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kind = ("uvloop", "httptools") if fast else ("asyncio", "h11")
    # It binds by itself: on a socket that it is given, asyncio leaves Nagle's algorithm on.
    config = uvicorn.Config(app, port=port, loop=kind[0], http=kind[1], log_level="error", access_log=False)
    print(f"{READY}{port}", flush=True)
    uvicorn.Server(config).run()


def signed_call(number: int) -> bytes:
    """One HTTP request."""
    now, nonce = str(int(datetime.now(UTC).timestamp())), str(number)
    signature = sha1("".join(sorted((TOKEN, now, nonce))).encode(), usedforsecurity=False).hexdigest()
    query = urlencode({"signature": signature, "timestamp": now, "nonce": nonce})
    body = DOCUMENT.format(sender=number % SENDERS, now=now, number=number).encode()
    head = f"POST /channels/wechat?{query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def call_all(port: int, process: psutil.Process, calls: list[bytes], connections: int) -> Run:
    """Every call once, over connections that stay open; each waits for its answer."""
    waiting = iter(calls)
    times: list[float] = []

    async def caller() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for call in waiting:
            begun = time.perf_counter()
            writer.write(call)
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head[:20], head
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            assert await reader.readexactly(length) == b"success"
            times.append(time.perf_counter() - begun)
        writer.close()

    worked, begun = sum(process.cpu_times()[:2]), time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(connections)))
    took, worked = time.perf_counter() - begun, sum(process.cpu_times()[:2]) - worked
    times.sort()
    return Run(
        per_second=len(calls) / took,
        p50=1000 * times[len(times) // 2],
        p99=1000 * times[int(len(times) * 0.99)],
        cpu_us=1e6 * worked / len(calls),
    )


if __name__ == "__main__":
    main()
