"""One life of an engine's process: started, heard, asked whether it lives, ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

from nlp.speech.wire import Frame, Garbled, Kind, Unpacker

READ_BYTES = 1 << 16
UNSENT_BYTES = 1_000_000
"""So much may wait to be sent (30 s of one leg); a process that takes nothing for so long is stuck."""
PING_EVERY_S = 5.0
PONG_WITHIN_S = 20.0
"""Native code may keep the process from answering for a while."""
LOAD_WITHIN_S = 180.0
END_WITHIN_S = 3.0
LINES = 20
LINE_BYTES = 400
log = logging.getLogger(__name__)


class EngineProcess:
    """A running ``nlp.speech.worker``. ``told`` gets every frame but pongs, in the event loop."""

    def __init__(self, engine: str, folder: Path, language: str, told: Callable[[Frame], None]) -> None:
        self._arguments = (engine, str(folder), language)
        self._told = told
        self._process: asyncio.subprocess.Process | None = None
        self._lines: deque[str] = deque(maxlen=LINES)
        self._ready = asyncio.Event()
        self._ponged = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process; None before it was started."""
        return self._process.pid if self._process is not None else None

    @property
    def last_words(self) -> str:
        """The end of what it wrote on standard error."""
        return " | ".join(list(self._lines)[-3:])[-LINE_BYTES:]

    async def live(self) -> str:
        """From start to end; returns why it ended. Cancelled, it ends the process."""
        command = (sys.executable, "-m", "nlp.speech.worker", *self._arguments)
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
        reading = asyncio.create_task(self._read(self._process), name="engine-frames")
        noting = asyncio.create_task(self._note(self._process), name="engine-log")
        watching = asyncio.create_task(self._watch(), name="engine-watch")
        try:
            done, _ = await asyncio.wait({reading, watching}, return_when=asyncio.FIRST_COMPLETED)
            why = next(iter(done)).result()
            if reading in done:
                await asyncio.wait({noting}, timeout=END_WITHIN_S)
            return why
        finally:
            for task in (reading, noting, watching):
                task.cancel()
            await self._end(self._process)
            await asyncio.gather(reading, noting, watching, return_exceptions=True)

    def send(self, frame: Frame) -> bool:
        """Send a frame at once; False when the process is gone or takes nothing."""
        writer = self._process.stdin if self._process is not None else None
        if writer is None or writer.is_closing():
            return False
        if frame.kind in (Kind.AUDIO, Kind.SKIP) and writer.transport.get_write_buffer_size() > UNSENT_BYTES:
            return False
        writer.write(frame.packed())
        return True

    async def _read(self, process: asyncio.subprocess.Process) -> str:
        assert process.stdout is not None  # noqa: S101
        unpacker = Unpacker()
        while data := await process.stdout.read(READ_BYTES):
            try:
                for frame in unpacker.feed(data):
                    self._take(frame)
            except Garbled as error:
                return f"garbled: {error}"
        code = await process.wait()
        return f"ended with {code}" if code >= 0 else f"killed by signal {-code}"

    def _take(self, frame: Frame) -> None:
        self._ponged.set()
        if frame.kind is Kind.READY:
            self._ready.set()
        if frame.kind is not Kind.PONG:
            self._told(frame)

    async def _note(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None  # noqa: S101
        rest = b""
        while data := await process.stderr.read(READ_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[-LINE_BYTES:]
            for line in lines:
                text = line[:LINE_BYTES].decode("utf-8", "replace").strip()
                if text:
                    self._lines.append(text)
                    log.debug("engine: %s", text)

    async def _watch(self) -> str:
        """Returns when it does not load, or does not answer, in time."""
        try:
            async with asyncio.timeout(LOAD_WITHIN_S):
                await self._ready.wait()
        except TimeoutError:
            return f"not loaded within {LOAD_WITHIN_S:g} s"
        while True:
            self._ponged.clear()
            self.send(Frame(Kind.PING))
            try:
                async with asyncio.timeout(PONG_WITHIN_S):
                    await self._ponged.wait()
            except TimeoutError:
                return f"silent for {PONG_WITHIN_S:g} s"
            await asyncio.sleep(PING_EVERY_S)

    @staticmethod
    async def _end(process: asyncio.subprocess.Process) -> None:
        """It ends by itself when its input does; the impatient kill it."""
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            try:
                async with asyncio.timeout(END_WITHIN_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
