"""The trained model: a linear one, which needs numpy alone to answer, and a file that holds no code."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotline.ports.classifier import GUESSES, SURE, Category, Guess, Proposal, Question
from nlp.classifier.features import Extractor, Vector, Vocabulary, is_intelligible, shipped_concepts
from nlp.text.segment import JiebaSegmenter

Matrix = NDArray[np.float32]
TRUST_IN_RULE = 0.95
"""How sure it is that the category is among those that a rule has left."""


class UnusableModel(Exception):
    """The file is no model, or not the one that was asked for."""


@dataclass(frozen=True)
class Linear:
    """Scores = vector @ weights + bias; ``weights`` has a row for each feature."""

    weights: Matrix
    bias: Matrix

    def scores(self, vector: Vector) -> Matrix:
        """One score for each class."""
        places, values = vector
        found: Matrix = values @ self.weights[places] + self.bias
        return found


@dataclass(frozen=True)
class Model:
    """Everything that answers a question. ``version`` follows from corpus, categories, seed and code."""

    version: str
    categories: tuple[Category, ...]
    request_types: tuple[str, ...]
    vocabulary: Vocabulary
    by_category: Linear
    by_type: Linear
    temperature: float

    def reader(self) -> Reader:
        """What reads texts with this model."""
        return Reader(self)


class Reader:
    """A model with what it takes to read texts; for one thread."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._extractor = Extractor(JiebaSegmenter(own_words(model.categories)), shipped_concepts())
        self._place = {category.code: at for at, category in enumerate(model.categories)}
        types = {code: at for at, code in enumerate(model.request_types)}
        self._allowed = [
            [types[one] for one in category.request_types if one in types] for category in model.categories
        ]

    def propose(self, question: Question) -> Proposal:
        """A proposal for any text."""
        vector = self.model.vocabulary.vector(self._extractor.counts(question.text, question.title))
        return self._proposal(question, vector)

    def likelihoods(self, text: str, title: str = "") -> Matrix:
        """How likely each category is, in the model's order; they add up to 1."""
        return self._likely(self.model.vocabulary.vector(self._extractor.counts(text, title)))

    def _likely(self, vector: Vector) -> Matrix:
        return softmax(self.model.by_category.scores(vector) / self.model.temperature)

    def _proposal(self, question: Question, vector: Vector) -> Proposal:
        likely = self._likely(vector)
        if question.among is not None:
            likely = self._narrowed(likely, question.among)
        best = np.argsort(-likely, kind="stable")[:GUESSES]
        categories = self.model.categories
        top = tuple(Guess(categories[at].code, round(float(likely[at]), 4)) for at in best)
        first = int(best[0])
        known = is_intelligible(question.title + question.text) and len(vector[0]) > 0
        return Proposal(
            category=top[0].category,
            request_type=self._request_type(first, vector),
            urgency=categories[first].urgency,
            confidence=top[0].confidence,
            top=top,
            needs_human=top[0].confidence < SURE or not known,
            model=self.model.version,
        )

    def _narrowed(self, likely: Matrix, among: Collection[str]) -> Matrix:
        """Those left share what a rule is trusted with, the others the rest; both in their proportions."""
        inside = np.zeros(len(likely), bool)
        inside[[self._place[code] for code in among if code in self._place]] = True
        if not inside.any() or inside.all():
            return likely
        shared = np.where(
            inside,
            likely * (TRUST_IN_RULE / likely[inside].sum()),
            likely * ((1 - TRUST_IN_RULE) / likely[~inside].sum()),
        )
        # One that was left out stays behind every one that was left, however unlikely those are.
        least = shared[inside].max()
        narrowed: Matrix = np.where(inside, shared, np.minimum(shared, least * 0.999)).astype(np.float32)
        return narrowed

    def _request_type(self, category: int, vector: Vector) -> str:
        allowed = self._allowed[category]
        scores = self.model.by_type.scores(vector)
        return self.model.request_types[max(allowed, key=lambda at: float(scores[at]))]


def own_words(categories: Collection[Category]) -> list[str]:
    """Words that the segmenter must not cut: what the trade calls its things."""
    return sorted({cue for category in categories for cue in category.cues if 1 < len(cue) <= 4})


def softmax(scores: Matrix) -> Matrix:
    """Likelihoods along the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    found: Matrix = raised / raised.sum(axis=-1, keepdims=True)
    return found


def save(model: Model, path: Path) -> None:
    """Write it; nobody ever sees half a file."""
    about = {
        "version": model.version,
        "categories": [asdict(category) for category in model.categories],
        "request_types": model.request_types,
        "temperature": model.temperature,
        "features": list(model.vocabulary.places),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            np.savez(
                file,
                about=np.frombuffer(json.dumps(about).encode(), np.uint8),
                idf=model.vocabulary.weights,
                category_weights=model.by_category.weights,
                category_bias=model.by_category.bias,
                type_weights=model.by_type.weights,
                type_bias=model.by_type.bias,
            )
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def load(path: Path, version: str | None = None) -> Model:
    """Read it. Raises ``UnusableModel`` for anything else, or for another version than ``version``."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            about = json.loads(bytes(arrays["about"]))
            model = Model(
                version=about["version"],
                categories=tuple(_category(one) for one in about["categories"]),
                request_types=tuple(about["request_types"]),
                vocabulary=Vocabulary(
                    {feature: at for at, feature in enumerate(about["features"])}, arrays["idf"]
                ),
                by_category=Linear(arrays["category_weights"], arrays["category_bias"]),
                by_type=Linear(arrays["type_weights"], arrays["type_bias"]),
                temperature=float(about["temperature"]),
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise UnusableModel(f"{path}: {type(error).__name__}: {error}") from error
    if version is not None and model.version != version:
        raise UnusableModel(f"{path}: is {model.version}, not {version}")
    if len(model.vocabulary.places) != len(model.by_category.weights):
        raise UnusableModel(f"{path}: features and weights do not fit")
    return model


def _category(one: dict[str, object]) -> Category:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in one.items()}
    return Category(**values)  # type: ignore[arg-type]
