"""The demo's carrier: started for some calls, gone afterwards."""

from __future__ import annotations

import csv
import re
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from hotline.errors import ConfigurationError
from telephony.asterisk.process import AsteriskProcess
from telephony.asterisk.program import Program
from telephony.asterisk.render import Folders, fill, plain, render, share
from telephony.asterisk.run import socket_folder
from telephony.asterisk.settings import DEMO_CARRIER
from telephony.carrier.speech import convert

TEMPLATES = Path(__file__).parent / "conf"
RTP_FIRST, RTP_LAST = 42_000, 43_999
NUMBER = re.compile(r"\+?[0-9]{1,20}")
DIGITS = re.compile(r"[0-9*#A-DwW]{0,40}")
WAIT_SECONDS = 45
LOST_SECONDS = 5.0
"""A call without channel and without record for so long never came about."""
ACCOUNT, DISPOSITION, BILLED = 0, 14, 13
"""Columns of a call data record."""


@dataclass(frozen=True)
class CitizenCall:
    """A citizen dials ``called`` and speaks ``wav`` once answered, then presses ``press`` (w: half a second).

    ``repeat``: again and again. ``stay``: seconds after which the citizen hangs up at the latest.
    """

    number: str
    called: str = "12345"
    wav: Path | None = None
    press: str = ""
    repeat: bool = False
    stay: int = 120


@dataclass(frozen=True)
class CallReport:
    """How a call went. ``state``: answered, busy, unanswered or failed; ``seconds`` from answer to end."""

    call: str
    state: str
    seconds: int


class Carrier:
    """A carrier on 127.0.0.2 whose calls reach the exchange at ``hotline`` (host:port).

    Several may run at a time, each with a folder and a port of its own; the one on the port that the exchange
    knows (``Ports.carrier``) is also called by it, and answers by speaking ``answer``. With ``login`` it
    calls as that SIP account instead, from any address of this machine (``host``).
    """

    def __init__(
        self,
        program: Program,
        home: Path,
        hotline: str,
        *,
        port: int = 0,
        host: str = DEMO_CARRIER,
        answer: Path | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self._program = program
        self._folders = Folders(home, socket_folder(home))
        self._process = AsteriskProcess(home, self._folders.etc)
        self._hotline, self._host, self._answer, self._login = hotline, host, answer, login
        self._port = port or _free_port(host)

    @property
    def address(self) -> str:
        """host:port at which the carrier takes calls."""
        return f"{self._host}:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it. Raises ``ConfigurationError``, see ``AsteriskProcess.launch``."""
        self._process.stop()  # one that a killed demo left
        self._folders.make()
        for name in ("outgoing", "new", "speech"):
            (self._folders.spool / name).mkdir(exist_ok=True)
        answer = self._folders.spool / "speech" / "answer"
        if self._answer is not None:
            convert(self._answer, answer.with_suffix(".wav"))
        values = self._folders.values(self._program) | {
            "ADDRESS": self.address,
            "ANSWER": str(answer) if self._answer is not None else "",
            "HOST": self._host,
            "HOTLINE": self._hotline,
            "HOTLINE_HOST": self._hotline.rpartition(":")[0],
            "LOGIN": self._login_part(),
            "RTP_FIRST": str(RTP_FIRST),
            "RTP_LAST": str(RTP_LAST),
        }
        render(TEMPLATES, self._folders.etc, values)
        share(self._program, self._folders)
        self._process.launch(self._program)

    def _login_part(self) -> str:
        if self._login is None:
            return ""
        user, password = (plain("login", value) for value in self._login)
        return fill((TEMPLATES / "pjsip-login.part").read_text("utf-8"), {"USER": user, "PASSWORD": password})

    def stop(self) -> None:
        """Every citizen hangs up, and the carrier is gone."""
        self._process.stop()

    def place(self, call: CitizenCall) -> str:
        """Dial; returns the call's name here at once.

        Raises ``ConfigurationError`` ("demo_number", "demo_digits", "wav_unreadable").
        """
        for number in (call.number, call.called):
            # Accounts of browsers dial a name, citizens dial numbers.
            if not (NUMBER.fullmatch(number) or (self._login and number.isalnum())):
                raise ConfigurationError("demo_number", number=number)
        if not DIGITS.fullmatch(call.press):
            raise ConfigurationError("demo_digits", digits=call.press)
        name = secrets.token_hex(6)
        speech = self._folders.spool / "speech" / name
        if call.wav is not None:
            convert(call.wav, speech.with_suffix(".wav"))
        variables = {
            "SPEECH": speech if call.wav is not None else "",
            "PRESS": call.press,
            "REPEAT": int(call.repeat and call.wav is not None),
            "STAY": call.stay,
        }
        lines = [
            f"Channel: PJSIP/{call.called}@hotline",
            f'CallerID: "" <{call.number}>',
            f"Account: {name}",
            f"WaitTime: {WAIT_SECONDS}",
            "MaxRetries: 0",
            "Context: citizen\nExtension: s\nPriority: 1",
            *(f"Setvar: {key}={value}" for key, value in variables.items()),
        ]
        # Asterisk takes a file as soon as it appears, so it appears whole.
        fresh = self._folders.spool / "new" / name
        fresh.write_text("\n".join(lines) + "\n", "utf-8")
        fresh.rename(self._folders.spool / "outgoing" / f"{name}.call")
        return name

    def is_answered(self, call: str) -> bool:
        """Whether the hotline has answered ``call`` and it goes on."""
        return any(channel[4] == "Up" for channel in self._channels(call))

    def hang_up(self, call: str) -> None:
        """The citizen hangs up; nothing happens when the call has ended."""
        for channel in self._channels(call):
            self._process.ask(self._program, f"channel request hangup {channel[0]}")

    def report(self, call: str) -> CallReport | None:
        """How ``call`` went; None while it goes on."""
        records = self._folders.log / "cdr-csv" / "Master.csv"
        if not records.exists():
            return None
        states = {"ANSWERED": "answered", "BUSY": "busy", "NO ANSWER": "unanswered"}
        with records.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                if row[ACCOUNT] == call:
                    return CallReport(call, states.get(row[DISPOSITION], "failed"), int(row[BILLED]))
        return None

    def wait(self, call: str, answered: Callable[[], None], pause: float = 0.2) -> CallReport:
        """Stay until ``call`` has ended; ``answered`` is called once when it is taken.

        Raises ``ConfigurationError`` ("asterisk_silent") when the carrier itself died.
        """
        was_answered, gone_since = False, None
        while (report := self.report(call)) is None:
            channels = self._channels(call)
            if not was_answered and any(channel[4] == "Up" for channel in channels):
                was_answered = True
                answered()
            gone_since = None if channels else gone_since or time.monotonic()
            if gone_since is not None and time.monotonic() - gone_since > LOST_SECONDS:
                return CallReport(call, "failed", 0)
            time.sleep(pause)
        return report

    def _channels(self, call: str) -> Sequence[Sequence[str]]:
        """Rows of the carrier's open channels that belong to ``call``."""
        text = self._process.ask(self._program, "core show channels concise")
        return [row for line in text.splitlines() if len(row := line.split("!")) > 8 and row[8] == call]


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((host, 0))
        return int(free.getsockname()[1])
