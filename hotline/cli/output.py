"""Output shared by the commands: options, JSON or lines, errors."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from hotline.catalogues import server_catalogue
from hotline.errors import DomainError, InvalidInput
from hotline.web.catalogue import choose_language

F = TypeVar("F", bound=Callable[..., Any])


def data_option(command: F) -> F:
    """``--data DIR``."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("var"),
        envvar="HOTLINE_DATA",
        help="Folder that holds all state of this instance.",
    )(command)


def json_option(command: F) -> F:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def emit(value: Any, as_json: bool, text: str) -> None:
    """Print ``value`` as JSON, or ``text``."""
    if as_json:
        plain = dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]
        click.echo(json.dumps(plain, ensure_ascii=False, default=str))
    else:
        click.echo(text)


def operator_language(environment: Mapping[str, str]) -> str:
    """The language of the locale, as POSIX ranks the variables; English where it names none of ours."""
    named = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, named), "")
    return choose_language(locale.partition(".")[0].replace("_", "-") if locale.startswith("zh") else "en")


def explain(error: Exception) -> str:
    """The error in the operator's language, with its wrong fields."""
    if not isinstance(error, DomainError):
        return f"{type(error).__name__}: {error}"
    language = operator_language(os.environ)
    catalogue = server_catalogue()
    lines = [catalogue.text(language, error.code, error.params)]
    if isinstance(error, InvalidInput):
        lines += [f"  {f.field}: {catalogue.text(language, f.code, f.params)}" for f in error.fields]
    return "\n".join(lines)


def report_error(error: Exception) -> None:
    """One line on standard error."""
    click.echo(f"error: {explain(error)}", err=True)
