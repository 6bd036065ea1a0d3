"""A real ``hotline run`` in a process of its own, to be asked, killed and started again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.waiting import wait_until

PASSWORD_FILE = Path(__file__).parents[2] / "hotline" / "demo" / "data" / "users.json"


def demo_password() -> str:
    """The password of the demo accounts, from the product's own data."""
    password: str = json.loads(PASSWORD_FILE.read_text("utf-8"))["password"]
    return password


class RunningHotline:
    """One data folder and the process that serves it; the port stays the same over restarts."""

    def __init__(self, data: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data = data
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # An exchange takes its time and outlives the test: who wants one says so.
        self._environment = {**os.environ, "HOTLINE_TELEPHONY": "false", **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self.log = data.parent / f"{data.name}.log"

    def start(self) -> dict[str, Any]:
        """Start and wait until it answers; returns what ``--json`` announced."""
        command = [sys.executable, "-m", "hotline", "run", "--json"]
        command += ["--data", str(self.data), "--port", str(self.port)]
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"hotline did not start:\n{self.log.read_text()}"
        wait_until(self._answers, "the hotline answers")
        announced: dict[str, Any] = json.loads(line)
        return announced

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310 - our own
                return bool(answer.status == 200)
        except OSError:
            return False

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """``kill -9``: nothing can be tidied up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """What Ctrl+C does."""
        self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(30)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running_hotline(data: Path, environment: Mapping[str, str] | None = None) -> Iterator[RunningHotline]:
    """A hotline with the demo organisation, stopped in the end."""
    hotline = RunningHotline(data, environment)
    hotline.start()
    try:
        yield hotline
    finally:
        hotline.stop()
