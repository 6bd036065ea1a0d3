"""ProcessTranscriber: the ``Transcriber`` port on an engine in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotline.errors import InvalidInput, Unavailable
from hotline.ports.transcriber import EngineState, EngineStatus, FileText, Heard, Segment
from nlp.speech.folders import WrongFolder, model_folder
from nlp.speech.process import EngineProcess
from nlp.speech.streams import LegStream
from nlp.speech.wire import Frame, Kind

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
LIVED_S = 60.0
"""An engine that lived so long is given its first patience again."""
PATIENCE = 6
"""Deaths in a row after which it counts as dead; it is tried again all the same, once a minute."""
LOOK_AGAIN_S = 15.0
"""A model that is missing is looked for again: somebody may just be fetching it."""
LOADING_IS_DEARER = 4
FOLDER_CODES = ("speech_no_model",)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EngineSettings:
    """``engine``: vosk, faster-whisper, sherpa-onnx or ``module:NAME``; ``model``: its folder."""

    engine: str
    model: Path
    language: str = "zh"


class ProcessTranscriber:
    """Implements ``Transcriber``. Streams outlive the engine: who died is started again and goes on."""

    def __init__(
        self, settings: EngineSettings, first_pause: float = FIRST_PAUSE_S, look_again: float = LOOK_AGAIN_S
    ) -> None:
        self._settings = settings
        self._first_pause, self._look_again = first_pause, look_again
        self._status = EngineStatus(EngineState.OFF, settings.engine, settings.model.name)
        self._changed = asyncio.Event()
        self._engine: EngineProcess | None = None
        self._failure: Frame | None = None
        self._task: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._streams: dict[int, LegStream] = {}
        self._files: dict[int, tuple[asyncio.Future[Frame], list[Segment]]] = {}

    @property
    def status(self) -> EngineStatus:
        return self._status

    @property
    def pid(self) -> int | None:
        """The engine's process while there is one."""
        return self._engine.pid if self._engine is not None else None

    async def start(self) -> None:
        if self._task is None:
            self._set(EngineState.STARTING)
            self._task = asyncio.create_task(self._keep(), name=f"engine-{self._settings.engine}")

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._lost()
        self._set(EngineState.OFF)

    def open(self, leg: str, rate: int, heard: Heard) -> LegStream:
        number = next(self._numbers)
        stream = LegStream(number, leg, rate, heard, self._send, self._forget)
        self._streams[number] = stream
        if self._status.state is EngineState.READY:
            stream.begin()
        return stream

    async def transcribe(self, path: Path) -> FileText:
        file = await asyncio.to_thread(path.absolute)
        if not await asyncio.to_thread(file.is_file):
            raise _wrong("audio_absent", {"path": str(path)})
        await self._until_ready()
        number = next(self._numbers)
        done: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        segments: list[Segment] = []
        self._files[number] = (done, segments)
        try:
            self._send(Frame(Kind.FILE, {"file": number, "path": str(file)}))
            answer = await done
        finally:
            self._files.pop(number, None)
        if answer.kind is Kind.FILE_FAILED:
            raise _wrong(answer.head["code"], answer.head["params"])
        segments.sort(key=lambda one: (one.start_s, one.end_s, one.leg))
        return FileText(self._status, answer.head["seconds"], tuple(answer.head["legs"]), tuple(segments))

    async def _until_ready(self) -> None:
        while self._status.state is not EngineState.READY:
            if self._status.state not in (EngineState.STARTING, EngineState.RESTARTING):
                code = self._status.code or "speech_off"
                raise Unavailable(code, **self._about())
            self._changed.clear()
            await self._changed.wait()

    # -- the engine's lives

    async def _keep(self) -> None:
        deaths, pause = 0, self._first_pause
        while True:
            folder = await self._folder()
            if folder is None:
                await asyncio.sleep(self._look_again)
                continue
            if self._status.code in FOLDER_CODES:
                self._set(EngineState.STARTING)
            loop = asyncio.get_running_loop()
            begun = loop.time()
            why = await self._one_life(folder)
            failure, self._failure = self._failure, None
            if failure is not None:
                self._missing(failure.head["code"], failure.head["detail"])
                await asyncio.sleep(self._look_again * LOADING_IS_DEARER)
                continue
            if loop.time() - begun > LIVED_S:
                deaths, pause = 0, self._first_pause
            deaths += 1
            self._died(why, EngineState.DEAD if deaths >= PATIENCE else EngineState.RESTARTING)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _folder(self) -> Path | None:
        try:
            return await asyncio.to_thread(model_folder, self._settings.engine, self._settings.model)
        except WrongFolder as error:
            self._missing(error.code, str(error), found=error.found)
        except OSError as error:
            self._missing("speech_no_model", str(error))
        return None

    async def _one_life(self, folder: Path) -> str:
        self._engine = EngineProcess(self._settings.engine, folder, self._settings.language, self._told)
        try:
            why = await self._engine.live()
            return f"{why}: {self._engine.last_words}".removesuffix(": ")
        except OSError as error:
            return f"not started: {error}"
        finally:
            self._engine = None
            self._lost()

    def _lost(self) -> None:
        for stream in list(self._streams.values()):
            stream.lost()
        for done, _ in self._files.values():
            if not done.done():
                done.set_exception(Unavailable("speech_engine_died", **self._about()))

    def _missing(self, code: str, detail: str, found: str = "") -> None:
        if self._status.code != code:
            log.warning("no speech: %s", detail, extra={"code": code})
        self._set(EngineState.MISSING_MODEL, code=code, detail=found or detail)

    def _died(self, why: str, state: EngineState) -> None:
        log.error("the speech engine died: %s", why)
        restarts = self._status.restarts + 1
        self._set(state, code="speech_engine_died", detail=why, restarts=restarts)

    def _set(self, state: EngineState, **changes: Any) -> None:
        self._status = replace(self._status, **{"state": state, "code": "", "detail": "", **changes})
        self._changed.set()

    def _about(self) -> dict[str, str]:
        return {
            "engine": self._settings.engine,
            "model": str(self._settings.model),
            "detail": self._status.detail,
        }

    # -- frames

    def _forget(self, number: int) -> None:
        self._streams.pop(number, None)

    def _send(self, frame: Frame) -> bool:
        is_ready = self._status.state is EngineState.READY
        return is_ready and self._engine is not None and self._engine.send(frame)

    def _told(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.READY:
                self._set(EngineState.READY, model_hash=frame.head["hash"])
                for stream in list(self._streams.values()):
                    stream.begin()
            case Kind.FAILED:
                self._failure = frame
            case Kind.SEGMENT | Kind.CLOSED if "stream" in frame.head:
                self._told_stream(frame)
            case Kind.SEGMENT | Kind.FILE_DONE | Kind.FILE_FAILED:
                self._told_file(frame)
            case _:
                log.error("the engine said what only we say: %s", frame.kind.name)

    def _told_stream(self, frame: Frame) -> None:
        stream = self._streams.get(frame.head["stream"])
        if stream is None:
            return
        if frame.kind is Kind.CLOSED:
            stream.closed()
        else:
            stream.told(_segment(frame))

    def _told_file(self, frame: Frame) -> None:
        waiting = self._files.get(frame.head["file"])
        if waiting is None:
            return
        done, segments = waiting
        if frame.kind is Kind.SEGMENT:
            segments.append(_segment(frame))
        elif not done.done():
            done.set_result(frame)


def _wrong(code: str, params: Mapping[str, Any]) -> InvalidInput:
    return InvalidInput([], code, **params)


def _segment(frame: Frame) -> Segment:
    head = frame.head
    return Segment(
        head["leg"],
        head["number"],
        head["start_s"],
        head["end_s"],
        head["text"],
        head["confidence"],
        head["final"],
    )


@contextlib.asynccontextmanager
async def running(settings: EngineSettings) -> AsyncIterator[ProcessTranscriber]:
    """A transcriber for as long as the block lasts."""
    transcriber = ProcessTranscriber(settings)
    await transcriber.start()
    try:
        yield transcriber
    finally:
        await transcriber.close()
