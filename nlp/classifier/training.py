"""Training: from the corpus to a model, the same every time for the same corpus, categories and seed.

Three linear classifiers learn the leaf, its group and its sector, each one against the rest; a leaf's score
is its own plus ``PARENTS`` times those of its group and sector, so that one sum of weights answers. How sure
the scores are is measured on texts that were left out (one temperature for all, the most likely one).

Some texts are learnt a second time with a place before them, so that no category is known by its streets.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotline.ports.classifier import Category
from nlp.classifier.corpus import Example, digest
from nlp.classifier.features import (
    BLOCKS,
    LONGEST,
    TITLE_WEIGHT,
    Extractor,
    Vector,
    Vocabulary,
    build_vocabulary,
    shipped_concepts,
)
from nlp.classifier.model import Linear, Matrix, Model, UnusableModel, load, own_words, save, softmax
from nlp.text.segment import JiebaSegmenter

CODE_VERSION = "2"
"""Raised with every change here or in the features that makes another model of the same corpus."""
SEED = 20261122
FOLDS = 4
AT_LEAST = 2
"""A feature is learnt from so many texts at least."""
PENALTY = 0.5
PARENTS = 0.5
CUES = 3
"""How many texts a category's own names and cues count for."""
OTHERS_KEPT = 2
"""Versions of other instances that stay beside a new one."""
PLACED = 0.4
"""The share of texts that are learnt with a place as well."""
_DATA = ("dialect.tsv", "traditional.tsv", "concepts.tsv", "places_said.txt")


@dataclass(frozen=True)
class Sample:
    """What is counted in one text of a category, and in the same text after a place (None: not tried)."""

    counts: Mapping[str, int]
    category: str
    request_type: str = ""
    placed: Mapping[str, int] | None = None


def version_of(examples: Sequence[Example], categories: Sequence[Category], seed: int = SEED) -> str:
    """The version of the model that ``train`` would make."""
    whole = hashlib.sha256(f"{CODE_VERSION} {seed} {digest(examples)}".encode())
    settings = (
        AT_LEAST,
        PENALTY,
        PARENTS,
        CUES,
        FOLDS,
        PLACED,
        LONGEST,
        TITLE_WEIGHT,
        sorted(BLOCKS.items()),
    )
    whole.update(repr((settings, tuple(categories))).encode())
    for name in _DATA:
        whole.update(files("nlp").joinpath(f"data/{name}").read_bytes())
    return whole.hexdigest()[:12]


def model_path(folder: Path, version: str) -> Path:
    """Where a model of this version is kept."""
    return folder / f"classifier-{version}.npz"


def load_or_train(
    folder: Path | None, examples: Sequence[Example], categories: Sequence[Category], seed: int = SEED
) -> Model:
    """The model in ``folder`` if it is there and whole, else a new one, kept there if that can be."""
    version = version_of(examples, categories, seed)
    path = model_path(folder, version) if folder is not None else None
    if path is not None and path.exists():
        with suppress(UnusableModel):  # a damaged file is written anew
            return load(path, version)
    model = train(examples, categories, seed)
    if path is not None:
        _keep(model, path)
    return model


def train(examples: Sequence[Example], categories: Sequence[Category], seed: int = SEED) -> Model:
    """A new model. ValueError without examples of at least two categories."""
    if len({one.category for one in examples}) < 2:
        raise ValueError("there is nothing to tell apart")
    learnt, own = _samples(examples, categories, seed)
    types = tuple(sorted({one.request_type for one in learnt if one.request_type}))
    vocabulary, by_category = _fit_categories([*learnt, *own], categories, seed)
    typed = [one for one in learnt if one.request_type]
    rows = _matrix([vocabulary.vector(one.counts) for one in typed], vocabulary)
    by_type = _fit(rows, [one.request_type for one in typed], types, seed)
    return Model(
        version=version_of(examples, categories, seed),
        categories=tuple(categories),
        request_types=types,
        vocabulary=vocabulary,
        by_category=by_category,
        by_type=by_type,
        temperature=_temperature(learnt, own, categories, seed),
    )


def out_of_fold(examples: Sequence[Example], categories: Sequence[Category], seed: int = SEED) -> Matrix:
    """Scores of each example by a model that has not seen it: for choosing settings."""
    learnt, own = _samples(examples, categories, seed)
    return _left_out_scores(learnt, own, categories, seed)


def _samples(
    examples: Sequence[Example], categories: Sequence[Category], seed: int
) -> tuple[list[Sample], list[Sample]]:
    """Those of the examples, and those of the categories' own words."""
    extractor = Extractor(JiebaSegmenter(own_words(categories)), shipped_concepts())
    places = files("nlp").joinpath("data/places_said.txt").read_text("utf-8").split()
    random = np.random.default_rng(seed)
    learnt = []
    for one in examples:
        place = places[int(random.integers(len(places)))] if random.random() < PLACED else None
        placed = extractor.counts(place + one.text, one.title) if place is not None else None
        learnt.append(Sample(extractor.counts(one.text, one.title), one.category, one.request_type, placed))
    own = []
    for category in categories:
        counts = extractor.counts(",".join((*category.names, *category.cues)))
        own += [Sample(counts, category.code)] * CUES
    return learnt, own


