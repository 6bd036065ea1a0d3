"""Benchmark 11: sorting texts into the 193 categories, ours beside two peers.

    python bench/bench_classification.py [--rounds 5]

Prints one JSON object. All learn the product's training corpus and are judged by its held-out set, which is
by another hand. Figures are accuracy and macro-F1 of the leaf and of the sector (L1), and whether the right
leaf is among the first three; ``at_90`` is the accuracy when only the surest 90 % are relied on.

``signalen``  the approach of Signalen (words by jieba, counts, TF, logistic regression with an L1 penalty)
``keywords``  rules: the category whose cues of the taxonomy are found in the text, the longest sum wins
``ours``      the product's model by itself, as ``hotline nlp train`` makes it

``per_second`` is texts a second of processor time on one thread, from the raw text to the answer, one after
the other, the median over interleaved rounds; 2,000 are to be reached. ``signalen_batch`` gets all at once.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from hotline.cases.taxonomy import load_taxonomy
from hotline.ports.classifier import Category, Guess, Proposal, Question
from hotline.understanding import categories_of, request_words
from nlp.classifier.corpus import (
    Example,
    held_out_folder,
    read_examples,
    read_folder,
    training_folder,
)
from nlp.classifier.evaluation import evaluate
from nlp.classifier.training import SEED, train
from nlp.text.segment import JiebaSegmenter

Way = Callable[[Sequence[str]], list[Proposal]]


def proposals(names: Sequence[str], scores: Any) -> list[Proposal]:
    """As the product would say it; peers know neither request types nor urgency."""
    found = []
    for row in scores:
        best = np.argsort(-row, kind="stable")[:5]
        top = tuple(Guess(names[at], float(row[at])) for at in best)
        found.append(Proposal(top[0].category, "", "", top[0].confidence, top, False, ""))
    return found


def signalen(examples: Sequence[Example]) -> Way:
    """Their pipeline, with a segmenter for Chinese."""
    segmenter = JiebaSegmenter()
    pipeline = make_pipeline(
        CountVectorizer(tokenizer=segmenter.words, token_pattern=None, lowercase=False),
        TfidfTransformer(use_idf=False),
        LogisticRegression(l1_ratio=1.0, C=30, solver="saga", max_iter=60, tol=0.01, random_state=SEED),
    )
    pipeline.fit([one.text for one in examples], [one.category for one in examples])
    names = list(pipeline.classes_)
    return lambda texts: proposals(names, pipeline.predict_proba(texts))


def keywords(categories: Sequence[Category]) -> Way:
    """What an operator would write down first."""
    names = [category.code for category in categories]

    def score(text: str) -> list[float]:
        return [float(sum(len(cue) for cue in category.cues if cue in text)) for category in categories]

    return lambda texts: proposals(names, np.array([score(text) for text in texts]))


def ours(examples: Sequence[Example], categories: Sequence[Category]) -> Way:
    """The product's."""
    reader = train(examples, categories).reader()
    return lambda texts: [reader.propose(Question(text)) for text in texts]


def speed(way: Way, texts: Sequence[str], one_by_one: bool) -> float:
    """Texts a second."""
    began = time.process_time()
    if one_by_one:
        for text in texts:
            way([text])
    else:
        way(texts)
    return len(texts) / (time.process_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    categories, words = categories_of(load_taxonomy()), request_words()
    learnt = read_folder(training_folder(), words, categories)
    table = held_out_folder().joinpath("heldout.tsv").read_text("utf-8")
    held_out = read_examples(table, words, categories, "heldout.tsv")
    texts = [one.text for one in held_out]
    ways = {
        "signalen": signalen(learnt),
        "keywords": keywords(categories),
        "ours": ours(learnt, categories),
    }
    result: dict[str, Any] = {"benchmark": 11, "learnt": len(learnt), "judged_by": len(texts)}
    for name, way in ways.items():
        figures = evaluate(held_out, way(texts))
        at_90 = next(point.accuracy for point in figures.coverage if point.coverage == 0.9)
        result[name] = {
            "leaf": vars(figures.leaf),
            "sector": vars(figures.sector),
            "top3": figures.top3,
            "at_90": at_90,
        }
    took: dict[str, list[float]] = {"signalen": [], "signalen_batch": [], "keywords": [], "ours": []}
    for _ in range(given.rounds):
        for name, rates in took.items():
            rates.append(speed(ways[name.removesuffix("_batch")], texts, not name.endswith("_batch")))
    result["per_second"] = {name: round(statistics.median(rates)) for name, rates in took.items()}
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
