"""The product's exchange: started when it is not there, adopted when it is."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hotline.errors import ConfigurationError
from telephony.asterisk.fetch import Say, obtain, present, unfetchable
from telephony.asterisk.portblock import Ports, choose_ports, read_ports
from telephony.asterisk.process import AsteriskProcess
from telephony.asterisk.program import Program
from telephony.asterisk.render import AMI_USER, ARI_USER, Folders, render_product
from telephony.asterisk.settings import AsteriskSettings
from telephony.asterisk.spool import finish
from telephony.asterisk.trouble import forget_trouble, keep_trouble, last_trouble

SOCKET_LENGTH = 100
"""A Unix socket's path has at most 107 bytes."""


@dataclass(frozen=True)
class Status:
    """``state`` is running, stopped or absent (no Asterisk on this machine yet)."""

    state: str
    pid: int | None = None
    version: str | None = None
    origin: str | None = None
    ports: Ports | None = None
    calls: int | None = None


class Asterisk:
    """One exchange and its folder. Every method blocks: call it in a thread from an event loop."""

    def __init__(self, settings: AsteriskSettings) -> None:
        self.settings = settings
        home = settings.folder.absolute() / "asterisk"
        self._folders = Folders(home, socket_folder(home))
        self._process = AsteriskProcess(home, self._folders.etc)

    @property
    def pid(self) -> int | None:
        """The living process, or None."""
        return self._process.pid

    @property
    def has_crashed(self) -> bool:
        """Whether the exchange ended although nobody ended it."""
        return self._process.has_crashed

    @property
    def ports(self) -> Ports | None:
        """Where the exchange listens, once it has been started."""
        return read_ports(self.settings.folder)

    @property
    def ami_login(self) -> tuple[str, str]:
        """User and secret of the product's AMI account, on 127.0.0.1 and ``ports.ami``."""
        return AMI_USER, self.settings.ami_password

    @property
    def ari_login(self) -> tuple[str, str]:
        """User and password of ARI, on 127.0.0.1 and ``ports.http``."""
        return ARI_USER, self.settings.ari_password

    @property
    def records(self) -> Path:
        """The folder of its records of calls."""
        return self._folders.log / "cdr-csv"

    @property
    def browser_path(self) -> tuple[str, int]:
        """Scheme and port of the address ``SCHEME://HOST:PORT/ws`` that browsers' phones use."""
        ports = self._known_ports()
        return ("wss", ports.wss) if self.settings.certificate else ("ws", ports.http)

    def start(self, say: Say) -> Status:
        """Adopt the exchange that runs, else fetch, configure and start one; returns once it has booted.

        Raises ``ConfigurationError`` when that is impossible here; its message says why and what to do.
        """
        if self.pid is None:
            program = self._obtained(say)
            ports = choose_ports(self.settings.folder, self.settings.host, self.settings.first_port)
            render_product(self.settings, ports, program, self._folders)
            finish(self.settings.recordings)
            self._process.launch(program)
        return self.status()

    def status(self) -> Status:
        """What runs now; asks no network."""
        program = present(self.settings.cache, self.settings.program)
        if program is None:
            return Status("absent")
        if (pid := self.pid) is None:
            return Status("stopped", origin=program.origin)
        version = (
            self._process.ask(program, "core show version").split(" built ")[0].removeprefix("Asterisk ")
        )
        counted = self._process.ask(program, "core show channels count").splitlines()
        calls = next((int(line.split()[0]) for line in counted if "active call" in line), None)
        return Status("running", pid, version, program.origin, self.ports, calls)

    @property
    def obstacle(self) -> ConfigurationError | None:
        """Why there is no Asterisk: what can be seen now, else what the last fetch met; asks no network."""
        return unfetchable(self.settings.program) or last_trouble(self.settings.folder)

    def stop(self) -> None:
        """End the exchange and every call on it; nothing happens when none runs."""
        self._process.stop()

    def desk_phones_changed(self) -> None:
        """Let a running exchange know of phones that were added or removed; no call notices."""
        if self.pid is None or (ports := self.ports) is None:
            return
        program = self._program()
        render_product(self.settings, ports, program, self._folders)
        for command in ("module reload res_pjsip.so", "queue reload all"):
            self._process.ask(program, command)

    def kill(self) -> None:
        """``kill -9``, for tests of what follows."""
        self._process.kill()

    def ask(self, command: str) -> str:
        """One command on the exchange's console. Raises ``ConfigurationError`` ("asterisk_silent")."""
        return self._process.ask(self._program(), command)

    def console(self) -> list[str]:
        """The command line of an interactive console."""
        return [*self._program().command, "-C", str(self._folders.etc / "asterisk.conf"), "-r"]

    def _obtained(self, say: Say) -> Program:
        folder = self.settings.folder
        try:
            program = obtain(self.settings.cache, say, self.settings.program)
        except ConfigurationError as error:
            keep_trouble(folder, error)
            raise
        forget_trouble(folder)
        return program

    def _program(self) -> Program:
        program = present(self.settings.cache, self.settings.program)
        if program is None or self.pid is None:
            raise ConfigurationError("asterisk_silent", reason="not running")
        return program

    def _known_ports(self) -> Ports:
        if (ports := self.ports) is None:
            raise ConfigurationError("asterisk_silent", reason="never started")
        return ports


def socket_folder(home: Path) -> Path:
    """Where the console's socket stands: below ``home``, or where its path is short enough."""
    folder = home / "run"
    if len(os.fsencode(folder)) < SOCKET_LENGTH - len("asterisk.ctl"):
        return folder
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"hotline-{os.getuid()}-{name}"
