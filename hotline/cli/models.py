"""``hotline models``: speech models, listed, fetched, checked."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from hotline.cli.output import data_option, emit, json_option
from hotline.config import load_settings
from hotline.errors import ConfigurationError
from hotline.speech import (
    digest,
    engine_settings,
    fetch_model,
    installed_models,
    known,
    known_models,
    models_folder,
)

MARKS = {"ok": "ok     ", "changed": "CHANGED", "unknown": "unknown", "missing": "MISSING"}


@click.group()
def models() -> None:
    """Models of the speech engines."""


@models.command("list")
@data_option
@json_option
def list_models(data: Path, as_json: bool) -> None:
    """Show the models that are known, and those that are here."""
    settings = load_settings(data)
    here = installed_models(models_folder(settings))
    names = {one.name for one in here}
    used = engine_settings(settings).model
    entries = [asdict(one) | {"installed": one.name in names} for one in known_models()]
    entries += [
        {"name": one.name, "engine": one.engine, "installed": True} for one in here if known(one.name) is None
    ]
    for entry in entries:
        entry["used"] = used == models_folder(settings) / str(entry["name"])
    lines = [
        f"{'*' if e['used'] else ' '} {'here' if e['installed'] else '    '}  {e['engine']:15} {e['name']}"
        + (f"  {e['megabytes']} MB  {e['page']}" if "page" in e else "")
        for e in entries
    ]
    emit({"models": entries, "used": str(used)}, as_json, "\n".join([*lines, f"in use: {used}"]))


@models.command()
@click.argument("name")
@click.option("--url", help="Where its archive (zip, tar) is; needed when the list names no address.")
@click.option("--sha256", help="What its authors say the archive's SHA-256 is.")
@click.option("--engine", help="Whose it is, for a model that is not in the list.")
@click.option(
    "--unchecked", is_flag=True, help="Take it without a checksum; its digest is noted all the same."
)
@data_option
@json_option
def fetch(
    name: str,
    url: str | None,
    sha256: str | None,
    engine: str | None,
    unchecked: bool,
    data: Path,
    as_json: bool,
) -> None:
    """Fetch the model NAME; begun before, it is gone on with."""
    entry = known(name)
    where, checksum = url or (entry.url if entry else None), sha256 or (entry.sha256 if entry else None)
    of = engine or (entry.engine if entry else None)
    if Path(name).name != name or name.startswith("."):
        raise ConfigurationError("model_name", model=name)
    if of is None:
        raise ConfigurationError("model_unknown", model=name)
    if where is None:
        raise ConfigurationError("model_no_url", model=name, page=entry.page if entry else "-")
    if checksum is None and not unchecked:
        raise ConfigurationError("model_no_checksum", model=name)
    found = fetch_model(models_folder(load_settings(data)), name, of, where, checksum, _progress)
    emit(found, as_json, f"{found.name}: here, SHA-256 of the archive {found.archive}")


@models.command()
@data_option
@json_option
def verify(data: Path, as_json: bool) -> None:
    """Compare every model that is here with what was noted when it was fetched; exit 1 when one differs."""
    folder = models_folder(load_settings(data))
    states = {}
    for one in installed_models(folder):
        found = digest(folder / one.name)
        states[one.name] = "unknown" if not one.digest else "ok" if found == one.digest else "changed"
    lines = [f"{MARKS[state]}  {name}" for name, state in states.items()]
    emit({"models": states}, as_json, "\n".join(lines))
    if "changed" in states.values():
        raise click.exceptions.Exit(1)


def _progress(have: int, total: int | None) -> None:
    """One line that grows, for people only."""
    if sys.stderr.isatty():
        share = f" of {total / 1e6:.0f}" if total else ""
        click.echo(f"\r{have / 1e6:.0f}{share} MB", err=True, nl=False)
