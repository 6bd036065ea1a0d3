"""``hotline pbx``: the telephone exchange by itself."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from hotline.cli.output import data_option, emit, explain, json_option
from hotline.cli.pbx_phone import phone
from hotline.config import load_settings
from hotline.lines import Asterisk, Status, exchange


@click.group()
def pbx() -> None:
    """The telephone exchange (Asterisk). It outlives 'hotline run', so that a crash cuts no call."""


@pbx.command()
@data_option
@json_option
def status(data: Path, as_json: bool) -> None:
    """Say whether the exchange runs, where it listens, and how many calls it has."""
    asterisk = _exchange(data)
    _show(asterisk, asterisk.status(), as_json)


@pbx.command()
@data_option
@json_option
def start(data: Path, as_json: bool) -> None:
    """Start the exchange, or adopt the one that runs; fetches it first when the machine has none."""
    asterisk = _exchange(data)
    _show(asterisk, asterisk.start(_progress), as_json)


@pbx.command()
@data_option
@json_option
def stop(data: Path, as_json: bool) -> None:
    """Stop the exchange. Every call on it ends."""
    asterisk = _exchange(data)
    asterisk.stop()
    _show(asterisk, asterisk.status(), as_json)


@pbx.command()
@data_option
@json_option
@click.argument("command", nargs=-1)
def cli(data: Path, as_json: bool, command: tuple[str, ...]) -> None:
    """Give the exchange's console one COMMAND, or open the console.

    For example: hotline pbx cli core show channels
    """
    asterisk = _exchange(data)
    if command:
        answer = asterisk.ask(" ".join(command))
        emit({"command": " ".join(command), "answer": answer}, as_json, answer)
        return
    line = asterisk.console()
    sys.stdout.flush()
    os.execvp(line[0], line)  # noqa: S606 - the operator's own console


pbx.add_command(phone)


def _exchange(data: Path) -> Asterisk:
    return exchange(load_settings(data))


def _progress(line: str) -> None:
    """Standard output is for the result."""
    click.echo(line, err=True)


def _show(asterisk: Asterisk, status: Status, as_json: bool) -> None:
    lines = [f"exchange: {status.state}"]
    obstacle = asterisk.obstacle if status.state == "absent" else None
    reason = explain(obstacle) if obstacle is not None else None
    if reason is not None:
        lines.append(f"  {reason}")
    if status.pid is not None:
        lines.append(f"  Asterisk {status.version} ({status.origin}), process {status.pid}")
    if status.ports is not None:
        ports = status.ports
        lines.append(f"  SIP {ports.sip} · WSS {ports.wss} · sound {ports.rtp_first}-{ports.rtp_last}")
        lines.append(f"  on this machine only: HTTP {ports.http} · manager {ports.ami} · AGI {ports.agi}")
    if status.calls is not None:
        lines.append(f"  calls now: {status.calls}")
    emit({**asdict(status), "reason": reason}, as_json, "\n".join(lines))
