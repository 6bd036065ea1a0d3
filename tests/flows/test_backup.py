"""Backup under write load, restored on either engine: one moment, whole, and ready to go on."""

from __future__ import annotations

import asyncio
import gzip
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from hotline.backup import BackupReport, back_up, restore
from hotline.contacts.events import ContactChanged
from hotline.contacts.service import Contacts
from hotline.contacts.store import contact
from hotline.errors import ConfigurationError
from hotline.kernel.audit import Act, Audit, audit_entry
from hotline.kernel.clock import SystemClock
from hotline.kernel.db import Database
from hotline.kernel.db.open import open_database
from hotline.kernel.outbox import outbox
from hotline.kernel.sealing import Sealer
from hotline.kernel.secretfile import SecretFolder
from hotline.main import metadata
from hotline.migrations.run import migrate
from hotline.web.throttle import Throttle
from tests.support.postgres import PostgresServer

BEFORE = 40
PHONE = "13800002046"


class House:
    """Contacts on a database; each registration is a contact, an event and an audit entry in one unit."""

    def __init__(self, database: Database, secrets: Path) -> None:
        self.database = database
        self.audit = Audit(SystemClock())
        throttle = Throttle(database, SystemClock())
        sealer = Sealer(SecretFolder(secrets))
        self.contacts = Contacts(database, SystemClock(), sealer, self.audit, throttle)
        self.acknowledged: list[str] = []

    async def register(self) -> None:
        async with self.database.uow() as tx:
            contact_id = await self.contacts.add(tx, "王小明", PHONE)
            act = Act("staff:1", "contact.add", f"contact:{contact_id}", detail={"name": "王", "n": 1.5})
            await self.audit.append(tx, act)
        self.acknowledged.append(contact_id)

    async def write_for_ever(self) -> None:
        while True:
            await self.register()

    async def contents(self) -> tuple[set[str], set[str], set[str]]:
        """The contacts that the table, the outbox and the audit know."""
        async with self.database.read() as reader:
            rows = set((await reader.execute(sa.select(contact.c.id))).scalars())
            audited = (await reader.execute(sa.select(audit_entry.c.object))).scalars()
            acts = {name.removeprefix("contact:") for name in audited}
            events = sa.select(outbox.c.payload).where(outbox.c.name == ContactChanged.name)
            told = {payload["contact_id"] for payload in (await reader.execute(events)).scalars()}
        return rows, told, acts


@asynccontextmanager
async def house(url: str, secrets: Path) -> AsyncIterator[House]:
    database = open_database(url)
    try:
        yield House(database, secrets)
    finally:
        await database.close()


def silent(_table: str, _rows: int) -> None:
    """Progress that nobody watches."""


async def backed_up(url: str, folder: Path) -> tuple[BackupReport, list[str], Path]:
    """A backup taken while four tasks write; with it what had been acknowledged when it began."""
    archive, secrets = folder / "backup.tar.gz", folder / "secrets"
    async with house(url, secrets) as live:
        for _ in range(BEFORE):
            await live.register()
        writers = [asyncio.create_task(live.write_for_ever()) for _ in range(4)]
        try:
            before = list(live.acknowledged)
            report = await back_up(live.database, metadata, secrets, archive, silent)
            assert len(live.acknowledged) > len(before), "nothing was written meanwhile"
        finally:
            for writer in writers:
                writer.cancel()
            await asyncio.gather(*writers, return_exceptions=True)
    return report, before, archive


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Nothing at all: no file, no table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'hotline.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


async def test_a_backup_under_write_load_holds_one_moment_and_is_restored_whole(
    database_url: str, empty_url: str, tmp_path: Path
) -> None:
    report, before, archive = await backed_up(database_url, tmp_path)
    restored = await restore(archive, empty_url, tmp_path / "new secrets", silent)
    assert restored.tables == report.tables
    async with house(empty_url, tmp_path / "new secrets") as there:
        rows, told, acts = await there.contents()
        assert rows == told == acts
        assert set(before) <= rows
        async with there.database.read() as reader:
            assert await there.audit.verify(reader) == (len(rows), None)
            found = await there.contacts.view(reader, before[0], masked=False)
            assert (found.name, found.phone) == ("王小明", PHONE)
        for _ in range(3):
            await there.register()  # numbers go on where they stopped
        rows, told, acts = await there.contents()
        assert rows == told == acts
        async with there.database.read() as reader:
            assert await there.audit.verify(reader) == (len(rows), None)


