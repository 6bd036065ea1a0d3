"""``hotline demo call``: a real telephone call to a running hotline."""

from __future__ import annotations

from pathlib import Path

import click

from hotline.cli.output import data_option, emit, json_option
from hotline.config import load_settings
from hotline.lines import CitizenCall, demo_carrier


@click.command()
@data_option
@json_option
@click.option(
    "--wav",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the citizen says; any WAV file with PCM sound.",
)
@click.option("--from", "number", default="13800138000", help="The citizen's number.")
@click.option("--to", "called", default="12345", help="The number that is dialled.")
@click.option("--press", default="", help="Keys to press afterwards: 0-9 * #, w waits half a second.")
@click.option("--repeat", is_flag=True, help="Say and press it again and again.")
@click.option(
    "--stay",
    type=click.IntRange(1, 3600),
    default=120,
    help="Hang up after so many seconds; the hotline may do so earlier.",
)
def call(
    data: Path, as_json: bool, wav: Path | None, number: str, called: str, press: str, repeat: bool, stay: int
) -> None:
    """Call the hotline as a citizen: a real SIP call through a second Asterisk that plays the carrier.

    Ends when either side hangs up; Ctrl+C hangs up.
    """
    say = _nothing if as_json else click.echo
    with demo_carrier(load_settings(data)) as carrier:
        citizen = CitizenCall(number, called, wav, press, repeat, stay)
        say(f"{number} calls {called} ...")
        report = carrier.wait(carrier.place(citizen), lambda: say("answered by the exchange"))
    fields = {"from": number, "to": called, "state": report.state, "seconds": report.seconds}
    emit(fields, as_json, f"{report.state}, {report.seconds} s")
    if report.state != "answered":
        raise click.exceptions.Exit(1)


def _nothing(_text: str) -> None:
    """With ``--json`` only the object goes to standard output."""
