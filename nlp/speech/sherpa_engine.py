"""sherpa-onnx: what the documentation recommends for Mandarin; streaming models and whole-utterance ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from nlp.speech.spoken import LONGEST_UTTERANCE_S, RATE, SAMPLE_BYTES, CannotLoad, Spoken, seconds
from nlp.speech.utterances import UtteranceListener

THREADS = 2
TAIL_S = 0.66
"""Silence after the end, which streaming models need to tell the last word."""
STEP_S = 0.1
METADATA_BYTES = 65_536
"""A model's own description stands at the end of its file."""


class Shape(StrEnum):
    """Kinds of models, told from a folder's files."""

    STREAMING_TRANSDUCER = "streaming transducer"
    STREAMING_PARAFORMER = "streaming paraformer"
    STREAMING_CTC = "streaming ctc"
    SENSE_VOICE = "sense voice"
    PARAFORMER = "paraformer"
    CTC = "ctc"


def shape_of(folder: Path) -> Shape | None:
    """What kind of model a folder holds; None for none that is known here."""
    encoder, decoder, joiner = (_file(folder, name) for name in ("encoder", "decoder", "joiner"))
    if encoder and decoder:
        return Shape.STREAMING_TRANSDUCER if joiner else Shape.STREAMING_PARAFORMER
    model = _file(folder, "model")
    if model is None:
        return None
    about = _metadata(model)
    if b"sense_voice" in about:
        return Shape.SENSE_VOICE
    if b"paraformer" in about:
        return Shape.PARAFORMER
    return Shape.STREAMING_CTC if b"chunk_shift" in about else Shape.CTC


def load(folder: Path, language: str) -> StreamingEngine | WholeEngine:
    """The model in ``folder``, by its shape."""
    try:
        import sherpa_onnx
    except (ImportError, OSError) as error:
        raise CannotLoad("speech_engine_missing", str(error)) from error
    shape = shape_of(folder)
    if shape is None:
        raise CannotLoad("speech_model_wrong", "neither encoder and decoder nor model*.onnx")
    try:
        recogniser = _recogniser(sherpa_onnx, folder, shape, language)
    except Exception as error:  # the binding raises RuntimeError, ValueError and others
        raise CannotLoad("speech_model_wrong", str(error)) from error
    is_streaming = shape in (Shape.STREAMING_TRANSDUCER, Shape.STREAMING_PARAFORMER, Shape.STREAMING_CTC)
    return StreamingEngine(recogniser) if is_streaming else WholeEngine(recogniser)


def _recogniser(sherpa: Any, folder: Path, shape: Shape, language: str) -> Any:
    given: dict[str, Any] = {"tokens": str(folder / "tokens.txt"), "num_threads": THREADS}
    ends: dict[str, Any] = {
        "enable_endpoint_detection": True,
        "rule1_min_trailing_silence": 1.2,
        "rule2_min_trailing_silence": 0.7,
        "rule3_min_utterance_length": LONGEST_UTTERANCE_S,
    }
    parts = {name: str(_file(folder, name)) for name in ("encoder", "decoder", "joiner")}
    model = str(_file(folder, "model"))
    match shape:
        case Shape.STREAMING_TRANSDUCER:
            return sherpa.OnlineRecognizer.from_transducer(**parts, **given, **ends)
        case Shape.STREAMING_PARAFORMER:
            parts.pop("joiner")
            return sherpa.OnlineRecognizer.from_paraformer(**parts, **given, **ends)
        case Shape.STREAMING_CTC:
            return sherpa.OnlineRecognizer.from_nemo_ctc(model=model, **given, **ends)
        case Shape.SENSE_VOICE:
            return sherpa.OfflineRecognizer.from_sense_voice(
                model=model, language=language, use_itn=True, **given
            )
        case Shape.PARAFORMER:
            return sherpa.OfflineRecognizer.from_paraformer(paraformer=model, **given)
        case Shape.CTC:
            return sherpa.OfflineRecognizer.from_nemo_ctc(model=model, **given)


