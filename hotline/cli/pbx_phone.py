"""``hotline pbx phone``: telephones that stand fast."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hotline.cli.output import data_option, emit, json_option
from hotline.cli.user import with_hotline
from hotline.config import Settings, load_settings
from hotline.errors import NotFound
from hotline.lines import desk_phones, exchange
from hotline.main import Hotline


@click.group()
def phone() -> None:
    """Desk phones: they ring when the hotline itself is down, and agents may use them for their calls."""


@phone.command()
@data_option
@json_option
@click.argument("name")
@click.option("--for", "account", help="Only this account may take calls at it; without, any agent.")
def add(data: Path, as_json: bool, name: str, account: str | None) -> None:
    """Add the desk phone NAME and print what to enter into it. The password is shown this once."""
    settings = load_settings(data)
    owner = _account_id(data, account) if account else None
    made = desk_phones(settings).add(name, owner)
    asterisk = exchange(settings)
    asterisk.desk_phones_changed()
    entries: dict[str, Any] = {
        "name": made.name,
        "for": account,
        "server": _server(settings),
        "port": asterisk.ports.sip if asterisk.ports is not None else None,
        "user": made.user,
        "password": made.password,
    }
    lines = [f"{key + ':':10}{value}" for key, value in entries.items() if value is not None]
    emit(entries, as_json, "\n".join(lines))


@phone.command("list")
@data_option
@json_option
def list_phones(data: Path, as_json: bool) -> None:
    """Every desk phone, and whose it is."""
    found = desk_phones(load_settings(data)).all()
    names = _accounts(data) if any(one.owner for one in found) else {}
    shown = [{"name": one.name, "user": one.user, "for": names.get(one.owner or "")} for one in found]
    lines = [f"{one['name']:20} {one['user']:25} {one['for'] or 'anybody'}" for one in shown]
    emit(shown, as_json, "\n".join(lines) or "no desk phones")


@phone.command()
@data_option
@json_option
@click.argument("name")
def remove(data: Path, as_json: bool, name: str) -> None:
    """Remove the desk phone NAME: it can register no more. A call on it goes on."""
    settings = load_settings(data)
    desk_phones(settings).remove(name)
    exchange(settings).desk_phones_changed()
    emit({"name": name}, as_json, f"removed {name}")


def _server(settings: Settings) -> str:
    return settings.sip_host or settings.host


def _account_id(data: Path, account: str) -> str:
    async def work(hotline: Hotline) -> str:
        async with hotline.database.read() as reader:
            found = await hotline.staff.user_by_account(reader, account)
        if found is None:
            raise NotFound()
        return found.id

    return with_hotline(data, work)


def _accounts(data: Path) -> dict[str, str]:
    """The names of accounts by their id."""

    async def work(hotline: Hotline) -> dict[str, str]:
        names: dict[str, str] = {}
        after: str | None = None
        async with hotline.database.read() as reader:
            while True:
                page, after = await hotline.staff.list_users(reader, after=after)
                names |= {user.id: user.account for user in page}
                if after is None:
                    return names

    return with_hotline(data, work)
