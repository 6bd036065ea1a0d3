"""``hotline run``: everything in one process."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from hotline.cli.output import data_option
from hotline.config import LOOPBACK, Settings, load_settings
from hotline.demo.seed import active_demo_accounts, demo_password, seed_demo
from hotline.demo.wechat_account import make_demo_account, with_demo_account
from hotline.errors import ConfigurationError
from hotline.instance import sole_instance
from hotline.kernel.logs import configure_logs
from hotline.main import Hotline, build
from hotline.migrations.run import migrate
from hotline.serving import serve
from hotline.staff.views import UserView

PAGES = {"staff": "/", "citizen": "/citizen", "api": "/api/openapi.json", "health": "/healthz"}


@click.command()
@data_option
@click.option(
    "--host", help="Address to listen on; beyond this machine it needs HTTPS.  [default: 127.0.0.1]"
)
@click.option("--port", type=int, help="Port of the pages; 0 picks a free one.  [default: 8620]")
@click.option("--no-telephony", is_flag=True, help="Start without telephone lines.")
@click.option("--no-demo", is_flag=True, help="Do not load the demo organisation into an empty database.")
@click.option("--json", "as_json", is_flag=True, help="Print pages and sign-ins as one JSON object.")
def run(
    data: Path, host: str | None, port: int | None, no_telephony: bool, no_demo: bool, as_json: bool
) -> None:
    """Start the hotline: migrate, load the demo organisation when empty, serve until stopped.

    All state is kept below --data, so that two can run side by side.
    """
    given = {"host": host, "port": port, "telephony": False if no_telephony else None}
    settings = load_settings(data, given)
    configure_logs(settings.log_level)
    with sole_instance(settings.data, f"{settings.host}:{settings.port}"):
        say = _silent if as_json else click.echo
        before, after = migrate(settings.database)
        if before != after:
            say(f"database: {before or 'new'} -> {after}")
        if before is None and not no_demo and settings.host in LOOPBACK:
            make_demo_account(settings.data)
        asyncio.run(_run(with_demo_account(settings), not no_demo, say, as_json))


async def _run(settings: Settings, demo: bool, say: Any, as_json: bool) -> None:
    hotline = build(settings)
    await hotline.prepare()
    if demo and settings.host in LOOPBACK and await hotline.is_empty():
        say("loading the demo organisation ...")
        counts = await load_demo(hotline)
        say("demo organisation: " + ", ".join(f"{n} {c}" for n, c in counts.items()))
    accounts = await active_demo_accounts(hotline.database, hotline.staff)
    if accounts and settings.host not in LOOPBACK:
        await hotline.database.close()
        raise ConfigurationError("demo_accounts_open", host=settings.host)
    await serve(hotline, lambda url: _announce(hotline, url, accounts, as_json))


async def load_demo(hotline: Hotline) -> dict[str, int]:
    """Load the demo organisation into a wired hotline."""
    return await seed_demo(
        hotline.database,
        hotline.staff,
        hotline.roles,
        hotline.organisation,
        hotline.places,
        hotline.knowledge,
    )


def _announce(hotline: Hotline, url: str, accounts: list[UserView], as_json: bool) -> None:
    password = demo_password() if accounts else None
    if as_json:
        pages = {name: url + path for name, path in PAGES.items()}
        sign_ins = [{"account": a.account, "roles": a.roles, "password": password} for a in accounts]
        click.echo(json.dumps({"url": url, "pages": pages, "sign_ins": sign_ins}))
        return
    click.echo(f"\nHotline answers at {url}   (state in {hotline.settings.data}; Ctrl+C stops it)")
    for name, path in PAGES.items():
        click.echo(f"  {name:8} {url}{path}")
    if accounts:
        click.echo(f"\nDemo sign-ins, all with the password  {password}")
        for account in accounts:
            unit = f" · {account.unit.name}" if account.unit else ""
            click.echo(f"  {account.account:14} {', '.join(account.roles)}{unit}")
    else:
        click.echo("\nSign-ins: the accounts you made ('hotline user --help').")


def _silent(_text: str) -> None:
    """With ``--json`` only the object goes to standard output."""
