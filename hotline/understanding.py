"""The classifier and the rules that find danger: the plugin ``nlp`` given this installation's settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from hotline.cases.taxonomy import Taxonomy, load_taxonomy, read_request_types
from hotline.config import Settings
from hotline.kernel.workers import Supervisor
from hotline.ports.classifier import Category, Classifier, Condition
from hotline.ports.emergency import EmergencyRules
from hotline.web.health import HealthBoard, PartHealth, PartState
from hotline.web.parts import switched_off
from nlp.classifier.adapter import SklearnClassifier
from nlp.classifier.worker import Order
from nlp.emergency.engine import RuleEngine

_STATES: Mapping[str, PartState] = {"ready": "ok", "restarting": "degraded"}


class Understanding:
    """The part of the composition that reads texts: rules at once, the model in its own process."""

    def __init__(self, settings: Settings) -> None:
        taxonomy = load_taxonomy()
        self._is_on = settings.classifier
        order = Order(
            categories=categories_of(taxonomy),
            words=request_words(),
            folder=str(models_folder(settings.data)),
            own_corpus=str(own_corpus(settings.data)),
        )
        self._process = SklearnClassifier(order)
        self.rules: EmergencyRules = RuleEngine()

    @property
    def classifier(self) -> Classifier:
        """The model."""
        return self._process

    def work(self, supervisor: Supervisor, board: HealthBoard) -> None:
        """The worker, and the health of the part."""
        if not self._is_on:
            board.add("classifier", switched_off)
            return
        supervisor.add("classifier", self._process.run)
        board.add("classifier", self._health)

    async def _health(self) -> PartHealth:
        return health_of(self.classifier.condition)


def health_of(condition: Condition) -> PartHealth:
    """Calls and cases go on without it (DOMAIN E33): until it is there it is absent, never down."""
    if condition.state == "ready":
        return PartHealth("ok", f"model {condition.model}")
    reason = f": {condition.reason}" if condition.reason else ""
    state = _STATES.get(condition.state, "absent")
    return PartHealth(state, f"{condition.state}{reason}", f"classifier_{condition.state}")


def categories_of(taxonomy: Taxonomy) -> tuple[Category, ...]:
    """The leaves as the model is told of them."""
    return tuple(
        Category(
            code=leaf.code,
            names=(sector.name, group.name, leaf.name),
            urgency=leaf.urgency.value,
            request_types=tuple(one.value for one in leaf.request_types),
            cues=leaf.cues,
        )
        for sector in taxonomy.sectors
        for group in sector.groups
        for leaf in group.leaves
    )


@cache
def request_words() -> Mapping[str, str]:
    """What tables call the request types."""
    text = files("hotline.cases").joinpath("data/request_types.tsv").read_text("utf-8")
    return {word: code.value for word, code in read_request_types(text).items()}


def models_folder(data: Path) -> Path:
    """Where models are kept: a cache of all instances of this user (HOTLINE_CACHE, else the user's).

    An installation that learns from texts of its own keeps its model to itself.
    """
    own = data / "nlp" / "classifier"
    if own_corpus(data).is_dir():
        return own
    chosen = os.environ.get("HOTLINE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    shared = Path(chosen or Path(base) / "hotline").absolute() / "classifier"
    try:
        shared.mkdir(parents=True, exist_ok=True)
    except OSError:
        return own
    return shared if os.access(shared, os.W_OK) else own


def own_corpus(data: Path) -> Path:
    """Where an installation keeps texts of its own to learn from."""
    return data / "nlp" / "corpus"
