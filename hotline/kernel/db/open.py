"""Open the database that a URL names."""

from __future__ import annotations

from pathlib import Path

from hotline.errors import ConfigurationError
from hotline.kernel.db.interface import Database
from hotline.kernel.db.postgres import PostgresDatabase
from hotline.kernel.db.sqlite import SqliteDatabase


def open_database(url: str) -> Database:
    """``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST/NAME``, else ``ConfigurationError``."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return SqliteDatabase(Path(rest.removeprefix("/")))
    if scheme in ("postgresql", "postgres"):
        return PostgresDatabase(f"postgresql+asyncpg://{rest}")
    raise ConfigurationError("database_url", url_scheme=scheme)