async def test_an_archive_and_its_keys_are_readable_by_the_operator_alone(
    sqlite_url: str, tmp_path: Path
) -> None:
    report, _, archive = await backed_up(sqlite_url, tmp_path)
    assert archive.stat().st_mode & 0o777 == 0o600
    assert report.secrets
    assert {name for name in os.listdir(tmp_path) if "backup" in name} == {"backup.tar.gz"}
    await restore(archive, f"sqlite:///{tmp_path / 'b.db'}", tmp_path / "keys", silent)
    assert {key.stat().st_mode & 0o777 for key in (tmp_path / "keys").iterdir()} == {0o600}


async def refusal(archive: Path, url: str, secrets: Path) -> str:
    with pytest.raises(ConfigurationError) as refused:
        await restore(archive, url, secrets, silent)
    return refused.value.code


async def test_a_database_that_holds_something_is_not_touched(database_url: str, tmp_path: Path) -> None:
    _, _, archive = await backed_up(database_url, tmp_path)
    async with house(database_url, tmp_path / "secrets") as there:
        before = await there.contents()
        assert await refusal(archive, database_url, tmp_path / "secrets") == "restore_not_empty"
        assert await there.contents() == before


async def test_a_fresh_schema_is_as_good_as_none(database_url: str, tmp_path: Path) -> None:
    source = f"sqlite:///{tmp_path / 'source.db'}"
    await asyncio.to_thread(migrate, source)
    report, _, archive = await backed_up(source, tmp_path)
    assert (await restore(archive, database_url, tmp_path / "new", silent)).tables == report.tables


async def test_a_damaged_archive_changes_nothing(sqlite_url: str, tmp_path: Path) -> None:
    _, _, archive = await backed_up(sqlite_url, tmp_path)
    whole = archive.read_bytes()
    plain = gzip.decompress(whole)
    damaged = {
        "cut short": whole[: len(whole) // 2],
        "another name in a row": gzip.compress(plain.replace(b'"contact.add"', b'"contact.adD"', 1)),
        "a table gone": gzip.compress(plain.replace(b"tables/contact.jsonl", b"tables/c0ntact.jsonl", 1)),
        "no archive": b"nothing of the kind",
        "empty": b"",
    }
    target, secrets = tmp_path / "target" / "hotline.db", tmp_path / "new secrets"
    for what, content in damaged.items():
        archive.write_bytes(content)
        assert await refusal(archive, f"sqlite:///{target}", secrets) == "backup_damaged", what
    assert not target.exists()
    assert not secrets.exists()


async def test_an_archive_of_a_newer_version_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    report, _, archive = await backed_up(sqlite_url, tmp_path)
    plain = gzip.decompress(archive.read_bytes())
    other = report.revision.encode()[:-1] + b"~"
    archive.write_bytes(gzip.compress(plain.replace(report.revision.encode(), other, 1)))
    assert await refusal(archive, f"sqlite:///{tmp_path / 'target.db'}", tmp_path / "new") == "backup_newer"


async def test_a_key_of_another_house_is_never_overwritten(sqlite_url: str, tmp_path: Path) -> None:
    _, _, archive = await backed_up(sqlite_url, tmp_path)
    others = tmp_path / "others"
    key = SecretFolder(others).key("seal")
    code = await refusal(archive, f"sqlite:///{tmp_path / 'target' / 'hotline.db'}", others)
    assert code == "restore_key_differs"
    assert SecretFolder(others).key("seal") == key
    assert not (tmp_path / "target").exists()


async def test_a_chain_that_was_broken_before_is_said_so(sqlite_url: str, tmp_path: Path) -> None:
    async with house(sqlite_url, tmp_path / "secrets") as live:
        for _ in range(3):
            await live.register()
        async with live.database.uow() as tx:
            await tx.execute(audit_entry.update().where(audit_entry.c.seq == 2).values(actor="staff:2"))
        archive = tmp_path / "backup.tar.gz"
        await back_up(live.database, metadata, None, archive, silent)
    target = f"sqlite:///{tmp_path / 'target.db'}"
    assert await refusal(archive, target, tmp_path / "secrets") == "restore_chain_broken"
    async with house(target, tmp_path / "secrets") as there:
        assert len((await there.contents())[0]) == 3


async def test_a_full_disk_leaves_no_half_archive(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hotline.archive.os.fsync", full)
    folder = tmp_path / "backups"
    folder.mkdir()
    database = open_database(sqlite_url)
    with pytest.raises(OSError, match="space"):
        await back_up(database, metadata, None, folder / "backup.tar.gz", silent)
    await database.close()
    assert list(folder.iterdir()) == []
    shutil.rmtree(folder)
