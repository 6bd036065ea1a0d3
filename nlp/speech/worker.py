"""An engine's process: ``python -m nlp.speech.worker ENGINE MODEL_FOLDER LANGUAGE``.

Frames come on standard input and go out on standard output (``nlp.speech.wire``). It ends with its parent:
when standard input ends. ENGINE is vosk, faster-whisper or sherpa-onnx, or ``module:NAME`` for a Python
module of the site's own with ``load(folder, language)`` that returns an ``nlp.speech.spoken.Engine``.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from nlp.speech.files import read_file
from nlp.speech.folders import OWN, digest
from nlp.speech.legs import LegThread
from nlp.speech.sound import BadSound
from nlp.speech.spoken import CannotLoad, Engine, Spoken
from nlp.speech.wire import Frame, Kind, Unpacker

MODULES = {
    "vosk": "nlp.speech.vosk_engine",
    "faster-whisper": "nlp.speech.whisper_engine",
    "sherpa-onnx": "nlp.speech.sherpa_engine",
}
READ_BYTES = 1 << 16
POLITENESS = 5
"""Calls and pages come before their words."""
log = logging.getLogger(__name__)


class Worker:
    """One engine and whom it listens to."""

    def __init__(self, engine: Engine, out: BinaryIO) -> None:
        self._engine = engine
        self._out = out
        self._out_lock = threading.Lock()
        self._legs: dict[int, LegThread] = {}
        self._files = ThreadPoolExecutor(1, "files")
        self._steps: dict[Kind, Callable[[Frame], None]] = {
            Kind.OPEN: self._open,
            Kind.AUDIO: self._audio,
            Kind.SKIP: self._skip,
            Kind.CLOSE: self._close,
            Kind.FILE: self._file,
            Kind.PING: self._ping,
        }

    def say(self, frame: Frame) -> None:
        """Send a frame; a parent that is gone ends us."""
        try:
            with self._out_lock:
                self._out.write(frame.packed())
                self._out.flush()
        except OSError:
            os._exit(0)

    def take(self, frame: Frame) -> None:
        """Do what a frame asks; what an engine's own failure leaves is a dead process, and a new one."""
        self._steps[frame.kind](frame)

    def _open(self, frame: Frame) -> None:
        head = frame.head
        stream = int(head["stream"])
        self._legs[stream] = LegThread(
            self._engine,
            head["leg"],
            head["rate"],
            head["offset_s"],
            head["first"],
            partial(self._told, {"stream": stream, "leg": head["leg"]}),
            partial(self._closed, stream),
        )

    def _audio(self, frame: Frame) -> None:
        if (leg := self._legs.get(frame.head["stream"])) is not None:
            leg.feed(frame.body)

    def _skip(self, frame: Frame) -> None:
        if (leg := self._legs.get(frame.head["stream"])) is not None:
            leg.skip(frame.head["seconds"])

    def _close(self, frame: Frame) -> None:
        if (leg := self._legs.get(frame.head["stream"])) is not None:
            leg.close()

    def _closed(self, stream: int) -> None:
        self._legs.pop(stream, None)
        self.say(Frame(Kind.CLOSED, {"stream": stream}))

    def _told(self, whose: dict[str, Any], number: int, spoken: Spoken) -> None:
        words = {
            "number": number,
            "start_s": round(spoken.start_s, 3),
            "end_s": round(spoken.end_s, 3),
            "text": spoken.text,
            "confidence": None if spoken.confidence is None else round(spoken.confidence, 3),
            "final": spoken.final,
        }
        self.say(Frame(Kind.SEGMENT, whose | words))

    def _file(self, frame: Frame) -> None:
        self._files.submit(self._read, frame.head["file"], Path(frame.head["path"]))

    def _read(self, number: int, path: Path) -> None:
        def told(leg: str, count: int, spoken: Spoken) -> None:
            self._told({"file": number, "leg": leg}, count, spoken)

        try:
            length, legs = read_file(self._engine, path, told)
        except BadSound as error:
            head = {"file": number, "code": error.code, "params": dict(error.params)}
            self.say(Frame(Kind.FILE_FAILED, head))
        except BaseException:
            log.exception("a file killed the engine")
            os._exit(3)
        else:
            self.say(Frame(Kind.FILE_DONE, {"file": number, "seconds": round(length, 3), "legs": legs}))

    def _ping(self, frame: Frame) -> None:
        self.say(Frame(Kind.PONG))


def load(engine: str, folder: Path, language: str) -> Engine:
    """The engine with its model. Raises ``CannotLoad``."""
    own = engine.removeprefix(OWN) if engine.startswith(OWN) else None
    try:
        module = importlib.import_module(own or MODULES[engine])
    except (ImportError, KeyError) as error:
        raise CannotLoad("speech_engine_missing", str(error)) from error
    loaded: Engine = module.load(folder, language)
    return loaded


def main(engine: str, folder: str, language: str) -> int:
    """Load, say so, and serve until the parent is gone."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    threading.excepthook = _end_with_the_thread
    if hasattr(os, "nice"):
        os.nice(POLITENESS)
    # Libraries that print must not garble the frames: from here on their output goes to standard error.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        worker = Worker(load(engine, Path(folder), language), out)
        worker.say(Frame(Kind.READY, {"hash": digest(Path(folder))}))
    except CannotLoad as error:
        out.write(Frame(Kind.FAILED, {"code": error.code, "detail": str(error)[:500]}).packed())
        out.flush()
        return 1
    unpacker = Unpacker()
    while data := os.read(0, READ_BYTES):
        for frame in unpacker.feed(data):
            worker.take(frame)
    os._exit(0)  # threads may be deep in native code: nobody waits for them


def _end_with_the_thread(what: threading.ExceptHookArgs) -> None:
    log.error("a leg's thread failed", exc_info=what.exc_value)
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