class StreamingEngine:
    """Implements ``Engine`` on a recogniser that streams."""

    def __init__(self, recogniser: Any) -> None:
        self._recogniser = recogniser

    def listener(self, leg: str, rate: int) -> StreamingListener:
        return StreamingListener(self._recogniser, rate)

    def piece(self, pcm: bytes) -> Sequence[Spoken]:
        listener = StreamingListener(self._recogniser, RATE)
        found = [*listener.accept(pcm, hurried=True), *listener.finish()]
        return [one for one in found if one.final and one.text]


class StreamingListener:
    """Implements ``Listener``."""

    def __init__(self, recogniser: Any, rate: int) -> None:
        self._recogniser = recogniser
        self._rate = rate
        self._stream = recogniser.create_stream()
        self._fed_s = 0.0
        self._begun_s = 0.0
        self._partial = ""

    def accept(self, pcm: bytes, hurried: bool) -> Iterable[Spoken]:
        # Step by step also when much has waited: utterances are to end where they ended.
        step = int(self._rate * STEP_S) * SAMPLE_BYTES
        for i in range(0, len(pcm), step):
            part = pcm[i : i + step]
            self._fed_s += seconds(part, self._rate)
            self._stream.accept_waveform(self._rate, _floats(part))
            yield from self._decoded(hurried)

    def _decoded(self, hurried: bool) -> Iterator[Spoken]:
        # An endpoint is looked for after every step: what follows it in the same sound is the next one's.
        while self._recogniser.is_ready(self._stream):
            self._recogniser.decode_stream(self._stream)
            if self._recogniser.is_endpoint(self._stream):
                yield from self._closed()
        text = self._text()
        if text and text != self._partial and not hurried:
            self._partial = text
            yield self._spoken(text, final=False)

    def finish(self) -> Iterator[Spoken]:
        self._stream.accept_waveform(self._rate, np.zeros(int(TAIL_S * self._rate), dtype=np.float32))
        self._stream.input_finished()
        yield from self._decoded(hurried=True)
        yield from self._closed()

    def _closed(self) -> Iterator[Spoken]:
        text = self._text()
        if text or self._partial:
            yield self._spoken(text, final=True)
        self._recogniser.reset(self._stream)
        self._begun_s, self._partial = self._fed_s, ""

    def _spoken(self, text: str, final: bool) -> Spoken:
        result = self._recogniser.get_result_all(self._stream)
        times = list(result.timestamps)
        begun = min(self._fed_s, self._begun_s + (times[0] if times else 0.0))
        ended = min(self._fed_s, self._begun_s + times[-1] + STEP_S) if times else self._fed_s
        sure = [math.exp(min(0.0, value)) for value in result.ys_probs]
        return Spoken(begun, ended, text, sum(sure) / len(sure) if sure and text else None, final)

    def _text(self) -> str:
        return str(self._recogniser.get_result(self._stream)).strip()


class WholeEngine:
    """Implements ``Engine`` on a recogniser of whole utterances, which tells no confidence."""

    def __init__(self, recogniser: Any) -> None:
        self._recogniser = recogniser

    def listener(self, leg: str, rate: int) -> UtteranceListener:
        return UtteranceListener(self.piece, rate)

    def piece(self, pcm: bytes) -> Sequence[Spoken]:
        stream = self._recogniser.create_stream()
        stream.accept_waveform(RATE, _floats(pcm))
        self._recogniser.decode_stream(stream)
        text = stream.result.text.strip()
        return [Spoken(0.0, seconds(pcm), text, None)] if text else []


def _floats(pcm: bytes) -> Any:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768


def _file(folder: Path, name: str) -> Path | None:
    """``name*.onnx``; the small int8 one before the exact one, as the models' authors advise for CPUs."""
    found = sorted(folder.glob(f"{name}*.onnx"), key=lambda path: (".int8" not in path.name, path.name))
    return found[0] if found else None


def _metadata(model: Path) -> bytes:
    with model.open("rb") as file:
        file.seek(max(0, model.stat().st_size - METADATA_BYTES))
        return file.read()
