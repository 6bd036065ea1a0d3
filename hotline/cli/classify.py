"""``hotline classify``: texts in, proposals out, one a line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click

from hotline.cli.output import data_option
from hotline.ports.addresses import Address
from hotline.workbench import Understood, Workbench


@click.command()
@data_option
def classify(data: Path) -> None:
    """Read texts from standard input, one a line, and print one JSON object for each, in their order.

    Fields: text, category, request_type, urgency (E0|E1|N), unit, confidence, top (five), needs_human,
    emergency_rule (or null), address (or null). The first use on an installation trains the model.
    """
    bench = Workbench(data.absolute())
    if not bench.is_trained:
        click.echo("training the classifier, once ...", err=True)
    try:
        for text, is_garbled in read_lines(sys.stdin.buffer):
            line = json.dumps(shown(bench.understand(text, is_garbled=is_garbled)), ensure_ascii=False)
            sys.stdout.buffer.write(line.encode() + b"\n")
            sys.stdout.buffer.flush()
    except BrokenPipeError:  # who reads has enough; nothing more may be written at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def read_lines(source: IO[bytes]) -> Iterator[tuple[str, bool]]:
    """Each line without its end, and whether it was no UTF-8: what is wrong in it is replaced."""
    for raw in source:
        line = raw.removesuffix(b"\n").removesuffix(b"\r")
        try:
            yield line.decode(), False
        except UnicodeDecodeError:
            yield line.decode(errors="replace"), True


def shown(found: Understood) -> dict[str, Any]:
    """The object that is printed."""
    return {
        "text": found.text,
        "category": found.proposal.category,
        "request_type": found.proposal.request_type,
        "urgency": found.urgency,
        "unit": found.route.unit,
        "confidence": found.proposal.confidence,
        "top": [{"category": one.category, "confidence": one.confidence} for one in found.proposal.top],
        "needs_human": found.needs_human,
        "emergency_rule": found.alarms[0].rule if found.alarms else None,
        "address": _place(found.address),
    }


def _place(address: Address | None) -> dict[str, Any] | None:
    if address is None:
        return None
    return {
        "span": [address.start, address.end],
        "road": address.road or None,
        "number": address.number or None,
        "poi": address.poi or address.community or None,
        "district": address.district or None,
    }
