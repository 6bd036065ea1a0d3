"""The classifier in a process of its own: no loop waits for it, and it is started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from hotline.errors import Unavailable
from hotline.ports.classifier import Condition, Guess, Proposal, Question
from nlp.classifier.features import LONGEST
from nlp.classifier.worker import Order

log = logging.getLogger(__name__)

ANSWER_SECONDS = 10.0
"""A process that has not answered by then hangs, and is ended."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
_LINE_BYTES = 16_000_000
_COMMAND = (sys.executable, "-m", "nlp.classifier.worker")


class SklearnClassifier:
    """A ``Classifier``. ``run`` must be running for it to answer; it sends no more of a text than is read."""

    def __init__(
        self,
        order: Order,
        command: Sequence[str] = _COMMAND,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience: float = ANSWER_SECONDS,
    ) -> None:
        self._order, self._command, self._pause, self._patience = order, tuple(command), pause, patience
        self._condition = Condition("off")
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[list[Proposal]]] = {}
        self._last = 0
        self._restarts = 0
        self._reason = ""
        self._answered = False

    @property
    def condition(self) -> Condition:
        """See ``Classifier``."""
        return self._condition

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process is not None else None

    async def classify(self, text: str, title: str = "", among: Collection[str] | None = None) -> Proposal:
        """See ``Classifier``."""
        (proposal,) = await self.classify_all([Question(text, title, among)])
        return proposal

    async def classify_all(self, questions: Sequence[Question]) -> list[Proposal]:
        """See ``Classifier``."""
        process = self._process
        if self._condition.state != "ready" or process is None or process.stdin is None:
            raise self._unavailable()
        self._last += 1
        number, answer = self._last, asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        asked = [_plain(question) for question in questions]
        process.stdin.write(json.dumps({"id": number, "questions": asked}).encode() + b"\n")
        try:
            return await asyncio.wait_for(asyncio.shield(answer), self._patience)
        except TimeoutError:
            log.error("the classifier does not answer", extra={"pid": process.pid})
            _kill(process)
            raise self._unavailable() from None
        finally:
            self._waiting.pop(number, None)
            answer.cancel()

    async def run(self) -> None:
        """Keep the process alive until cancelled."""
        pause = FIRST_PAUSE
        try:
            while True:
                self._answered = False
                try:
                    await self._live()
                except OSError as error:
                    self._reason = f"{type(error).__name__}: {error}"
                if self._answered:
                    pause = FIRST_PAUSE
                self._restarts += 1
                self._set("restarting", reason=self._reason or "the process ended")
                log.warning("classifier ended", extra={"reason": self._reason, "restarts": self._restarts})
                await self._pause(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        finally:
            self._set("off")

    async def _live(self) -> None:
        """One life of the process."""
        self._set("loading", reason=self._reason)
        self._reason = ""
        self._process = process = await self._started()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        try:
            process.stdin.write(self._order.line())
            async for line in process.stdout:
                self._heard(json.loads(line))
            self._reason = self._reason or f"ended with code {await process.wait()}"
        except ValueError as error:
            self._reason = f"not understood: {error}"
        finally:
            self._process = None
            self._set("restarting", reason=self._reason)
            self._give_up_on_answers()
            _kill(process)
            await process.wait()

    async def _started(self) -> asyncio.subprocess.Process:
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                limit=_LINE_BYTES,
                start_new_session=True,  # Ctrl+C is for the product, which then ends its processes in order
            )
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:  # asyncio loses a process whose start is cancelled half-way
            process = await starting
            _kill(process)
            await process.wait()
            raise

    def _heard(self, said: Mapping[str, Any]) -> None:
        if "id" in said:
            answer = self._waiting.get(said["id"])
            if answer is not None and not answer.done():
                answer.set_result([_proposal(one) for one in said["proposals"]])
        elif said["state"] == "failed":
            self._reason = str(said["reason"])
        else:
            self._answered = said["state"] == "ready"
            self._set(said["state"], model=said.get("model", ""))

    def _set(self, state: Any, model: str = "", reason: str = "") -> None:
        self._condition = Condition(state, model, reason, self._restarts)

    def _give_up_on_answers(self) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._unavailable())

    def _unavailable(self) -> Unavailable:
        return Unavailable("classifier_not_ready", state=self._condition.state)


def _plain(question: Question) -> tuple[str, str, list[str] | None]:
    among = None if question.among is None else sorted(question.among)
    return question.text[:LONGEST], question.title[:LONGEST], among


def _proposal(said: Mapping[str, Any]) -> Proposal:
    top = tuple(Guess(one["category"], one["confidence"]) for one in said["top"])
    return Proposal(**{**said, "top": top})


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
