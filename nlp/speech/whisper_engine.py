"""faster-whisper: whole utterances, many languages; guarded against its two vices, loops and echoes."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp.speech.spoken import CannotLoad, Spoken, seconds
from nlp.speech.utterances import UtteranceListener

PROMPTS = Path(__file__).parent.parent / "data" / "speech_prompts.json"
THREADS = 2
LEAST_S = 0.2
"""Shorter sound holds no word; Whisper would invent one."""
SILENT, UNSURE = 0.6, -1.0
"""As probable as ``SILENT`` that nobody spoke, and log probability below ``UNSURE``: nothing was said."""
NOT_LETTERS = re.compile(r"[\W_]+")


def load(folder: Path, language: str) -> WhisperEngine:
    """A model in CTranslate2 form."""
    try:
        from faster_whisper import WhisperModel
    except (ImportError, OSError) as error:
        raise CannotLoad("speech_engine_missing", str(error)) from error
    try:
        model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=THREADS, local_files_only=True
        )
    except Exception as error:  # CTranslate2 raises RuntimeError, ValueError and others
        raise CannotLoad("speech_model_wrong", str(error)) from error
    return WhisperEngine(model, language, json.loads(PROMPTS.read_text("utf-8")).get(language, ""))


class WhisperEngine:
    """Implements ``Engine``. One utterance at a time: a model on two cores gains nothing by two."""

    def __init__(self, model: Any, language: str, prompt: str) -> None:
        self._model = model
        self._language = language
        self._prompt = prompt
        self._one_at_a_time = threading.Lock()

    def listener(self, leg: str, rate: int) -> UtteranceListener:
        return UtteranceListener(self.piece, rate)

    def piece(self, pcm: bytes) -> Sequence[Spoken]:
        if seconds(pcm) < LEAST_S:
            return []
        sound = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768
        with self._one_at_a_time:
            segments, _ = self._model.transcribe(
                sound,
                language=self._language,
                initial_prompt=self._prompt or None,
                beam_size=5,
                no_repeat_ngram_size=3,
                repetition_penalty=1.1,
                condition_on_previous_text=False,
            )
            found = list(segments)
        return [
            Spoken(float(one.start), float(one.end), one.text.strip(), math.exp(min(0.0, one.avg_logprob)))
            for one in found
            if not (one.no_speech_prob > SILENT and one.avg_logprob < UNSURE)
            and not is_echo(one.text, self._prompt)
        ]


def is_echo(text: str, prompt: str) -> bool:
    """Whether it is nothing but the prompt, which bad sound makes Whisper repeat; or nothing at all."""
    said, prompted = (NOT_LETTERS.sub("", one).casefold() for one in (text, prompt))
    return not said or (len(said) >= 2 and said in prompted) or (bool(prompted) and prompted in said)
