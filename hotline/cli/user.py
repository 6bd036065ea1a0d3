"""``hotline user``: accounts, for the operator at the machine itself."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from hotline.cli.output import data_option, emit, json_option
from hotline.config import load_settings
from hotline.errors import NotFound
from hotline.main import Hotline, build
from hotline.migrations.run import migrate
from hotline.staff.model import NewUser
from hotline.staff.views import UserView

T = TypeVar("T")
OPERATOR = "operator:console"


@click.group()
def user() -> None:
    """Accounts: add, list, password, switch on and off."""


@user.command("list")
@data_option
@json_option
def list_users(data: Path, as_json: bool) -> None:
    """Every account with its roles."""

    async def work(hotline: Hotline) -> list[UserView]:
        found: list[UserView] = []
        after: str | None = None
        async with hotline.database.read() as reader:
            while True:
                page, after = await hotline.staff.list_users(reader, after=after)
                found += page
                if after is None:
                    return found

    users = with_hotline(data, work)
    lines = [f"{u.account:20} {'active' if u.active else 'off':7} {', '.join(u.roles)}" for u in users]
    emit([u.model_dump(mode="json") for u in users], as_json, "\n".join(lines) or "no accounts")


@user.command()
@data_option
@json_option
@click.argument("account")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", "roles", multiple=True, required=True, help="Role code, e.g. agent; repeatable.")
@click.option("--unit", help="Code of the responsible unit, for roles of a unit.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(
    data: Path,
    as_json: bool,
    account: str,
    name: str,
    roles: tuple[str, ...],
    unit: str | None,
    password_stdin: bool,
) -> None:
    """Make an account; whoever signs in first must choose another password."""
    password = _password(password_stdin)

    async def work(hotline: Hotline) -> UserView:
        await hotline.roles.install_defaults()
        unit_id = await _unit_id(hotline, unit) if unit else None
        return await hotline.staff.create_user(
            OPERATOR, NewUser(account=account, name=name, password=password, roles=roles, unit_id=unit_id)
        )

    made = with_hotline(data, work)
    emit(made.model_dump(mode="json"), as_json, f"{made.account}: {', '.join(made.roles)}")


@user.command()
@data_option
@json_option
@click.argument("account")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def password(data: Path, as_json: bool, account: str, password_stdin: bool) -> None:
    """Give an account a new password and end its sessions."""
    secret = _password(password_stdin)

    async def work(hotline: Hotline) -> UserView:
        return await hotline.staff.set_password(OPERATOR, (await _find(hotline, account)).id, secret)

    changed = with_hotline(data, work)
    emit(changed.model_dump(mode="json"), as_json, f"{changed.account}: password changed")


@user.command()
@data_option
@json_option
@click.argument("account")
@click.option("--on/--off", "active", default=False, help="Let it sign in, or not.")
def switch(data: Path, as_json: bool, account: str, active: bool) -> None:
    """Switch an account on or off; off ends its sessions at once."""

    async def work(hotline: Hotline) -> UserView:
        found = await _find(hotline, account)
        return await hotline.staff.change_user(OPERATOR, found.id, found.version, {"active": active})

    changed = with_hotline(data, work)
    emit(changed.model_dump(mode="json"), as_json, f"{changed.account}: {'on' if changed.active else 'off'}")


async def _find(hotline: Hotline, account: str) -> UserView:
    async with hotline.database.read() as reader:
        found = await hotline.staff.user_by_account(reader, account)
    if found is None:
        raise NotFound("no_such_account", account=account)
    return found


async def _unit_id(hotline: Hotline, code: str) -> str:
    async with hotline.database.read() as reader:
        units, _ = await hotline.organisation.list_units(reader)
    for one in units:
        if one.code == code:
            return one.id
    raise NotFound("no_such_unit", unit=code)


def _password(from_stdin: bool) -> str:
    """Never from the command line: it would stand in the process list and the shell's history."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    secret: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return secret


def with_hotline(data: Path, work: Callable[[Hotline], Awaitable[T]]) -> T:
    """Do ``work`` with the installation below ``data``, migrated and wired but not running."""
    settings = load_settings(data)
    migrate(settings.database)

    async def run() -> T:
        hotline = build(settings)
        try:
            return await work(hotline)
        finally:
            await hotline.database.close()

    return asyncio.run(run())
