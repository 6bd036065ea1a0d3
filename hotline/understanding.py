"""What a text says: danger first, then category, place and unit. The plugin ``nlp`` with our own data.

The order is DOMAIN §4.2: rules that find danger come before any model, and leave it only the categories that
fit them. What comes out is a proposal; a person confirms it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from hotline.cases.taxonomy import Taxonomy, load_taxonomy, read_request_types
from hotline.config import Settings
from hotline.dispatch.areas import areas_of
from hotline.dispatch.routing import Route, Routing, categories_left, shipped_routing
from hotline.kernel.workers import Supervisor
from hotline.ports.addresses import Address, AddressFinder
from hotline.ports.classifier import Category, Classifier, Condition, Proposal, Question
from hotline.ports.emergency import Alarm, EmergencyRules
from hotline.ports.gazetteer import GazetteerEntry
from hotline.web.health import HealthBoard, PartHealth, PartState
from hotline.web.parts import switched_off
from nlp.addresses.finder import GrammarAddressFinder
from nlp.classifier.adapter import SklearnClassifier
from nlp.classifier.corpus import Example, held_out_folder, read_examples, read_folder, training_folder
from nlp.classifier.evaluation import Figures, evaluate
from nlp.classifier.model import Model, Reader, save
from nlp.classifier.training import load_or_train, model_path, train, version_of
from nlp.classifier.worker import Order
from nlp.emergency.engine import RuleEngine

__all__ = ["Figures", "Understanding", "Understood", "Workbench", "evaluate"]

LONGEST = 10_000
"""Characters; a longer text is no citizen's request, and a person should look at it (DOMAIN §4.2 step 4)."""
_STATES: Mapping[str, PartState] = {"ready": "ok", "restarting": "degraded"}


@dataclass(frozen=True)
class Understood:
    """One text: the model's ``proposal`` among what the ``alarms`` have left, the place, the unit and why."""

    text: str
    proposal: Proposal
    alarms: tuple[Alarm, ...]
    address: Address | None
    route: Route
    is_garbled: bool = False

    @property
    def urgency(self) -> str:
        """E0 when a rule fired, else the category's own."""
        return self.alarms[0].urgency if self.alarms else self.proposal.urgency

    @property
    def needs_human(self) -> bool:
        """Whether nobody should rely on it."""
        return self.proposal.needs_human or self.is_garbled or len(self.text) > LONGEST


class Reading:
    """What is done with a text besides the model: rules before it, place and unit after it."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        rules: EmergencyRules,
        finder: AddressFinder | None,
        routing: Routing,
        parents: Mapping[str, str],
    ) -> None:
        self._taxonomy, self._rules, self._finder = taxonomy, rules, finder
        self._routing, self._parents = routing, parents

    def question(self, text: str, title: str = "") -> tuple[Question, tuple[Alarm, ...]]:
        """What the model is asked, and the dangers found, the gravest first."""
        alarms = self._rules.all(f"{title}\n{text}" if title else text)
        return Question(text, title, categories_left(alarm.rule for alarm in alarms)), alarms

    def understood(
        self,
        question: Question,
        alarms: tuple[Alarm, ...],
        proposal: Proposal,
        units: Collection[str] | None = None,
        *,
        is_garbled: bool = False,
    ) -> Understood:
        """The whole, once the model has answered."""
        address = self._finder.find(question.text) if self._finder is not None else None
        leaf = self._taxonomy.leaves[proposal.category]
        route = self._routing.route(leaf.code, self._areas(address), leaf.unit_code, units)
        return Understood(question.text, proposal, alarms, address, route, is_garbled)

    def _areas(self, address: Address | None) -> list[str]:
        """The places an address lies in, from the smallest to the largest."""
        return areas_of(address, self._parents)


class Workbench:
    """The same for the commands: in this process, one text after the other."""

    def __init__(self, data: Path) -> None:
        self.taxonomy = load_taxonomy()
        self.categories = categories_of(self.taxonomy)
        self._data = data
        self._reading = reading(self.taxonomy)
        self._reader: Reader | None = None

    @property
    def version(self) -> str:
        """The version of the model that answers here."""
        return version_of(self.examples(), self.categories)

    @property
    def is_trained(self) -> bool:
        """Whether that model is kept already."""
        return model_path(models_folder(self._data), self.version).exists()

    def examples(self) -> list[Example]:
        """All there is to learn from: what ships, and this installation's own."""
        words = request_words()
        shipped = read_folder(training_folder(), words, self.categories)
        return [*shipped, *read_folder(own_corpus(self._data), words, self.categories)]

    def read(self, file: Path) -> list[Example]:
        """The examples of a table. Raises ``InvalidCorpus``, OSError."""
        text = file.read_bytes().decode("utf-8", "replace")
        return read_examples(text, request_words(), self.categories, file.name)

    def held_out(self) -> list[Example]:
        """What ships for judging."""
        return read_folder(held_out_folder(), request_words(), self.categories)

    def train(self, file: Path | None = None) -> Model:
        """Make the model anew; the examples of ``file`` become part of this installation's corpus first."""
        if file is not None:
            self.read(file)
            own = own_corpus(self._data)
            own.mkdir(parents=True, exist_ok=True)
            (own / f"{file.stem}.tsv").write_bytes(file.read_bytes())
        model = train(self.examples(), self.categories)
        save(model, model_path(models_folder(self._data), model.version))
        self._reader = model.reader()
        return model

    def understand(self, text: str, title: str = "", *, is_garbled: bool = False) -> Understood:
        """One text; any will do. Trains first when there is no model."""
        question, alarms = self._reading.question(text, title)
        proposal = self._ready_reader().propose(question)
        return self._reading.understood(question, alarms, proposal, is_garbled=is_garbled)

    def proposals(self, examples: Sequence[Example], *, with_rules: bool) -> list[Proposal]:
        """What is proposed for each; without rules, by the model alone."""
        reader = self._ready_reader()
        found = []
        for one in examples:
            question, _ = self._reading.question(one.text, one.title)
            found.append(reader.propose(question if with_rules else Question(one.text, one.title)))
        return found

    def _ready_reader(self) -> Reader:
        if self._reader is None:
            self._reader = load_or_train(models_folder(self._data), self.examples(), self.categories).reader()
        return self._reader


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
        self._reading = reading(taxonomy)

    @property
    def classifier(self) -> Classifier:
        """The model."""
        return self._process

    async def understand(
        self, text: str, title: str = "", units: Collection[str] | None = None
    ) -> Understood:
        """One text. Raises ``Unavailable`` while there is no model; ``rules`` answer all the same."""
        question, alarms = self._reading.question(text, title)
        (proposal,) = await self.classifier.classify_all([question])
        return self._reading.understood(question, alarms, proposal, units)

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
    return PartHealth(_STATES.get(condition.state, "absent"), f"{condition.state}{reason}")


def reading(taxonomy: Taxonomy) -> Reading:
    """With the rules, the routes and the places that ship."""
    finder = GrammarAddressFinder(packaged_places())
    return Reading(taxonomy, RuleEngine(), finder, shipped_routing(), district_parents())


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


@cache
def packaged_places() -> tuple[GazetteerEntry, ...]:
    """The places of the demo."""
    places = json.loads(files("hotline.demo").joinpath("data/places.json").read_text("utf-8"))["places"]
    return tuple(
        GazetteerEntry(one["kind"], one["name"], tuple(one["aliases"]), one["district"]) for one in places
    )


def district_parents() -> Mapping[str, str]:
    """The district in which each place of the demo lies."""
    return {one.name: one.district for one in packaged_places() if one.district}


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
