"""One Asterisk process in a session of its own: it outlives whoever started it, and is found again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from hotline.errors import ConfigurationError
from telephony.asterisk.program import Program

START_SECONDS = 60.0
STOP_SECONDS = 10.0
PAUSE = 0.05


class AsteriskProcess:
    """The process whose configuration is ``etc``; its pid is kept in ``home``."""

    def __init__(self, home: Path, etc: Path) -> None:
        self._home = home
        self._configuration = etc / "asterisk.conf"
        self._pid_file = home / "asterisk.pid"
        self._output = home / "output.log"
        self._child: subprocess.Popen[bytes] | None = None

    def __del__(self) -> None:
        # It outlives us on purpose: no warning about a process that is still running.
        if self._child is not None and self._child.returncode is None:
            self._child.returncode = 0

    @property
    def pid(self) -> int | None:
        """The living process, whoever started it; None when there is none."""
        if self._child is not None:
            self._child.poll()  # so that a dead child does not stay as a zombie
        try:
            pid = int(self._pid_file.read_text("ascii"))
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        # The number may be another program's by now. The command line of a dead process is empty.
        return pid if os.fsencode(self._configuration) in command else None

    @property
    def has_crashed(self) -> bool:
        """Whether it ended although nobody ended it."""
        return self.pid is None and self._pid_file.exists()

    def launch(self, program: Program) -> None:
        """Start and wait until it has fully booted; nothing happens when it runs.

        Raises ``ConfigurationError`` ("asterisk_not_started", ``reason``: its last words, ``log``).
        """
        if self.pid is not None:
            return
        command = [*program.command, "-f", "-C", str(self._configuration)]
        with self._output.open("wb") as output:
            self._child = subprocess.Popen(
                command,
                cwd=self._home,
                env=_environment(program),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._pid_file.write_text(str(self._child.pid), "ascii")
        deadline = time.monotonic() + START_SECONDS
        while not self._has_booted(program):
            if self._child.poll() is not None or time.monotonic() > deadline:
                self.kill()
                words = self._output.read_text("utf-8", "replace").strip().splitlines()
                raise ConfigurationError(
                    "asterisk_not_started", reason=words[-1] if words else "?", log=str(self._output)
                )
            time.sleep(PAUSE)

    def _has_booted(self, program: Program) -> bool:
        done = self._ask(program, "core waitfullybooted")
        return done.returncode == 0 and b"fully booted" in done.stdout

    def ask(self, program: Program, command: str) -> str:
        """What the console answers to ``command``.

        Raises ``ConfigurationError`` ("asterisk_silent", ``reason``) when no Asterisk answers.
        """
        done = self._ask(program, command)
        if done.returncode != 0:
            reason = done.stderr or done.stdout
            raise ConfigurationError("asterisk_silent", reason=reason.decode("utf-8", "replace").strip())
        return done.stdout.decode("utf-8", "replace").rstrip()

    def _ask(self, program: Program, command: str) -> subprocess.CompletedProcess[bytes]:
        line = [*program.command, "-C", str(self._configuration), "-rx", command]
        try:
            return subprocess.run(
                line, env=_environment(program), stdin=subprocess.DEVNULL, capture_output=True, timeout=30
            )
        except subprocess.TimeoutExpired as error:
            return subprocess.CompletedProcess(line, 1, b"", str(error).encode())

    def stop(self) -> None:
        """End it in order, calls included; by force when it does not end by itself."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        sent = None
        while (pid := self.pid) is not None:
            if time.monotonic() > deadline:
                number = signal.SIGKILL
            if sent is not number:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
                sent = number
            time.sleep(PAUSE)
        if self._child is not None:
            self._child.wait()
        self._pid_file.unlink(missing_ok=True)


def _environment(program: Program) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TZ", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", **program.environment}
