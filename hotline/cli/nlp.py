"""``hotline nlp``: train the classifier, and see how good it is."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import click

from hotline.cli.output import data_option, emit, json_option
from hotline.workbench import Figures, Workbench, evaluate

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def nlp() -> None:
    """The classifier: train and evaluate."""


@nlp.command()
@data_option
@json_option
@click.argument("file", type=FILE, required=False)
def train(data: Path, as_json: bool, file: Path | None) -> None:
    """Train the model and keep it in the data folder.

    FILE is a table of this installation's own texts (tab-separated: leaf, request_type, urgency, text); it
    becomes part of what is learnt from, also later.
    """
    bench, began = Workbench(data.absolute()), time.monotonic()
    model = bench.train(file)
    done = {
        "model": model.version,
        "texts": len(bench.examples()),
        "categories": len(model.categories),
        "features": len(model.vocabulary.places),
        "temperature": model.temperature,
        "seconds": round(time.monotonic() - began, 1),
    }
    text = "model {model}: {texts} texts, {categories} categories, {features} features, {seconds} s"
    emit(done, as_json, text.format(**done))


@nlp.command("evaluate")
@data_option
@json_option
@click.argument("file", type=FILE)
def evaluate_file(data: Path, as_json: bool, file: Path) -> None:
    """Say how well the texts of FILE are sorted; it has the columns that 'train' wants.

    The figures are of proposals as 'hotline classify' makes them; "model_alone" is without emergency rules.
    """
    bench = Workbench(data.absolute())
    examples = bench.read(file)
    if not examples:
        raise click.UsageError(f"{file} has no texts")
    if not bench.is_trained:
        click.echo("training the classifier, once ...", err=True)
    figures = evaluate(examples, bench.proposals(examples, with_rules=True))
    alone = evaluate(examples, bench.proposals(examples, with_rules=False))
    found = {
        "model": bench.version,
        **dataclasses.asdict(figures),
        "model_alone": {"sector": vars(alone.sector), "leaf": vars(alone.leaf), "top3": alone.top3},
    }
    emit(found, as_json, _table(figures, alone, bench.version))


def _table(figures: Figures, alone: Figures, version: str) -> str:
    lines = [f"model {version}: {figures.texts} texts of {figures.categories} categories", ""]
    lines.append(f"{'':18} accuracy  macro-F1   model alone")
    for name, level, other in (
        ("sector (L1)", figures.sector, alone.sector),
        ("leaf (L3)", figures.leaf, alone.leaf),
    ):
        lines.append(f"{name:18} {level.accuracy:8.3f}  {level.macro_f1:8.3f}   {other.accuracy:8.3f}")
    lines.append(f"{'leaf in top 3':18} {figures.top3:8.3f}  {'':8}   {alone.top3:8.3f}")
    lines.append(f"{'leaf in top 5':18} {figures.top5:8.3f}  {'':8}   {alone.top5:8.3f}")
    lines.append(f"{'request type':18} {figures.request_type:8.3f}")
    lines.append(f"{'urgency':18} {figures.urgency:8.3f}")
    on = figures.relied_on
    lines += ["", f"confidence >= {on.confidence}: {on.coverage:.1%} of the texts, {on.accuracy:.3f} right"]
    lines.append("coverage   " + "  ".join(f"{point.coverage:6.0%}" for point in figures.coverage))
    lines.append("accuracy   " + "  ".join(f"{point.accuracy:6.3f}" for point in figures.coverage))
    lines += ["", *_matrix(figures), "", "most often wrong:"]
    lines += [f"  {one.right} taken for {one.proposed}  {one.count}" for one in figures.worst]
    return "\n".join(lines)


def _matrix(figures: Figures) -> list[str]:
    names = sorted({*figures.confusion, *(name for row in figures.confusion.values() for name in row)})
    lines = ["right \\ proposed  " + " ".join(f"{name:>4}" for name in names)]
    for right, row in figures.confusion.items():
        lines.append(f"{right:16}  " + " ".join(f"{row.get(name, 0) or '.':>4}" for name in names))
    return lines
