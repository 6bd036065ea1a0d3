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
from telephony.ami.link import AmiLink, LinkSettings
from telephony.asterisk.run import Asterisk
from telephony.pbx import PbxSettings
from tests.support.ami_exchange import AmiExchange
from tests.support.ami_link import Heard, linked, patient
from tests.support.ami_server import SECRET, USER, AmiServer
from tests.support.asterisk import running_asterisk, telephone, tone
from tests.support.clock import MovableClock
from tests.support.line import Told, settings_for
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


@pytest.fixture
async def exchange() -> AsyncIterator[AmiExchange]:
    """A scripted exchange with one agent, who answers."""
    async with AmiExchange() as running:
        running.phones["li.na"] = "ANSWER"
        yield running


@pytest.fixture
def settings(exchange: AmiExchange, tmp_path: Path) -> PbxSettings:
    """The product's settings for `exchange`."""
    link = LinkSettings("127.0.0.1", exchange.port, USER, SECRET, retry_first=0.01, retry_most=0.05)
    return settings_for(tmp_path, link, ("http://127.0.0.1:9", "nobody", "listens"))


@pytest.fixture
def told() -> Told:
    """What the product tells, in order."""
    return Told()


CONTRACTS = {
    "the exchange": ("test_ami_contract.py", ("scripted", "asterisk")),
    "the speech engine": (
        "test_transcriber_contract.py",
        ("scripted", "vosk", "faster-whisper", "sherpa-onnx"),
    ),
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many tests of each contract the double and the real ones have passed."""
    for of, (file, names) in CONTRACTS.items():
        passed = [
            report.nodeid
            for report in terminalreporter.getreports("passed")
            if report.when == "call" and file in report.nodeid
        ]
        if passed:
            counts = {name: sum(f"[{name}" in one for one in passed) for name in names}
            shown = ", ".join(f"{count} at {name}" for name, count in counts.items())
            terminalreporter.write_line(f"contract of {of}: {shown} passed")
