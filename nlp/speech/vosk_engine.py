"""Vosk: streaming by itself, with the confidence of every word."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nlp.speech.endpoints import Quiet
from nlp.speech.spoken import LONGEST_UTTERANCE_S, RATE, SAMPLE_BYTES, CannotLoad, Spoken, seconds

SILENCE_S = 0.7
"""A model's own rules may wait much longer for the end of an utterance."""
STEP_S = 0.1


def load(folder: Path, language: str) -> VoskEngine:
    """The model in ``folder``; its language is what it was trained on."""
    try:
        import vosk
    except (ImportError, OSError) as error:
        raise CannotLoad("speech_engine_missing", str(error)) from error
    vosk.SetLogLevel(-1)
    try:
        return VoskEngine(vosk, vosk.Model(str(folder)))
    except Exception as error:  # vosk raises nothing more exact
        raise CannotLoad("speech_model_wrong", str(error)) from error


class VoskEngine:
    """Implements ``Engine``."""

    def __init__(self, vosk: Any, model: Any) -> None:
        self._vosk = vosk
        self._model = model

    def listener(self, leg: str, rate: int) -> VoskListener:
        return VoskListener(self._recogniser(rate), rate)

    def piece(self, pcm: bytes) -> Sequence[Spoken]:
        recogniser = self._recogniser(RATE)
        found = []
        if recogniser.AcceptWaveform(pcm):
            found.append(_spoken(recogniser.Result()))
        found.append(_spoken(recogniser.FinalResult()))
        return [one for one in found if one is not None]

    def _recogniser(self, rate: int) -> Any:
        recogniser = self._vosk.KaldiRecognizer(self._model, rate)
        recogniser.SetWords(True)
        return recogniser


class VoskListener:
    """Implements ``Listener``."""

    def __init__(self, recogniser: Any, rate: int) -> None:
        self._recogniser = recogniser
        self._rate = rate
        self._quiet = Quiet(rate)
        self._fed_s = 0.0
        self._begun_s: float | None = None
        self._partial = ""

    def accept(self, pcm: bytes, hurried: bool) -> Iterable[Spoken]:
        # Step by step also when much has waited: utterances are to end where they ended.
        step = int(self._rate * STEP_S) * SAMPLE_BYTES
        for i in range(0, len(pcm), step):
            yield from self._step(pcm[i : i + step], hurried)

    def _step(self, pcm: bytes, hurried: bool) -> Iterator[Spoken]:
        before = self._fed_s
        self._fed_s += seconds(pcm, self._rate)
        self._quiet.feed(pcm)
        if self._recogniser.AcceptWaveform(pcm):
            yield from self._closed(self._recogniser.Result())
            return
        text = json.loads(self._recogniser.PartialResult())["partial"]
        if not text:
            return
        if self._begun_s is None:
            self._begun_s = before
        is_long = self._fed_s - self._begun_s >= LONGEST_UTTERANCE_S
        if is_long or self._quiet.for_s >= SILENCE_S:
            yield from self._closed(self._recogniser.FinalResult())
        elif text != self._partial and not hurried:
            self._partial = text
            yield Spoken(self._begun_s, self._fed_s, text, None, final=False)

    def finish(self) -> Iterator[Spoken]:
        yield from self._closed(self._recogniser.FinalResult())

    def _closed(self, result: str) -> Iterator[Spoken]:
        found = _spoken(result)
        if found is not None:
            yield found
        elif self._partial:
            yield Spoken(self._begun_s or 0.0, self._fed_s, "", None)
        self._begun_s, self._partial = None, ""


def _spoken(result: str) -> Spoken | None:
    """What a result says; None when it says nothing."""
    told = json.loads(result)
    words = told.get("result") or []
    if not told.get("text") or not words:
        return None
    confidence = sum(float(word["conf"]) for word in words) / len(words)
    return Spoken(float(words[0]["start"]), float(words[-1]["end"]), told["text"], min(1.0, confidence))
