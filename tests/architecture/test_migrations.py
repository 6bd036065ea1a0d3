"""The migrations: one straight chain to the schema that the code describes, over live data."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

import hotline.migrations.run as migrations
from hotline.contacts.store import contact, contact_identity
from hotline.errors import ConfigurationError
from hotline.kernel.audit import Act, Audit
from hotline.kernel.clock import SystemClock
from hotline.kernel.db import Database
from hotline.kernel.db.open import open_database
from hotline.kernel.outbox import outbox
from hotline.main import metadata
from hotline.migrations.run import current, known_revisions, migrate
from tests.support.notes import NoteWritten
from tests.support.postgres import PostgresServer

T = TypeVar("T")
FIRST = "0001_kernel"
VERSIONS = Path(migrations.__file__).parent


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS))
    return ScriptDirectory.from_config(config)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Nothing at all: no file, no table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hotline.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


def looked_at(url: str, look: Callable[[sa.Connection], T]) -> T:
    """What `look` finds on a connection of its own."""
    if url.startswith("sqlite"):
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            return look(connection)

    async def over_asyncpg() -> T:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.connect() as connection:
            found = await connection.run_sync(look)
        await engine.dispose()
        return found

    return asyncio.run(over_asyncpg())


def test_the_chain_is_straight_and_its_files_bear_its_names() -> None:
    chain = list(scripts().walk_revisions())
    assert [script.revision for script in chain if script.is_branch_point or script.is_merge_point] == []
    assert len(scripts().get_heads()) == len(scripts().get_bases()) == 1
    assert chain[-1].revision == FIRST
    assert [Path(script.path).stem for script in chain] == [script.revision for script in chain]
    assert known_revisions() == [script.revision for script in chain]
    assert [script.revision[:4] for script in reversed(chain)] == [
        f"{n:04}" for n in range(1, len(chain) + 1)
    ]


def test_the_migrated_schema_is_the_one_that_the_code_describes(empty_url: str) -> None:
    assert migrate(empty_url) == (None, known_revisions()[0])

    def differences(connection: sa.Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert looked_at(empty_url, differences) == []


def test_a_difference_would_be_found(empty_url: str) -> None:
    migrate(empty_url)
    planted = sa.MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(planted)
    planted.tables["contact"].append_column(sa.Column("shoe_size", sa.Integer))
    sa.Index("ix_planted", planted.tables["contact"].c.version)

    def differences(connection: sa.Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), planted))

    assert len(looked_at(empty_url, differences)) == 2


def test_migrating_again_changes_nothing(empty_url: str) -> None:
    head = migrate(empty_url)[1]
    assert migrate(empty_url) == (head, head)
    assert current(empty_url) == (head, head)


def test_a_database_of_a_newer_version_is_not_touched(empty_url: str) -> None:
    migrate(empty_url)

    async def mark() -> None:
        database = open_database(empty_url)
        async with database.uow() as tx:
            await tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999_future'"))
        await database.close()

    asyncio.run(mark())
    with pytest.raises(ConfigurationError) as refused:
        migrate(empty_url)
    assert refused.value.code == "database_newer"
    assert current(empty_url)[0] == "9999_future"


async def live_rows(database: Database) -> None:
    """What a house may hold that runs the first version."""
    now = datetime(2026, 3, 2, 1, tzinfo=UTC)
    async with database.uow() as tx:
        person = {"id": "c1", "name_sealed": "v1:x", "version": 3, "created_at": now, "updated_at": now}
        await tx.execute(contact.insert(), person)
        identity = {"channel": "web", "external_id": "v", "contact_id": "c1", "created_at": now}
        await tx.execute(contact_identity.insert(), identity)
        tx.emit(NoteWritten(aggregate="note:1", note="一"))
        await Audit(SystemClock()).append(tx, Act("staff:1", "contact.reveal", "contact:c1", detail={"n": 1}))


async def rows_of(database: Database) -> dict[str, list[Any]]:
    tables = (contact, contact_identity, outbox)
    async with database.read() as reader:
        found = {t.name: list((await reader.execute(sa.select(t))).all()) for t in tables}
        assert await Audit(SystemClock()).verify(reader) == (1, None)
    return found


def test_a_house_of_the_first_version_is_upgraded_with_all_that_it_holds(empty_url: str) -> None:
    migrate(empty_url, FIRST)

    async def with_database(work: Callable[[Database], Any]) -> Any:
        database = open_database(empty_url)
        try:
            return await work(database)
        finally:
            await database.close()

    asyncio.run(with_database(live_rows))
    before = asyncio.run(with_database(rows_of))
    assert migrate(empty_url) == (FIRST, known_revisions()[0])
    assert asyncio.run(with_database(rows_of)) == before
    assert all(before.values())


CHANGES_A_PARENT = """
import sqlalchemy as sa
from alembic import op

revision = "9000_planted"
down_revision = "{head}"


def upgrade() -> None:
    with op.batch_alter_table("contact") as batch:
        batch.alter_column("name_sealed", type_=sa.String(4000))
{more}
"""


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Adds a migration after the newest one that changes a table others refer to."""

    def add(more: str) -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(VERSIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        text = CHANGES_A_PARENT.format(head=known_revisions()[0], more=more)
        (folder / "versions" / "9000_planted.py").write_text(text)
        monkeypatch.setattr(migrations, "_FOLDER", str(folder))

    return add


def test_on_sqlite_a_table_can_be_changed_that_others_refer_to(
    tmp_path: Path, plant: Callable[[str], None]
) -> None:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    asyncio.run(live_rows(open_database(url)))
    plant("")
    migrate(url)
    rows = looked_at(url, lambda c: c.execute(sa.select(contact_identity.c.contact_id)).scalars().all())
    assert list(rows) == ["c1"]


def test_on_sqlite_a_migration_that_leaves_orphans_is_undone(
    tmp_path: Path, plant: Callable[[str], None]
) -> None:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    head = migrate(url)[1]
    asyncio.run(live_rows(open_database(url)))
    plant('    op.execute("DELETE FROM contact")')
    with pytest.raises(RuntimeError, match="refer to nothing"):
        migrate(url)
    assert looked_at(url, lambda c: c.execute(sa.select(contact.c.id)).scalars().all()) == ["c1"]
    assert looked_at(url, lambda c: MigrationContext.configure(c).get_current_revision()) == head
