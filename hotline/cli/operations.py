"""Commands of the operator: migrate, seed-demo, backup, restore, cert."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from hotline.backup import back_up
from hotline.backup import restore as restore_archive
from hotline.certificates import make_certificate
from hotline.cli.output import data_option, emit, json_option
from hotline.cli.run import load_demo
from hotline.config import load_settings
from hotline.demo.seed import switch_off_demo
from hotline.demo.wechat_account import make_demo_account, remove_demo_account
from hotline.kernel.db.open import open_database
from hotline.main import build, metadata
from hotline.migrations.run import migrate as migrate_database


@dataclass(frozen=True)
class Migrated:
    """Schema revision before and after; None before: the database was empty."""

    before: str | None
    after: str | None


@click.command()
@data_option
@json_option
def migrate(data: Path, as_json: bool) -> None:
    """Bring the database's schema to this version; `hotline run` does so by itself."""
    done = Migrated(*migrate_database(load_settings(data).database))
    emit(done, as_json, f"{done.before or 'empty'} -> {done.after}")


@click.command("seed-demo")
@data_option
@json_option
@click.option("--switch-off", is_flag=True, help="Switch off the demo accounts instead.")
def seed_demo(data: Path, as_json: bool, switch_off: bool) -> None:
    """Load the demo organisation: units, crews, users of every role, roads, articles. Harmless to repeat."""
    settings = load_settings(data)
    migrate_database(settings.database)

    async def work() -> dict[str, int]:
        hotline = build(settings)
        try:
            if switch_off:
                return await switch_off_demo(hotline.database, hotline.staff)
            return await load_demo(hotline)
        finally:
            await hotline.database.close()

    counts = asyncio.run(work())
    if switch_off:
        remove_demo_account(settings.data)
    else:
        make_demo_account(settings.data)
    emit(counts, as_json, ", ".join(f"{name} {count}" for name, count in counts.items()))


@click.command()
@data_option
@json_option
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="Archive to write.")
@click.option("--without-secrets", is_flag=True, help="Leave the keys out; keep them elsewhere yourself.")
def backup(data: Path, as_json: bool, target: Path | None, without_secrets: bool) -> None:
    """Write a backup of everything, while the hotline runs; the archive is readable by you alone."""
    settings = load_settings(data)
    if target is None:
        folder = data / "backups"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"hotline-{datetime.now().astimezone():%Y%m%d-%H%M%S}.tar.gz"

    async def work() -> object:
        database = open_database(settings.database)
        secrets = None if without_secrets else settings.secrets_folder
        try:
            return await back_up(database, metadata, secrets, target, _progress)
        finally:
            await database.close()

    emit(asyncio.run(work()), as_json, str(target))


@click.command()
@data_option
@json_option
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(data: Path, as_json: bool, archive: Path) -> None:
    """Fill an empty data folder (and database) from a backup."""
    settings = load_settings(data)
    report = asyncio.run(restore_archive(archive, settings.database, settings.secrets_folder, _progress))
    emit(report, as_json, f"restored {sum(report.tables.values())} rows of {report.created_at}")


@click.command()
@data_option
@json_option
@click.option("--name", "names", multiple=True, help="Host name or address of this server; repeatable.")
def cert(data: Path, as_json: bool, names: tuple[str, ...]) -> None:
    """Make a certificate authority (once) and a server certificate, for HTTPS on an intranet."""
    made = make_certificate(data / "tls", names)
    text = (
        f"{made.certificate} (until {made.expires_at:%Y-%m-%d}, for {', '.join(made.names)})\n"
        f"Install {made.ca} as a trusted authority on every desk, then start with\n"
        f"  HOTLINE_CERTIFICATE={made.certificate} HOTLINE_CERTIFICATE_KEY={made.key} hotline run --host ..."
    )
    emit(made, as_json, text)


def _progress(table: str, rows: int) -> None:
    click.echo(f"  {table}: {rows}", err=True)
