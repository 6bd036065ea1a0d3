"""A manager session of a few lines, so that a test sees what stands on the wire."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

PATIENCE = 60.0


class AmiSocket:
    """Signed in as the product's account. Every message is a dict of its headers."""

    def __init__(self, port: int, login: tuple[str, str]) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._bytes = b""
        self._number = 0
        self.events: list[dict[str, str]] = []
        """All events since the sign-in, in order."""
        try:
            self.banner = self._line()
            answer = self.send("Login", Username=login[0], Secret=login[1])
            assert answer["Response"] == "Success", answer
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, action: str, **headers: str) -> dict[str, str]:
        """The response to an action; events that come before it are kept."""
        self._number += 1
        name = f"test-{self._number}"
        lines = [f"Action: {action}", f"ActionID: {name}", *(f"{k}: {v}" for k, v in headers.items())]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            message = self._message(PATIENCE)
            if message.get("Response") and message.get("ActionID") == name:
                return message
            self.events.append(message)

    def wait_for(
        self, wanted: Callable[[dict[str, str]], bool], what: str, meanwhile: Callable[[], object] = int
    ) -> dict[str, str]:
        """The first event since the sign-in that is ``wanted``; ``meanwhile`` is called now and then."""
        seen = 0
        deadline = time.monotonic() + PATIENCE
        while True:
            for event in self.events[seen:]:
                if wanted(event):
                    return event
            seen = len(self.events)
            assert time.monotonic() < deadline, f"no {what} in {[name_of(e) for e in self.events]}"
            meanwhile()
            try:
                self.events.append(self._message(0.3))
            except TimeoutError:
                continue

    def user_event(self, name: str, meanwhile: Callable[[], object] = int, **headers: str) -> dict[str, str]:
        """The first UserEvent of that name with those headers."""

        def wanted(event: dict[str, str]) -> bool:
            same = all(event.get(key) == value for key, value in headers.items())
            return event.get("UserEvent") == name and same

        return self.wait_for(wanted, name, meanwhile)

    def beat(self) -> None:
        """The router's heartbeat: callers wait for its decision."""
        assert self.send("Setvar", Variable="ACD_HB", Value=str(int(time.time())))["Response"] == "Success"

    def _line(self) -> str:
        while b"\r\n" not in self._bytes:
            self._more()
        line, _, self._bytes = self._bytes.partition(b"\r\n")
        return line.decode()

    def _message(self, patience: float) -> dict[str, str]:
        self._socket.settimeout(patience)
        while b"\r\n\r\n" not in self._bytes:
            self._more()
        block, _, self._bytes = self._bytes.partition(b"\r\n\r\n")
        pairs = (line.partition(": ") for line in block.decode().split("\r\n"))
        return {key: value for key, _, value in pairs}

    def _more(self) -> None:
        received = self._socket.recv(65536)
        assert received, "Asterisk closed the connection"
        self._bytes += received


def name_of(event: dict[str, str]) -> str:
    """A short name for messages of failed tests."""
    return event.get("UserEvent") or event.get("Event", "?")
