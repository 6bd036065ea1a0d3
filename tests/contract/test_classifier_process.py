"""The classifier in its own process: ready, dead, hanging, and what callers see of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hotline.errors import Unavailable
from hotline.ports.classifier import Question
from nlp.classifier.adapter import SklearnClassifier
from nlp.classifier.worker import Order
from tests.support.little_corpus import CATEGORIES, WORDS, write_corpus
from tests.support.waiting import until

SILENT = 'import sys; print(\'{"state": "ready", "model": "m"}\', flush=True); sys.stdin.read()'
GARBLED = "print('Traceback', flush=True)"


@pytest.fixture
def order(tmp_path: Path) -> Order:
    corpus = write_corpus(tmp_path / "corpus")
    return Order(CATEGORIES, WORDS, folder=str(tmp_path / "models"), corpus=str(corpus))


async def at_once(_seconds: float) -> None:
    """Nobody waits before the next try, but everybody else gets a turn."""
    await asyncio.sleep(0)


async def for_ever(_seconds: float) -> None:
    """There is no next try."""
    await asyncio.Event().wait()


@asynccontextmanager
async def running(classifier: SklearnClassifier) -> AsyncIterator[None]:
    task = asyncio.create_task(classifier.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_ready(classifier: SklearnClassifier) -> None:
    await until(lambda: classifier.condition.state == "ready", "the classifier is ready")


async def test_it_trains_then_answers_in_order(order: Order) -> None:
    classifier = SklearnClassifier(order)
    async with running(classifier):
        await until_ready(classifier)
        said = await classifier.classify_all(
            [
                Question("路灯不亮"),
                Question(""),
                Question("x", among=["SN-04-01"]),
                Question("垃圾成堆" * 9999),
            ]
        )
        assert [one.category for one in said][0::2] == ["LT-01-01", "SN-04-01"]
        assert [one.needs_human for one in said] == [False, True, True, False]
        assert {one.model for one in said} == {classifier.condition.model}
        assert (await classifier.classify("灯杆漏电")).urgency == "E0"
    assert classifier.condition.state == "off"


async def test_until_it_is_ready_nobody_waits_for_it(order: Order) -> None:
    classifier = SklearnClassifier(order)
    with pytest.raises(Unavailable, match="classifier_not_ready"):
        await classifier.classify("路灯不亮")


async def test_killed_it_is_started_again_with_the_model_it_kept(order: Order) -> None:
    classifier = SklearnClassifier(order, pause=at_once)
    async with running(classifier):
        await until_ready(classifier)
        before, pid = classifier.condition.model, classifier.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda: classifier.condition.restarts == 1, "it is started again")
        await until_ready(classifier)
        assert classifier.condition.model == before
        assert (await classifier.classify("路灯不亮")).category == "LT-01-01"


async def test_one_that_hangs_is_ended(order: Order) -> None:
    classifier = SklearnClassifier(order, (sys.executable, "-c", SILENT), for_ever, patience=0.05)
    async with running(classifier):
        await until_ready(classifier)
        with pytest.raises(Unavailable):
            await classifier.classify("路灯不亮")
        await until(lambda: classifier.condition.restarts == 1, "it is ended")


async def test_answers_that_are_awaited_when_it_dies_are_refused(order: Order) -> None:
    classifier = SklearnClassifier(order, (sys.executable, "-c", SILENT), for_ever)
    async with running(classifier):
        await until_ready(classifier)
        asking = asyncio.create_task(classifier.classify("路灯不亮"))
        await asyncio.sleep(0)
        assert classifier.pid is not None
        os.kill(classifier.pid, signal.SIGKILL)
        with pytest.raises(Unavailable):
            await asking


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ((sys.executable, "-c", GARBLED), "not understood"),
        ((sys.executable, "-c", "raise SystemExit(3)"), "code 3"),
        (("/no/such/program",), "FileNotFoundError"),
    ],
)
async def test_why_it_does_not_answer_is_said(order: Order, command: tuple[str, ...], reason: str) -> None:
    classifier = SklearnClassifier(order, command, pause=for_ever)
    async with running(classifier):
        await until(lambda: reason in classifier.condition.reason, f"it says {reason}")


async def test_a_corpus_with_errors_is_named_as_the_reason(order: Order) -> None:
    (Path(order.corpus) / "bad.tsv").write_text("nonsense\n")
    classifier = SklearnClassifier(order, pause=for_ever)
    async with running(classifier):
        await until(lambda: "InvalidCorpus" in classifier.condition.reason, "it names the corpus")
