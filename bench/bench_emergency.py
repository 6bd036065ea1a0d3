"""Benchmark: emergency rules and addresses, texts a second, and the longest a single text may block the loop.

    python bench/bench_emergency.py [--rounds 5]

Prints one JSON object. The texts are the training corpus that ships. ``rules`` and ``addresses`` are texts a
second, the median over the rounds; ``hundred_kb_ms`` is one text of 100 KB, the longest anybody may send, for
each, made of words that the rules look for and then set aside.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hotline.ports.gazetteer import GazetteerEntry
from nlp.addresses.finder import GrammarAddressFinder
from nlp.emergency.engine import RuleEngine

ROOT = Path(__file__).parents[1]
HUNDRED_KB = 100_000


def texts() -> list[str]:
    """Every utterance of the training corpus."""
    found = []
    for file in sorted((ROOT / "nlp/data/corpus/train").glob("*.tsv")):
        header, *rows = file.read_text("utf-8").splitlines()
        column = header.split("\t").index("text")
        found += [row.split("\t")[column] for row in rows]
    return found


def entries() -> list[GazetteerEntry]:
    """The places of the demo."""
    places = json.loads((ROOT / "hotline/demo/data/places.json").read_text("utf-8"))["places"]
    return [
        GazetteerEntry(one["kind"], one["name"], tuple(one["aliases"]), one["district"]) for one in places
    ]


def seconds(act: Callable[[str], object], said: Sequence[str]) -> float:
    """How long ``act`` takes for all of them."""
    begun = time.perf_counter()
    for one in said:
        act(one)
    return time.perf_counter() - begun


def main() -> None:
    """Run the rounds and print the figures."""
    parser = argparse.ArgumentParser(description="Emergency rules and addresses")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    said = texts()
    rules, finder = RuleEngine(), GrammarAddressFinder(entries())
    most = max(said, key=lambda one: rules.check(one) is None and len(one))
    long = (most * (HUNDRED_KB // len(most.encode()) + 1)).encode()[:HUNDRED_KB].decode(errors="ignore")
    figures: dict[str, dict[str, float]] = {"per_second": {}, "hundred_kb_ms": {}}
    for name, act in (("rules", rules.all), ("addresses", finder.all)):
        times = [seconds(act, said) for _ in range(rounds)]
        figures["per_second"][name] = round(len(said) / statistics.median(times))
        figures["hundred_kb_ms"][name] = round(1000 * seconds(act, [long]), 1)
    print(json.dumps({"texts": len(said), **figures}))


if __name__ == "__main__":
    main()