def _fit_categories(
    samples: Sequence[Sample], categories: Sequence[Category], seed: int
) -> tuple[Vocabulary, Linear]:
    vocabulary = build_vocabulary([one.counts for one in samples], AT_LEAST)
    samples = [*samples, *(Sample(one.placed, one.category) for one in samples if one.placed is not None)]
    rows = _matrix([vocabulary.vector(one.counts) for one in samples], vocabulary)
    codes = [category.code for category in categories]
    weights: Matrix = np.zeros((len(vocabulary.places), len(codes)), np.float32)
    bias: Matrix = np.zeros(len(codes), np.float32)
    for parent, share in ((_leaf, 1.0), (_group, PARENTS), (_sector, PARENTS)):
        names = tuple(dict.fromkeys(parent(code) for code in codes))
        fitted = _fit(rows, [parent(one.category) for one in samples], names, seed)
        of = [names.index(parent(code)) for code in codes]
        weights += share * fitted.weights[:, of]
        bias += share * fitted.bias[of]
    return vocabulary, Linear(weights, bias)


def _fit(rows: Any, labels: Sequence[str], names: Sequence[str], seed: int) -> Linear:
    """One against the rest; a class without a text is never chosen."""
    from sklearn.svm import LinearSVC  # takes a second, and answering does without

    if len(set(labels)) < 2:  # nothing to learn
        return Linear(np.zeros((rows.shape[1], len(names)), np.float32), np.zeros(len(names), np.float32))
    fitted = LinearSVC(C=PENALTY, class_weight="balanced", random_state=seed).fit(rows, np.array(labels))
    rows_of, starts = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:  # scikit-learn keeps the one line that parts them
        rows_of, starts = np.vstack((-rows_of, rows_of)), np.concatenate((-starts, starts))
    weights: Matrix = np.zeros((rows.shape[1], len(names)), np.float32)
    bias: Matrix = np.full(len(names), -3.0, np.float32)
    for at, name in enumerate(fitted.classes_):
        weights[:, names.index(name)] = rows_of[at]
        bias[names.index(name)] = starts[at]
    return Linear(weights, bias)


def _temperature(
    learnt: Sequence[Sample], own: Sequence[Sample], categories: Sequence[Category], seed: int
) -> float:
    """What makes the right categories of texts left out the likeliest."""
    from scipy.optimize import minimize_scalar

    scores = _left_out_scores(learnt, own, categories, seed)
    place = {category.code: at for at, category in enumerate(categories)}
    right = np.array([place[one.category] for one in learnt])
    rows = np.arange(len(right))

    def surprise(log_temperature: float) -> float:
        likely = softmax(scores / math.exp(log_temperature))
        return float(-np.log(np.maximum(likely[rows, right], 1e-9)).mean())

    found = minimize_scalar(surprise, bounds=(math.log(0.02), math.log(5)), method="bounded")
    return round(math.exp(float(found.x)), 4)


def _left_out_scores(
    learnt: Sequence[Sample], own: Sequence[Sample], categories: Sequence[Category], seed: int
) -> Matrix:
    scores: Matrix = np.zeros((len(learnt), len(categories)), np.float32)
    fold = _folds([one.category for one in learnt], seed)
    for number in range(FOLDS):
        inside = [one for one, its in zip(learnt, fold, strict=True) if its != number]
        vocabulary, fitted = _fit_categories([*inside, *own], categories, seed)
        for at in np.flatnonzero(fold == number).tolist():
            scores[at] = fitted.scores(vocabulary.vector(learnt[at].counts))
    return scores


def _folds(labels: Sequence[str], seed: int) -> NDArray[np.int64]:
    """A fold for each text, every category spread evenly over all."""
    fold = np.zeros(len(labels), np.int64)
    order = np.random.default_rng(seed).permutation(len(labels))
    seen: dict[str, int] = {}
    for at in order:
        turn = seen.get(labels[at], int(at) % FOLDS)
        fold[at] = turn % FOLDS
        seen[labels[at]] = turn + 1
    return fold


def _matrix(vectors: Iterable[Vector], vocabulary: Vocabulary) -> Any:
    from scipy.sparse import csr_matrix

    rows = list(vectors)
    ends = np.cumsum([0, *(len(places) for places, _ in rows)])
    places = np.concatenate([places for places, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return csr_matrix((values, places, ends), shape=(len(rows), len(vocabulary.places)))


def _keep(model: Model, path: Path) -> None:
    """A folder that cannot be written to costs the next start a training, nothing else."""
    try:
        save(model, path)
    except OSError:
        return
    others = [one for one in path.parent.glob("classifier-*.npz") if one != path]
    for old in sorted(others, key=lambda one: one.stat().st_mtime)[:-OTHERS_KEPT]:
        old.unlink(missing_ok=True)


def _leaf(code: str) -> str:
    return code


def _group(code: str) -> str:
    return code.rpartition("-")[0]


def _sector(code: str) -> str:
    return code.partition("-")[0]
