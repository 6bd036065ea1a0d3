"""Inside an engine's process: a thread for every leg that is listened to."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from nlp.speech.spoken import Engine, Spoken, joined, seconds

BACKLOG_S = 20.0
"""More sound than this may not wait: words that come later are no longer live."""
HURRY_S = 1.0
log = logging.getLogger(__name__)

Tell = Callable[[int, Spoken], None]
"""Told of an utterance's number and words, with times from the beginning of the leg."""


class LegThread:
    """Feeds one listener. Sound that it cannot keep up with is left out; times stay true."""

    def __init__(
        self,
        engine: Engine,
        leg: str,
        rate: int,
        offset_s: float,
        first: int,
        tell: Tell,
        done: Callable[[], None],
    ) -> None:
        self._engine, self._leg, self._rate = engine, leg, rate
        self._listener = engine.listener(leg, rate)
        self._began_s = offset_s
        self._position_s = offset_s
        self._number = first
        self._tell, self._done = tell, done
        self._waiting: deque[bytes] = deque()
        self._waiting_s = 0.0
        self._skipped_s = 0.0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"leg-{leg}", daemon=True)
        self._thread.start()

    def feed(self, pcm: bytes) -> None:
        """Take sound."""
        with self._changed:
            self._waiting.append(pcm)
            self._waiting_s += seconds(pcm, self._rate)
            if self._waiting_s > BACKLOG_S:
                self._skipped_s += self._waiting_s
                self._waiting.clear()
                self._waiting_s = 0.0
                log.warning("the engine cannot keep up: sound was left out")
            self._changed.notify()

    def skip(self, gap_s: float) -> None:
        """Sound is missing here."""
        with self._changed:
            self._skipped_s += self._waiting_s + gap_s
            self._waiting.clear()
            self._waiting_s = 0.0
            self._changed.notify()

    def close(self) -> None:
        """No more sound: what waits is read, then ``done`` is called."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._skipped_s or self._closing)
                pcm, hurried = b"".join(self._waiting), self._waiting_s > HURRY_S
                skipped, closing = self._skipped_s, self._closing
                self._waiting.clear()
                self._waiting_s = self._skipped_s = 0.0
            if skipped:
                self._jump(skipped)
            if pcm:
                self._position_s += seconds(pcm, self._rate)
                for spoken in self._listener.accept(pcm, hurried):
                    self._told(spoken)
            if closing:
                for spoken in self._listener.finish():
                    self._told(spoken)
                self._done()
                return

    def _jump(self, gap_s: float) -> None:
        """The words before the gap end there; a fresh listener begins after it."""
        for spoken in self._listener.finish():
            self._told(spoken)
        self._position_s += gap_s
        self._began_s = self._position_s
        self._listener = self._engine.listener(self._leg, self._rate)

    def _told(self, spoken: Spoken) -> None:
        shifted = Spoken(
            self._began_s + spoken.start_s,
            self._began_s + spoken.end_s,
            joined(spoken.text),
            spoken.confidence,
            spoken.final,
        )
        self._tell(self._number, shifted)
        if spoken.final:
            self._number += 1
