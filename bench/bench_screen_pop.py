"""Benchmark 1: from the exchange's event of a ring to the pop on the agent's page, ours beside a bare hop.

    python bench/bench_screen_pop.py [--rates 25,50,100] [--rounds 3] [--seconds 8] [--agents 200]

Prints one JSON object. Two processes a run: the load, which is the scripted exchange with all agents' pages,
and one of two sides; rounds are interleaved, each with fresh processes and a fresh copy of one database.

``ours``  the product as ``hotline run`` wires it, on SQLite with ``synchronous=FULL``. For every call it does
          all that it does in an installation: the call arrives and waits, the router decides, the driver
          tells the exchange, the exchange tells of the ring, the caller gives up after half a second and is
          on the list of missed calls. See docs/benchmarks.md for the units of work that this takes
``bare``  reads the manager interface and sends the ring's event to the agent's WebSocket through aiohttp; it
          looks nothing up, keeps nothing and decides nothing (the load says who is rung)

Every call has 40 events beside those of the dialplan and comes from a number that belongs to a known
citizen; ``my.calls`` is open on every agent's page. A time begins right before the exchange writes
``AcdOffer`` and ends when the page has read the message that shows the call ringing, with its citizen.
Figures are milliseconds, medians over the rounds; ``ratio`` is p99 of ours by p99 of bare within a round, the
median of all rounds. ``shown_per_second`` below the rate asked for means that this machine cannot do more;
``cpu_ms_per_call`` is the processor time of the side's process, which tells it without the machine's mood.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
WARM_SECONDS = 2


def python(*arguments: str) -> list[str]:
    """The command line of a module of this benchmark."""
    return [sys.executable, "-m", f"bench.screen_pop.{arguments[0]}", *arguments[1:]]


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A module of this benchmark, gone at the end."""
    pipe = subprocess.PIPE
    child = subprocess.Popen(python(*arguments), cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
    try:
        yield child
    finally:
        child.terminate()
        child.communicate()


def said(child: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line that it prints."""
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line, "a process of this benchmark said nothing"
    answer: dict[str, Any] = json.loads(line)
    return answer


def tell(child: subprocess.Popen[str], what: dict[str, Any]) -> None:
    """One line to its standard input."""
    assert child.stdin is not None
    child.stdin.write(json.dumps(what) + "\n")
    child.stdin.flush()


class Bench:
    """The folder, and the installation that each run begins with."""

    def __init__(self, folder: Path, agents: int, seconds: float) -> None:
        self.folder, self.seconds = folder, seconds
        self.template = folder / "template"
        made = python("product", "prepare", "--data", str(self.template), "--agents", str(agents))
        prepared = subprocess.run(made, cwd=ROOT, check=True, capture_output=True, text=True)
        self.town: dict[str, Any] = json.loads(prepared.stdout)

    def run(self, side: str, rate: float) -> dict[str, Any]:
        """One side at one rate."""
        data = self.folder / "round"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.template, data)
        with process("load") as load:
            order = {"warm": round(WARM_SECONDS * rate), "calls": round(self.seconds * rate), "rate": rate}
            tell(load, {"side": side, **order, **self.town})
            ami = ("--ami", str(said(load)["ami"]))
            serve = ("product", "serve", "--data", str(data), *ami) if side == "ours" else ("bare", *ami)
            with process(*serve) as server:
                tell(load, {"url": said(server)["url"], "pid": server.pid})
                assert said(load)["begins"]
                return said(load)

    def report(self, rates: list[float], rounds: int) -> dict[str, Any]:
        """All of it."""
        found = [
            {rate: {side: self.run(side, rate) for side in ("bare", "ours")} for rate in rates}
            for _ in range(rounds)
        ]
        return {
            "benchmark": "1: the event of a ring to the agent's page, ours by a bare hop",
            "reach": {"p99_ms": 50, "ratio": 3},
            "agents": len(self.town["agents"]),
            "noise_events_per_call": 40,
            "synchronous": "FULL",
            "rounds": rounds,
            "rates": {str(rate): _over([one[rate] for one in found]) for rate in rates},
        }


def _over(rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Medians; of a side that showed nothing at all in some round there are none."""

    def median(side: str, name: str) -> float | None:
        values = [one[side][name] for one in rounds if one[side][name] is not None]
        return round(statistics.median(values), 2) if len(values) == len(rounds) else None

    names = ("p50_ms", "p99_ms", "shown_per_second", "cpu_ms_per_call")
    shown = [one for one in rounds if one["ours"]["p99_ms"] is not None]
    ratios = [round(one["ours"]["p99_ms"] / one["bare"]["p99_ms"], 2) for one in shown]
    return {
        **{side: {name: median(side, name) for name in names} for side in ("bare", "ours")},
        "not_shown": sum(one["ours"]["not_shown"] for one in rounds),
        "without_contact": sum(one["ours"]["without_contact"] for one in rounds),
        "p99_ms_each": [one["ours"]["p99_ms"] for one in rounds],
        "ratio": round(statistics.median(ratios), 2) if len(ratios) == len(rounds) else None,
        "ratios": ratios,
    }


def main() -> None:
    """Run the rounds and print the report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rates", default="25,50,100", help="calls a second")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--dir", type=Path, help="folder on the disk to measure (default: the temporary one)")
    given = parser.parse_args()
    rates = [float(rate) for rate in given.rates.split(",")]
    with tempfile.TemporaryDirectory(prefix="hotline-bench-", dir=given.dir) as folder:
        report = Bench(Path(folder), given.agents, given.seconds).report(rates, given.rounds)
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
