"""The engine on paper: implements `ports.transcriber.Transcriber`, and understands what a test says."""

from __future__ import annotations

from pathlib import Path

from hotline.errors import DomainError
from hotline.ports.transcriber import EngineState, EngineStatus, FileText, Heard, Segment

HASH = "a" * 64


class PaperStream:
    """One leg; `say` lets it be understood."""

    def __init__(self, leg: str, heard: Heard) -> None:
        self.leg, self.heard = leg, heard
        self.fed = bytearray()
        self.is_finished = False

    @property
    def fed_s(self) -> float:
        return len(self.fed) / 2 / 16_000

    def feed(self, pcm: bytes) -> None:
        self.fed += pcm

    async def finish(self) -> None:
        self.is_finished = True

    def say(self, text: str, number: int = 0, final: bool = True) -> None:
        """Two seconds of speech, from twice its number on."""
        self.heard(Segment(self.leg, number, 2.0 * number, 2.0 * number + 2, text, 0.9, final))


class PaperTranscriber:
    """`answer` is what the next files come to: a text, or an error."""

    def __init__(self) -> None:
        self.status = EngineStatus(EngineState.READY, "vosk", "paper", HASH)
        self.streams: list[PaperStream] = []
        self.answer: FileText | DomainError | None = None
        self.read: list[Path] = []
        self.closed = 0

    async def start(self) -> None:
        """There is nothing to start."""

    async def close(self) -> None:
        self.closed += 1

    def open(self, leg: str, rate: int, heard: Heard) -> PaperStream:
        self.streams.append(PaperStream(leg, heard))
        return self.streams[-1]

    async def transcribe(self, path: Path) -> FileText:
        self.read.append(path)
        if isinstance(self.answer, DomainError):
            raise self.answer
        assert self.answer is not None
        return self.answer

    def on(self, leg: str) -> PaperStream:
        """The stream of a leg that goes on."""
        [found] = [one for one in self.streams if one.leg == leg and not one.is_finished]
        return found
