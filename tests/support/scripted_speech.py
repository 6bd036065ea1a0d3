"""A speech engine that says what a test wants: ``module:tests.support.scripted_speech``.

It runs where the real ones run, in a process of its own, and hears real sound: whenever somebody has spoken,
the next line of the leg's script in ``MODEL/script.json`` was said. The line ``!die`` kills the process.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nlp.speech.endpoints import Endpointer
from nlp.speech.spoken import LONGEST_UTTERANCE_S, RATE, CannotLoad, Spoken, seconds
from nlp.speech.utterances import SILENCE_S

ENGINE = f"module:{__name__}"
CONFIDENCE = 0.9
PARTIAL_AFTER_S = 0.3


def write_script(folder: Path, **lines: Sequence[str]) -> Path:
    """A model folder with what each leg says, over and over; ``anyone`` for the others."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "script.json").write_text(json.dumps(lines, ensure_ascii=False), "utf-8")
    return folder


def load(folder: Path, language: str) -> ScriptedEngine:
    """As the worker asks for it."""
    try:
        script = json.loads((folder / "script.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CannotLoad("speech_model_wrong", str(error)) from error
    return ScriptedEngine(script)


class ScriptedEngine:
    """Implements ``Engine``."""

    def __init__(self, script: dict[str, list[str]]) -> None:
        self._script = script
        self._turns: dict[str, int] = {}

    def listener(self, leg: str, rate: int) -> ScriptedListener:
        return ScriptedListener(self, leg, rate)

    def piece(self, pcm: bytes) -> Sequence[Spoken]:
        line = self.line("anyone")
        self.turn("anyone")
        return [Spoken(0.0, seconds(pcm), line, CONFIDENCE)]

    def line(self, leg: str) -> str:
        """What is said next."""
        lines = self._script.get(leg) or self._script["anyone"]
        line = lines[self._turns.get(leg, 0) % len(lines)]
        if line == "!die":
            os.kill(os.getpid(), signal.SIGKILL)
        return line

    def turn(self, leg: str) -> None:
        """It was said."""
        self._turns[leg] = self._turns.get(leg, 0) + 1


class ScriptedListener:
    """Implements ``Listener``: half of a line while somebody speaks, all of it afterwards."""

    def __init__(self, engine: ScriptedEngine, leg: str, rate: int) -> None:
        self._engine, self._leg = engine, leg
        self._ends = Endpointer(SILENCE_S, LONGEST_UTTERANCE_S)
        self._repeat = max(1, RATE // rate)
        self._is_told = False

    def accept(self, pcm: bytes, hurried: bool) -> Iterable[Spoken]:
        # Good enough a rate for hearing that somebody speaks.
        twice = b"".join(pcm[i : i + 2] * self._repeat for i in range(0, len(pcm), 2))
        for piece in self._ends.feed(twice):
            yield self._final(piece.start_s, piece.end_s)
        if self._ends.current_s >= PARTIAL_AFTER_S and not self._is_told:
            self._is_told = True
            now, line = self._ends.current, self._engine.line(self._leg)
            yield Spoken(now.start_s, now.end_s, line[: max(1, len(line) // 2)], None, final=False)

    def finish(self) -> Iterator[Spoken]:
        for piece in self._ends.finish():
            yield self._final(piece.start_s, piece.end_s)

    def _final(self, start_s: float, end_s: float) -> Spoken:
        line = self._engine.line(self._leg)
        self._engine.turn(self._leg)
        self._is_told = False
        return Spoken(start_s, end_s, line, CONFIDENCE)
