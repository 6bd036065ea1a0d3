"""The same tests on both engines: `database` is an empty one at the newest revision.

And for telephony: `ami` is a scripted manager interface, `link` is connected to it; `line` is a line at the
scripted exchange or at a real Asterisk.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hotline.kernel.db import Database
from hotline.kernel.db.open import open_database
from telephony.ami.link import AmiLink
from telephony.asterisk.run import Asterisk
from tests.support.ami_link import Heard, linked, patient
from tests.support.ami_server import AmiServer
from tests.support.asterisk import running_asterisk, telephone, tone
from tests.support.clock import MovableClock
from tests.support.lines import LineAt, asterisk_line, scripted_line


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated, open database on either engine."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """A migrated, open SQLite database, for what only SQLite does."""
    opened = open_database(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
async def postgresql(migrated_postgres_url: str) -> AsyncIterator[Database]:
    """A migrated, open PostgreSQL database, for what only PostgreSQL does."""
    opened = open_database(migrated_postgres_url)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> MovableClock:
    """Stands still until the test moves it."""
    return MovableClock()


@pytest.fixture
async def ami() -> AsyncIterator[AmiServer]:
    """A scripted manager interface that answers logins and pings."""
    async with AmiServer() as running:
        yield running


@pytest.fixture
def heard() -> Heard:
    """What `link` tells, in order."""
    return Heard()


@pytest.fixture
async def link(ami: AmiServer, heard: Heard) -> AsyncIterator[AmiLink]:
    """A link that is up and that only the test ends."""
    async with linked(patient(ami), heard) as connected:
        yield connected


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Asterisk, str]]:
    """One Asterisk with a short notice, and the account of a telephone that answers."""
    folder = tmp_path_factory.mktemp("asterisk")
    (folder / "sounds" / "zh").mkdir(parents=True)
    (folder / "sounds" / "zh" / "recording-notice.alaw").write_bytes(b"\xd5" * 800)
    with running_asterisk(folder) as running, telephone(running, folder, "8001", tone(folder / "a.wav", 440)):
        yield running, "8001"


@pytest.fixture(params=["scripted", "asterisk"])
async def line(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LineAt]:
    """A line without calls at either exchange."""
    if request.param == "scripted":
        async with scripted_line(tmp_path) as at:
            yield at
    else:
        running, agent = request.getfixturevalue("asterisk")
        async with asterisk_line(tmp_path, running, agent) as at:
            yield at


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many tests of the contract each exchange has passed."""
    passed = [
        report.nodeid
        for report in terminalreporter.getreports("passed")
        if report.when == "call" and "test_ami_contract.py" in report.nodeid
    ]
    if passed:
        counts = {name: sum(f"[{name}]" in one for one in passed) for name in ("scripted", "asterisk")}
        shown = ", ".join(f"{count} at the {name} exchange" for name, count in counts.items())
        terminalreporter.write_line(f"contract of the exchange: {shown} passed")
